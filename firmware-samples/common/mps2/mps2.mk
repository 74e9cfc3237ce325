# What a sample for the MPS2 boards is made with: $(call mps2_build,board) is the compiler with all but sources. The same compiler
# gives the same bytes: no dates, no paths, no build id.
MPS2 := $(dir $(lastword $(MAKEFILE_LIST)))
MPS2_BOARDS := mps2-an385 mps2-an386 mps2-an500
CPU_mps2-an385 := -mcpu=cortex-m3
CPU_mps2-an386 := -mcpu=cortex-m4 -mfloat-abi=hard -mfpu=fpv4-sp-d16
CPU_mps2-an500 := -mcpu=cortex-m7 -mfloat-abi=hard -mfpu=fpv5-d16
MPS2_CFLAGS := -std=c11 -mthumb -O2 -g -Wall -Wextra -Werror -ffreestanding -fno-tree-loop-distribute-patterns -ffunction-sections \
  -fdata-sections -ffile-prefix-map=$(CURDIR)=. -I$(MPS2)
MPS2_LDFLAGS := -nostdlib -T $(MPS2)mps2.ld -Wl,--build-id=none -Wl,--gc-sections -Wl,--no-warn-rwx-segments
MPS2_SOURCES := $(MPS2)mps2.c $(MPS2)../nrf52840/memory.c
