/* Text on UART0. Waits for the line. */
#ifndef UART_H
#define UART_H

#include <stdint.h>

void uart_start(void);
void uart_bytes(const void *bytes, uint32_t count);
void uart_text(const char *text);
void uart_number(int32_t value);
/* value / 10^decimals: uart_decimal(-1234, 2) prints -12.34. At most 9 decimals. */
void uart_decimal(int32_t value, uint32_t decimals);
/* Until all of it has left. */
void uart_flush(void);

#endif
