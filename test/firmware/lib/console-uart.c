/* Console on CMSDK UART0, polled. */
#include "console.h"
#include "registers.h"
#include "semihosting.h"

void console_open(void) {
  UART_BAUDDIV(UART0) = 16;
  UART_CTRL(UART0) = UART_TXEN | UART_RXEN;
}

void console_write(const char *bytes, size_t count) {
  for (size_t i = 0; i < count; i++) {
    while (UART_STATE(UART0) & UART_TXFULL) {}
    UART_DATA(UART0) = (uint8_t)bytes[i];
  }
}

int console_read(void) {
  while (!(UART_STATE(UART0) & UART_RXFULL)) {}
  return (int)(UART_DATA(UART0) & 0xFF);
}

/* No status bit tells that the shift register is empty: two frames of 10 bits at 16 clocks have passed after this. */
void console_drain(void) {
  while (UART_STATE(UART0) & UART_TXFULL) {}
  for (volatile int i = 0; i < 320; i++) {}
}

void console_exit(int code) {
  console_drain();
  semihost_exit(code);
}
