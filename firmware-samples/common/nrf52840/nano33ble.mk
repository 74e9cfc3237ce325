# What a sample for the Nano 33 BLE is made with: include this, then name sources. The same compiler gives the same bytes: no
# dates, no paths, no build id.
COMMON := $(dir $(lastword $(MAKEFILE_LIST)))
CC := arm-none-eabi-gcc
CPU := -mcpu=cortex-m4 -mthumb -mfloat-abi=hard -mfpu=fpv4-sp-d16
CFLAGS := -std=c11 -O2 -g -Wall -Wextra -Werror -ffreestanding -fno-tree-loop-distribute-patterns -ffunction-sections -fdata-sections \
  -ffile-prefix-map=$(CURDIR)=. -I$(COMMON)
LDFLAGS := -nostdlib -T $(COMMON)nano33ble.ld -Wl,--build-id=none -Wl,--gc-sections -Wl,--no-warn-rwx-segments
COMMON_SOURCES := $(addprefix $(COMMON), startup.c memory.c uart.c nano33ble.c)
# After the sources: 64-bit division and double precision, which the compiler has as functions.
LDLIBS := -lgcc
