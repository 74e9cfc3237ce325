/* Output by the UART's TX interrupt through a ring buffer, input by its RX interrupt, echoed in upper case until a full stop. */
#include <ctype.h>
#include <stdio.h>
#include "exception.h"
#include "registers.h"

static volatile char ring[256];
static volatile uint8_t head, tail;
static volatile uint32_t tx_interrupts, received_count;
static volatile char received[64];

static void pump(void) {
  while (head != tail && !(UART_STATE(UART0) & UART_TXFULL)) UART_DATA(UART0) = (uint8_t)ring[tail++];
}

static void queue(char c) {
  while ((uint8_t)(head + 1) == tail) {}
  uint32_t primask = READ_SPECIAL(primask);
  __asm volatile("cpsid i" ::: "memory");
  ring[head] = c;
  head++;
  pump();
  WRITE_SPECIAL(primask, primask);
}

static void on_tx(struct exception *e) {
  (void)e;
  UART_INTSTATUS(UART0) = 1;
  tx_interrupts++;
  pump();
}

static void on_rx(struct exception *e) {
  (void)e;
  while (UART_STATE(UART0) & UART_RXFULL) {
    UART_INTSTATUS(UART0) = 2;
    char c = (char)UART_DATA(UART0);
    received[received_count++ % sizeof received] = c;
  }
}

static void print(const char *text) { while (*text) queue(*text++); }

int main(void) {
  handlers[IRQ0 + IRQ_UART0_RX] = on_rx;
  handlers[IRQ0 + IRQ_UART0_TX] = on_tx;
  UART_CTRL(UART0) = UART_TXEN | UART_RXEN | UART_TXIE | UART_RXIE;
  enable_irq(IRQ_UART0_RX);
  enable_irq(IRQ_UART0_TX);
  on_rx(0);
  for (int i = 0; i < 30; i++) {
    char line[64];
    snprintf(line, sizeof line, "line %d, sent while the processor does something else\n", i);
    print(line);
  }
  for (uint32_t echoed = 0, ended = 0; !ended; echoed++) {
    while (echoed == received_count) {}
    char c = received[echoed % sizeof received];
    queue((char)toupper((unsigned char)c));
    ended = c == '.';
  }
  print("\n");
  while (head != tail) {}
  char line[64];
  snprintf(line, sizeof line, "bytes received: %lu, TX interrupts seen: %s\n", (unsigned long)received_count, tx_interrupts ? "yes" : "no");
  print(line);
  while (head != tail) {}
  return 0;
}
