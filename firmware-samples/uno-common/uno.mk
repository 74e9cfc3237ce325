# Included by the Makefiles of the Uno's samples, which name PROGRAMS and each program's sources as NAME_SOURCES and options as NAME_FLAGS.
# The same compiler gives the same bytes: no dates, no paths, no build id. `make OUT=folder` builds elsewhere.
CC := avr-gcc
OUT ?= .
UNO := ../uno-common
CFLAGS := -mmcu=atmega328p -DF_CPU=16000000UL -std=gnu11 -O2 -g -Wall -Wextra -Werror -I$(UNO) \
  -fdebug-prefix-map=$(CURDIR)=. -ffunction-sections -Wl,--gc-sections

.PHONY: all
all: $(foreach program,$(PROGRAMS),$(OUT)/$(program).arduino-uno.elf $(OUT)/$(program).arduino-uno.hex)

# Objects are made one by one, as a name the compiler makes up for a temporary object would stand in the image.
$(OUT)/%.arduino-uno.elf: $(UNO)/uno.c $(UNO)/uno.h $(wildcard *.c *.h) Makefile $(UNO)/uno.mk
	for source in $(UNO)/uno.c $($*_SOURCES); do $(CC) $(CFLAGS) $($*_FLAGS) -c $$source -o $(OUT)/$*.$$(basename $$source .c).o || exit 1; done
	$(CC) $(CFLAGS) $(OUT)/$*.*.o -o $@
	rm $(OUT)/$*.*.o
$(OUT)/%.hex: $(OUT)/%.elf
	avr-objcopy -O ihex $< $@
