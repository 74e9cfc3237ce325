# A sample that puts the camera's pictures through a network: SAMPLE.c with main(), model.c and model.tflite. Set SAMPLE, then include this.
OUT ?= .
.PHONY: all
all: $(OUT)/$(SAMPLE).nano33ble.elf
include $(dir $(lastword $(MAKEFILE_LIST)))nano33ble.mk
PICTURE := $(COMMON)../picture/
INFERENCE := $(COMMON)../../inference/
SOURCES := $(SAMPLE).c model.c $(COMMON_SOURCES) $(addprefix $(COMMON), camera.c look.c shield.c) $(PICTURE)scale.c \
  $(wildcard $(INFERENCE)src/*.c $(INFERENCE)src/kernels/*.c $(INFERENCE)src/kernels/dsp/*.c)
HEADERS := $(wildcard *.h $(COMMON)*.h $(PICTURE)*.h $(INFERENCE)include/*.h $(INFERENCE)src/*.h $(INFERENCE)src/kernels/*.h)

$(OUT)/$(SAMPLE).nano33ble.elf: $(SOURCES) $(HEADERS) model.tflite Makefile
	$(CC) $(CPU) $(CFLAGS) -I$(PICTURE) -I$(INFERENCE)include -I$(INFERENCE)src $(LDFLAGS) $(SOURCES) $(LDLIBS) -o $@
