/* Says hello on the CMSDK UART of an MPS2 board and ends. UART: CMSDK TRM (Arm DDI 0479), chapter 4. */
#include <stdint.h>

struct uart { volatile uint32_t DATA, STATE, CTRL, INTSTATUS, BAUDDIV; };
#define UART0 ((struct uart *)0x40004000)
enum { STATE_TXFULL = 1, CTRL_TXEN = 1 };

extern char stack_top[];

static void print(const char *text) {
  for (; *text; text++) {
    while (UART0->STATE & STATE_TXFULL) {}
    UART0->DATA = (uint8_t)*text;
  }
}

/* Semihosting SYS_EXIT_EXTENDED: ADP_Stopped_ApplicationExit and a status. */
static _Noreturn void end(uint32_t status) {
  uint32_t block[2] = { 0x20026, status };
  register uint32_t r0 __asm("r0") = 0x20;
  register uint32_t *r1 __asm("r1") = block;
  __asm volatile("bkpt 0xAB" :: "r"(r0), "r"(r1) : "memory");
  for (;;) {}
}

static _Noreturn void stop(void) { end(1); }

_Noreturn void reset(void) {
  UART0->BAUDDIV = 16;
  UART0->CTRL = CTRL_TXEN;
  print("Hello from Thumbelina.\n");
  while (UART0->STATE & STATE_TXFULL) {}
  end(0);
}

/* Stack, reset, NMI, HardFault: the program uses no other exception. */
__attribute__((section(".vectors"), used))
static void *const vectors[4] = { stack_top, (void *)reset, (void *)stop, (void *)stop };
