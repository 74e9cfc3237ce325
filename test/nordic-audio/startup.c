/* Vectors and reset of an nRF52840 program; main's result is the semihosting exit status. */
#include <stdint.h>

extern uint32_t stack_top[], data_start[], data_end[], data_load[], bss_start[], bss_end[];
int main(void);

__attribute__((noreturn)) static void leave(int status) {
  uint32_t block[2] = { 0x20026, (uint32_t)status };
  register uint32_t operation __asm("r0") = 0x20;
  register uint32_t *parameters __asm("r1") = block;
  __asm volatile("bkpt 0xab" : : "r"(operation), "r"(parameters) : "memory");
  for (;;) {}
}

void reset(void) {
  uint32_t *from = data_load;
  for (uint32_t *to = data_start; to < data_end; to++) *to = *from++;
  for (uint32_t *to = bss_start; to < bss_end; to++) *to = 0;
  leave(main());
}

static void unexpected(void) { leave(99); }

__attribute__((section(".vectors"), used)) static const uintptr_t vectors[16 + 48] = {
  [0] = (uintptr_t)stack_top, [1] = (uintptr_t)reset, [2 ... 63] = (uintptr_t)unexpected,
};
