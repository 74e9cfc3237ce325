/* A pin moved by counted cycles alone: each edge has its place. */
#include <avr/io.h>
#include <util/delay.h>

int main(void) {
  DDRB |= _BV(PB5);
  for (;;) {
    PORTB ^= _BV(PB5);
    _delay_us(137);
  }
}
