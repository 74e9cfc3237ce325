/* Echoes what it receives, eight bytes at a time: two receive buffers in turn, and a queue of buffers to send. */
#include "uart.h"

#define BYTES 8
#define BUFFERS 64

static uint8_t buffers[BUFFERS][BYTES];
static volatile unsigned filled, armed, sent;
static volatile int sending;
static char banner[8];

static void send_next(void) {
  if (sending || sent == filled) return;
  sending = 1;
  TXD_PTR = (uint32_t)buffers[sent % BUFFERS];
  TXD_MAXCNT = BYTES;
  TASKS_STARTTX = 1;
}

void uart_handler(void) {
  if (EVENTS_RXSTARTED) { /* the buffer has been taken: name the one after it */
    EVENTS_RXSTARTED = 0;
    armed++;
    RXD_PTR = (uint32_t)buffers[armed % BUFFERS];
  }
  if (EVENTS_ENDRX) {
    EVENTS_ENDRX = 0;
    filled++;
  }
  if (EVENTS_ENDTX) {
    EVENTS_ENDTX = 0;
    if (sending) sent++;
    sending = 0;
  }
  send_next();
}

int main(void) {
  /* EasyDMA does not reach flash. */
  static const char text[8] = "ready.\r\n";
  for (int i = 0; i < 8; i++) ((volatile char *)banner)[i] = text[i];
  connect(8);
  INTENSET = 1u << 4 | 1u << 8 | 1u << 19;
  NVIC_ISER0 = 1u << UART_IRQ;
  TXD_PTR = (uint32_t)banner;
  TXD_MAXCNT = 8;
  TASKS_STARTTX = 1;
  SHORTS = 1u << 5;
  RXD_PTR = (uint32_t)buffers[0];
  RXD_MAXCNT = BYTES;
  TASKS_STARTRX = 1;
  for (;;) __asm volatile("wfi");
}
