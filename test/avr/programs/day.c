/* Sleeps in power-down between samples, woken by the watchdog every eight seconds, and tells each hour. */
#include <avr/interrupt.h>
#include <avr/io.h>
#include <avr/sleep.h>
#include <avr/wdt.h>

ISR(WDT_vect) {}

static void say(const char *text) {
  UCSR0A |= _BV(TXC0);
  for (; *text; text++) {
    while (!(UCSR0A & _BV(UDRE0))) {}
    UDR0 = *text;
  }
  while (!(UCSR0A & _BV(TXC0))) {}
}

int main(void) {
  UBRR0 = 16;
  UCSR0A = _BV(U2X0);
  UCSR0B = _BV(TXEN0);
  wdt_reset();
  WDTCSR = _BV(WDCE) | _BV(WDE);
  WDTCSR = _BV(WDIE) | _BV(WDP3) | _BV(WDP0);
  set_sleep_mode(SLEEP_MODE_PWR_DOWN);
  sei();
  for (uint16_t n = 1;; n++) {
    sleep_mode();
    if (n % 450 == 0) say("hour\n");
  }
}
