/* Only what leads to newlib's semihosting start, which expects its data in place and the FPU on. */
#include "registers.h"

extern uint32_t _stack_top[], _data_load[], _data_start[], _data_end[];
void _start(void);

void reset_entry(void) {
  const uint32_t *from = _data_load;
  for (uint32_t *to = _data_start; to < _data_end;) *to++ = *from++;
#ifdef __ARM_FP
  CPACR |= 0xFu << 20;
  barrier();
#endif
  _start();
}

__attribute__((section(".vectors"), used, aligned(256)))
const uint32_t vectors[2] = { (uint32_t)(uintptr_t)_stack_top, (uint32_t)(uintptr_t)reset_entry };
