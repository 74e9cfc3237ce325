/* Vector table and reset for the nRF52840. */
#include "nrf.h"

extern uint32_t _stack_top[], _data_load[], _data_start[], _data_end[], _bss_start[], _bss_end[];
int main(void);

__attribute__((section(".noinit"))) volatile uint32_t result[8];

__attribute__((noreturn)) void reset_entry(void) {
  const uint32_t *from = _data_load;
  for (uint32_t *to = _data_start; to < _data_end;) *to++ = *from++;
  for (uint32_t *to = _bss_start; to < _bss_end;) *to++ = 0;
  main();
  stop();
}

static void hang(void) { for (;;) wait_for_interrupt(); }

void rtc1_handler(void) __attribute__((weak, alias("hang")));

#define WORD(symbol) (uint32_t)(uintptr_t)(symbol)
#define H WORD(hang)
__attribute__((section(".vectors"), used))
const uint32_t vectors[16 + 48] = {
  WORD(_stack_top), WORD(reset_entry), H, H, H, H, H, 0, 0, 0, 0, H, H, 0, H, H,
  H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H,
  H, WORD(rtc1_handler), H, H, H, H, H, H, H, H, H, H, H, H, H, H,
  H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H,
};
