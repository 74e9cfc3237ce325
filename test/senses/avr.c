/* ATmega328P at 16 MHz. Source: ATmega328P data sheet DS40002061B, chapters of the blocks named below. */
#include <avr/interrupt.h>
#include <avr/io.h>
#include <avr/sleep.h>
#include "bridge.h"

/* Sleeps unless `condition` holds; an interrupt between the question and the sleep comes after the sleep has begun. */
#define SLEEP_UNLESS(condition) do { cli(); if (condition) { sei(); } else { sleep_enable(); sei(); sleep_cpu(); sleep_disable(); } } while (0)

/* -- USART0: 500000 baud is 16 MHz / 16 / 2. */

static volatile uint8_t ring[64], written, taken;
ISR(USART_RX_vect) { ring[written++ & 63] = UDR0; }

uint8_t serial_receive(void) {
  while (written == taken) SLEEP_UNLESS(written != taken);
  return ring[taken++ & 63];
}

void serial_send(uint8_t byte) {
  while (!(UCSR0A & _BV(UDRE0))) {}
  UDR0 = byte;
}

/* -- Timer/Counter1: half microseconds, and the input capture of D8 (ICP1). */

static volatile uint16_t overflows;
static volatile uint32_t captured;
static volatile bool has_edge;
ISR(TIMER1_OVF_vect) { overflows++; }
ISR(TIMER1_COMPA_vect) {}

/* With interrupts off: an overflow that nobody has counted yet belongs to small counts. */
static uint32_t whole(uint16_t count) {
  return ((uint32_t)(uint16_t)(overflows + ((TIFR1 & _BV(TOV1)) && count < 0x8000)) << 16) | count;
}
ISR(TIMER1_CAPT_vect) {
  captured = whole(ICR1);
  has_edge = true;
}

uint32_t now(void) {
  const uint8_t flags = SREG;
  cli();
  const uint32_t ticks = whole(TCNT1);
  SREG = flags;
  return ticks >> 1;
}

void wait_until(uint32_t microseconds, bool or_edge) {
  OCR1A = (uint16_t)(2 * microseconds);
  TIFR1 = _BV(OCF1A);
  TIMSK1 |= _BV(OCIE1A);
  while ((int32_t)(microseconds - now()) > 0 && !(or_edge && has_edge)) {
    // Within 8 us the match may be over before sleep begins.
    if ((int32_t)(microseconds - now()) > 8) SLEEP_UNLESS(or_edge && has_edge);
  }
  TIMSK1 &= ~_BV(OCIE1A);
}

void edge_arm(bool rising, bool pull_up) {
  TIMSK1 &= ~_BV(ICIE1);
  PORTB = pull_up ? PORTB | _BV(PB0) : PORTB & ~_BV(PB0);
  TCCR1B = (rising ? _BV(ICES1) : 0) | _BV(CS11);
  TIFR1 = _BV(ICF1);
  has_edge = false;
  TIMSK1 |= _BV(ICIE1);
}

bool edge_take(uint32_t *microseconds) {
  cli();
  const bool is_there = has_edge;
  has_edge = false;
  *microseconds = captured >> 1;
  sei();
  return is_there;
}

/* -- TWI: the interrupt only ends the sleep; TWINT stays for the program. */

ISR(TWI_vect) { TWCR &= ~(_BV(TWIE) | _BV(TWINT)); }

static uint8_t twi(uint8_t control) {
  TWCR = control | _BV(TWINT) | _BV(TWEN) | _BV(TWIE);
  while (!(TWCR & _BV(TWINT))) SLEEP_UNLESS(TWCR & _BV(TWINT));
  return TWSR & 0xf8;
}

static bool twi_send(uint8_t byte, uint8_t expected) {
  TWDR = byte;
  return twi(0) == expected;
}

enum { SLA_W_ACK = 0x18, DATA_ACK = 0x28, SLA_R_ACK = 0x40 };

bool i2c_transfer(uint8_t address, const uint8_t *sent, uint8_t send_count, uint8_t *received, uint8_t receive_count) {
  twi(_BV(TWSTA));
  bool is_there = twi_send(address << 1, SLA_W_ACK);
  for (uint8_t n = 0; is_there && n < send_count; n++) is_there = twi_send(sent[n], DATA_ACK);
  if (is_there && receive_count > 0) {
    twi(_BV(TWSTA));
    is_there = twi_send((address << 1) | 1, SLA_R_ACK);
    for (uint8_t n = 0; is_there && n < receive_count; n++) {
      twi(n + 1 < receive_count ? _BV(TWEA) : 0);
      received[n] = TWDR;
    }
  }
  TWCR = _BV(TWINT) | _BV(TWEN) | _BV(TWSTO);
  while (TWCR & _BV(TWSTO)) {}
  return is_there;
}

/* -- SPI: a byte takes 8 us. */

void spi_transfer(uint8_t *bytes, uint8_t count) {
  PORTB &= ~_BV(PB2);
  for (uint8_t n = 0; n < count; n++) {
    SPDR = bytes[n];
    while (!(SPSR & _BV(SPIF))) {}
    bytes[n] = SPDR;
  }
  PORTB |= _BV(PB2);
}

/* -- ADC: AVCC as reference, 125 kHz. */

uint16_t adc_read(uint8_t channel) {
  ADMUX = _BV(REFS0) | channel;
  ADCSRA = _BV(ADEN) | _BV(ADSC) | 7;
  while (ADCSRA & _BV(ADSC)) {}
  return ADC;
}

void chip_begin(void) {
  UBRR0 = 1;
  UCSR0A = 0;
  UCSR0C = _BV(UCSZ01) | _BV(UCSZ00);
  UCSR0B = _BV(RXCIE0) | _BV(RXEN0) | _BV(TXEN0);
  TCCR1B = _BV(CS11);
  TIMSK1 = _BV(TOIE1);
  TWBR = 12; /* 16 MHz / (16 + 2 * 12) is 400 kHz */
  PORTB |= _BV(PB2);
  DDRB |= _BV(PB2) | _BV(PB3) | _BV(PB5);
  SPCR = _BV(SPE) | _BV(MSTR) | _BV(CPOL) | _BV(CPHA) | _BV(SPR0);
  set_sleep_mode(SLEEP_MODE_IDLE);
  sei();
}
