/*
 * Arduino's clock: timer 0 in fast PWM at clk/64 overflows each 1.024 ms, and its interrupt counts milliseconds. On before
 * main() begins. No program's output may depend on how many ticks came.
 */
#include <avr/interrupt.h>
#include <avr/io.h>

enum { FRACTION = 3, WHOLE = 125 }; /* 24 us of 1000 are left over each time */

static volatile uint32_t overflows, milliseconds;
static uint8_t fraction;

ISR(TIMER0_OVF_vect) {
  uint32_t m = milliseconds + 1;
  uint8_t f = (uint8_t)(fraction + FRACTION);
  if (f >= WHOLE) {
    f = (uint8_t)(f - WHOLE);
    m++;
  }
  fraction = f;
  milliseconds = m;
  overflows++;
}

__attribute__((constructor)) static void start_ticks(void) {
  TCCR0A = _BV(WGM01) | _BV(WGM00);
  TCCR0B = _BV(CS01) | _BV(CS00);
  TIMSK0 = _BV(TOIE0);
  sei();
}
