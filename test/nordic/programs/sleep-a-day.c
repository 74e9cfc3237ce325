/* System ON sleep with a wake-up each second: RTC1 on the crystal, its compare register moved on by 32768 in the handler. */
#include "nrf.h"

/* Assembly, so that its cycles can be counted: 16 with BX. */
__attribute__((naked)) void rtc1_handler(void) {
  __asm volatile(
    ".syntax unified\n"
    "ldr  r2, =0x40011000\n"      /* 2 */
    "ldr  r1, =result\n"          /* 2 */
    "movs r3, #0\n"               /* 1 */
    "str  r3, [r2, #0x140]\n"     /* 1, EVENTS_COMPARE[0] */
    "ldr  r3, [r2, #0x540]\n"     /* 2, CC[0] */
    "add  r3, r3, #0x8000\n"      /* 1 */
    "bic  r3, r3, #0xff000000\n"  /* 1 */
    "str  r3, [r2, #0x540]\n"     /* 1 */
    "ldr  r3, [r1]\n"             /* 2 */
    "adds r3, r3, #1\n"           /* 1 */
    "str  r3, [r1]\n"             /* 1 */
    "bx   lr\n"                   /* 1, and the return */
    ".ltorg\n");
}

int main(void) {
  result[0] = 0;
  CLOCK_LFCLKSRC = LFCLKSRC_XTAL;
  CLOCK_TASKS_LFCLKSTART = 1;
  while (CLOCK_EVENTS_LFCLKSTARTED == 0) {}
  RTC1_CC0 = 32768;
  RTC1_INTENSET = RTC_COMPARE0;
  NVIC_ISER0 = 1u << 17;
  RTC1_TASKS_START = 1;
  for (;;) wait_for_interrupt();  /* WFI 1, B 1 + 2 */
}
