/* Echoes byte by byte, asking the registers; with SLOW it takes its time for each. Says nothing before it has heard something. */
#include "uart.h"

int main(void) {
  for (volatile int i = 0; i < 2000; i++) { }
  connect(4);
  TASKS_STARTTX = 1;
  TASKS_STARTRX = 1;
  for (;;) {
    while (!EVENTS_RXDRDY) { }
    EVENTS_RXDRDY = 0;
    uint32_t byte = RXD;
#ifdef SLOW
    for (volatile int i = 0; i < SLOW; i++) { }
#endif
    TXD = byte;
    while (!EVENTS_TXDRDY) { }
    EVENTS_TXDRDY = 0;
  }
}
