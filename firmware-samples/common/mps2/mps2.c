/*
 * From reset to main(), the UART and the end.
 * Sources: CMSDK TRM (Arm DDI 0479), chapter 4 (UART); Armv7-M Architecture Reference Manual (DDI 0403E), B3.2.20 (CPACR), C1.6.5
 * (DEMCR), C1.8 (DWT); Arm Semihosting, SYS_EXIT_EXTENDED.
 */
#include "mps2.h"
#include "uart.h"

struct uart { volatile uint32_t DATA, STATE, CTRL, INTSTATUS, BAUDDIV; };
#define UART0      ((struct uart *)0x40004000)
#define SCB_CPACR  (*(volatile uint32_t *)0xE000ED88)
#define DCB_DEMCR  (*(volatile uint32_t *)0xE000EDFC)
#define DWT_CTRL   (*(volatile uint32_t *)0xE0001000)
#define DWT_LAR    (*(volatile uint32_t *)0xE0001FB0)
enum { STATE_TXFULL = 1, CTRL_TXEN = 1, LEAST_BAUDDIV = 16, SYS_EXIT_EXTENDED = 0x20, APPLICATION_EXIT = 0x20026 };

extern char stack_top[], data_load[], data_start[], data_end[], bss_start[], bss_end[];
int main(void);
void reset(void);

void uart_start(void) {
  UART0->BAUDDIV = LEAST_BAUDDIV;
  UART0->CTRL = CTRL_TXEN;
}

void uart_bytes(const void *bytes, uint32_t count) {
  for (const uint8_t *from = bytes; count--; from++) {
    while (UART0->STATE & STATE_TXFULL) {}
    UART0->DATA = *from;
  }
}

void uart_text(const char *text) { for (; *text; text++) uart_bytes(text, 1); }

void uart_number(int32_t value) { uart_decimal(value, 0); }

void uart_decimal(int32_t value, uint32_t decimals) {
  char text[16];
  uint32_t at = sizeof text, rest = value < 0 ? 0u - (uint32_t)value : (uint32_t)value;
  for (uint32_t digits = 0; rest || digits <= decimals; digits++, rest /= 10) {
    if (decimals && digits == decimals) text[--at] = '.';
    text[--at] = (char)('0' + rest % 10);
  }
  if (value < 0) text[--at] = '-';
  uart_bytes(&text[at], sizeof text - at);
}

void uart_flush(void) { while (UART0->STATE & STATE_TXFULL) {} }

void board_start(void) {
  DCB_DEMCR |= 1u << 24;                                          /* TRCENA */
  DWT_LAR = 0xC5ACCE55;                                           /* the Cortex-M7's lock; others have none */
  DWT_CTRL |= 1;                                                  /* CYCCNTENA */
  uart_start();
}

_Noreturn void board_end(uint32_t status) {
  uart_flush();
  uint32_t block[2] = { APPLICATION_EXIT, status };
  register uint32_t r0 __asm("r0") = SYS_EXIT_EXTENDED;
  register uint32_t *r1 __asm("r1") = block;
  __asm volatile("bkpt 0xAB" :: "r"(r0), "r"(r1) : "memory");
  for (;;) {}
}

static _Noreturn void stop(void) { board_end(1); }

/* No floating point in here: the unit, if there is one, is off until CPACR says otherwise. */
_Noreturn void reset(void) {
#ifdef __ARM_FP
  SCB_CPACR |= 0xFu << 20;                                        /* CP10 and CP11: full access */
  __asm volatile("dsb\n isb");
#endif
  for (uint32_t *to = (uint32_t *)data_start, *from = (uint32_t *)data_load; to < (uint32_t *)data_end;) *to++ = *from++;
  for (uint32_t *to = (uint32_t *)bss_start; to < (uint32_t *)bss_end;) *to++ = 0;
  main();
  board_end(0);
}

/* Stack, reset, NMI and the faults: no other exception is in use. */
__attribute__((section(".vectors"), used))
static void *const vectors[16] = { stack_top, (void *)reset, (void *)stop, (void *)stop, (void *)stop, (void *)stop, (void *)stop };
