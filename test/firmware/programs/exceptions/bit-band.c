/* Bit-band aliases of the SRAM region (Armv7-M ARM, B3.1; Cortex-M3 and M4 TRMs, 3.7). */
#include "registers.h"
#include "trace.h"

static volatile uint32_t words[4];

static uint32_t alias(const volatile void *address, unsigned bit) {
  return 0x22000000 + ((uint32_t)(uintptr_t)address - 0x20000000) * 32 + bit * 4;
}

int main(void) {
  words[0] = 0x80000001;
  words[1] = 0;
  trace_value("bit 0", REG32(alias(&words[0], 0)));
  trace_value("bit 1", REG32(alias(&words[0], 1)));
  trace_value("bit 31", REG32(alias(&words[0], 31)));
  REG32(alias(&words[0], 4)) = 1;
  REG32(alias(&words[0], 31)) = 0;
  REG32(alias(&words[0], 0)) = 0xFFFFFFFE;
  trace_value("after set 4, clear 31, clear 0 by an even value", words[0]);
  REG8(alias(&words[1], 9)) = 3;
  REG16(alias(&words[1], 17)) = 0xFFFF;
  trace_value("by byte and halfword", words[1]);
  trace_value("read by byte", REG8(alias(&words[1], 9)));
  trace_value("read by halfword", REG16(alias(&words[1], 10)));
  const volatile uint8_t *third_byte = (const volatile uint8_t *)&words[2] + 3;
  REG32(alias(third_byte, 6)) = 1;
  trace_value("bit 6 of byte 3", words[2]);
  trace_print("bit-band");
  return 0;
}
