/* A transmitter that is polled, and a pin that moves with each byte. */
#include <avr/io.h>

static void send(char c) {
  while (!(UCSR0A & _BV(UDRE0))) {}
  UDR0 = c;
  PINB = _BV(PB0);
}

int main(void) {
  DDRB = _BV(PB0);
  UBRR0 = 8; /* 115200 baud, nearly */
  UCSR0A = 0;
  UCSR0B = _BV(TXEN0);
  UCSR0C = _BV(UCSZ01) | _BV(UCSZ00);
  for (const char *text = "polled\r\n"; *text; text++) send(*text);
  for (;;) {}
}
