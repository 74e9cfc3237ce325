/*
 * ATmega328P: listens at A0, 1000 times a second, and says each 100 ms how far apart the lowest and the highest sample were. Source:
 * ATmega328P data sheet DS40002061B, chapters of Timer/Counter0 and the ADC. Asleep between samples.
 */
#include <avr/interrupt.h>
#include <avr/io.h>
#include <avr/sleep.h>

static volatile uint16_t lowest = 1023, highest;
static volatile uint8_t count;

ISR(ADC_vect) {
  const uint16_t sample = ADC;
  TIFR0 = _BV(OCF0A);
  if (sample < lowest) lowest = sample;
  if (sample > highest) highest = sample;
  count++;
}

static void send(char c) {
  while (!(UCSR0A & _BV(UDRE0))) {}
  UDR0 = c;
}

static void say(uint16_t value) {
  for (const char *c = "level "; *c; c++) send(*c);
  for (uint16_t unit = 1000; unit > 0; unit /= 10) send('0' + value / unit % 10);
  send('\n');
}

int main(void) {
  UBRR0 = 8; /* 115200 baud, nearly */
  UCSR0B = _BV(TXEN0);
  TCCR0A = _BV(WGM01);
  OCR0A = 249; /* 16 MHz / 64 / 250 */
  TCCR0B = _BV(CS01) | _BV(CS00);
  ADMUX = _BV(REFS0);
  ADCSRB = _BV(ADTS1) | _BV(ADTS0); /* Timer/Counter0 compare match A */
  ADCSRA = _BV(ADEN) | _BV(ADATE) | _BV(ADIE) | 7;
  set_sleep_mode(SLEEP_MODE_IDLE);
  sleep_enable();
  sei();
  for (;;) {
    while (count < 100) sleep_cpu();
    cli();
    const uint16_t range = highest - lowest;
    count = 0;
    lowest = 1023;
    highest = 0;
    sei();
    say(range);
  }
}
