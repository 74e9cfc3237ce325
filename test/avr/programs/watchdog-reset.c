/* Tells the cause of each reset; the watchdog brings the second and the third one. */
#include <avr/io.h>
#include <avr/wdt.h>

static void send(char c) {
  while (!(UCSR0A & _BV(UDRE0))) {}
  UDR0 = c;
}

int main(void) {
  static char times __attribute__((section(".noinit")));
  uint8_t cause = MCUSR;
  MCUSR = 0;
  wdt_disable();
  UBRR0 = 16;
  UCSR0A = _BV(U2X0);
  UCSR0B = _BV(TXEN0);
  times = cause & _BV(WDRF) ? (char)(times + 1) : '0';
  send(times);
  send(cause & _BV(WDRF) ? 'W' : '-');
  send('\n');
  DDRB = _BV(PB0);
  PORTB = _BV(PB0);
  if (times < '2') wdt_enable(WDTO_15MS);
  for (;;) {}
}
