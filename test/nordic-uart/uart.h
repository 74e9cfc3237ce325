/* Start-up, and the registers of UART0 and UARTE0. Source: nRF52840 Product Specification v1.1, UART, UARTE. */
#include <stdint.h>

#define REG(offset)      (*(volatile uint32_t *)(0x40002000u + (offset)))
#define TASKS_STARTRX    REG(0x000)
#define TASKS_STARTTX    REG(0x008)
#define EVENTS_RXDRDY    REG(0x108)
#define EVENTS_ENDRX     REG(0x110)
#define EVENTS_TXDRDY    REG(0x11c)
#define EVENTS_ENDTX     REG(0x120)
#define EVENTS_RXSTARTED REG(0x14c)
#define SHORTS           REG(0x200)
#define INTENSET         REG(0x304)
#define ENABLE           REG(0x500)
#define PSEL_RTS         REG(0x508)
#define PSEL_TXD         REG(0x50c)
#define PSEL_CTS         REG(0x510)
#define PSEL_RXD         REG(0x514)
#define RXD              REG(0x518)
#define TXD              REG(0x51c)
#define BAUDRATE         REG(0x524)
#define RXD_PTR          REG(0x534)
#define RXD_MAXCNT       REG(0x538)
#define TXD_PTR          REG(0x544)
#define TXD_MAXCNT       REG(0x548)
#define CONFIG           REG(0x56c)
#define NVIC_ISER0       (*(volatile uint32_t *)0xe000e100u)
#define UART_IRQ         2

#ifndef BAUD
#define BAUD 0x10000000u /* 1 MBaud */
#endif
#define PIN(port, pin) ((port) << 5 | (pin))

int main(void);
extern char stack_top;

void uart_handler(void) __attribute__((weak)); /* those who ask the registers have none */
void reset(void) { main(); for (;;) __asm volatile("wfi"); }
static void stuck(void) { for (;;) { } }

__attribute__((section(".vectors"), used)) static void *const vectors[] = {
  &stack_top, (void *)reset, (void *)stuck, (void *)stuck, (void *)stuck, (void *)stuck, (void *)stuck, 0, 0, 0, 0,
  (void *)stuck, (void *)stuck, 0, (void *)stuck, (void *)stuck, (void *)stuck, (void *)stuck, (void *)uart_handler,
};

/* Disconnected pins are left as reset leaves them. TXD is P1.03, RXD P1.10. */
static void connect(uint32_t enable) {
  PSEL_TXD = PIN(1, 3);
  PSEL_RXD = PIN(1, 10);
#ifdef FLOW_CONTROL
  PSEL_RTS = PIN(0, 5);
  PSEL_CTS = PIN(0, 7);
  CONFIG = 1;
#endif
  BAUDRATE = BAUD;
  ENABLE = enable;
}
