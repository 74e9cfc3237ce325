/*
 * Two servos as Arduino's Servo library moves them: timer 1 at 0.5 us runs on, a compare match ends each pulse and begins the
 * next, and after the last one the rest of 20 ms passes. Between interrupts the core sleeps.
 */
#include <avr/interrupt.h>
#include <avr/io.h>
#include <avr/sleep.h>

enum { SERVOS = 2, TICKS_PER_US = 2 };
static const uint16_t PERIOD = 20000u * TICKS_PER_US;

static volatile uint16_t pulses[SERVOS] = { 1000 * TICKS_PER_US, 1750 * TICKS_PER_US };
static uint8_t servo = SERVOS;
static uint16_t began;

ISR(TIMER1_COMPA_vect) {
  if (servo < SERVOS) PORTB &= (uint8_t)~_BV(servo);
  if (++servo >= SERVOS + 1) {
    servo = 0;
    began = OCR1A;
  }
  if (servo < SERVOS) {
    PORTB |= (uint8_t)_BV(servo);
    OCR1A += pulses[servo];
  } else OCR1A = began + PERIOD;
}

int main(void) {
  DDRB = _BV(PB0) | _BV(PB1);
  OCR1A = 1000;
  TCCR1A = 0;
  TCCR1B = _BV(CS11);
  TIMSK1 = _BV(OCIE1A);
  set_sleep_mode(SLEEP_MODE_IDLE);
  sei();
  for (;;) sleep_mode();
}
