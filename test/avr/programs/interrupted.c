/*
 * Work of many kinds under interrupts that come at all distances: calls by pointer, a switch, floats, divisions, loops with
 * interrupts off. Every sum is printed; with the count of interrupts in it, each depends on every cycle before.
 */
#include <avr/interrupt.h>
#include <avr/io.h>
#include <avr/pgmspace.h>
#include <util/atomic.h>

static volatile uint16_t interrupts;
static volatile uint32_t times;
static uint16_t distance = 300;

ISR(TIMER1_COMPA_vect) {
  distance = (uint16_t)(distance * 61 + 17);
  OCR1A = 90 + (distance & 0x1ff);
  times = times * 31 + TCNT1;
  interrupts++;
}

ISR(TIMER0_OVF_vect) { times ^= interrupts; }

static void send(uint8_t byte) {
  while (!(UCSR0A & _BV(UDRE0))) {}
  UDR0 = byte;
}
static void send_hex(uint32_t value) {
  for (int8_t i = 28; i >= 0; i = (int8_t)(i - 4)) send((uint8_t)"0123456789abcdef"[value >> i & 15]);
  send('\n');
}

static uint32_t state = 1;
static uint32_t next(void) { return state = state * 1664525 + 1013904223; }

static uint32_t divided(uint32_t x) { return x / (1 + (x & 255)) + x % 97; }
static uint32_t scaled(uint32_t x) { return (uint32_t)((float)(x >> 8) * 1.5f + 3.25f); }
static uint32_t counted(uint32_t x) { ATOMIC_BLOCK(ATOMIC_RESTORESTATE) { x += interrupts; } return x; }
static uint32_t deep(uint32_t x) { return (x & 15) == 0 ? x : deep(x - 1) + (x >> 3); }

static const uint8_t table[32] PROGMEM = { 3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8, 9, 7, 9, 3, 2, 3, 8, 4, 6, 2, 6, 4, 3, 3, 8, 3, 2, 7, 9, 5 };
static uint32_t looked_up(uint32_t x) {
  for (uint8_t i = 0; i < 32; i++) x = x * 3 + pgm_read_byte(&table[(x + i) & 31]);
  return x;
}

static uint32_t (*volatile const kinds[])(uint32_t) = { divided, scaled, counted, deep, looked_up };

__attribute__((noinline)) static uint32_t chosen(uint8_t which, uint32_t x) {
  switch (which & 7) {
    case 0: return x + 5;
    case 1: return x ^ 0x1234567;
    case 2: return x << 3 | x >> 29;
    case 3: return x * 2654435761u;
    case 4: return ~x;
    case 5: return x - times;
    case 6: PINB = _BV(PB0); return x;
    default: return x >> 1;
  }
}

int main(void) {
  DDRB = _BV(PB0);
  UBRR0 = 0;
  UCSR0A = _BV(U2X0);
  UCSR0B = _BV(TXEN0);
  UCSR0C = _BV(UCSZ01) | _BV(UCSZ00);
  TCCR0B = _BV(CS01);
  TIMSK0 = _BV(TOIE0);
  OCR1A = 200;
  TCCR1B = _BV(WGM12) | _BV(CS10);
  TIMSK1 = _BV(OCIE1A);
  sei();
  for (uint32_t sum = 0;;) {
    for (uint8_t i = 0; i < 60; i++) {
      uint32_t x = next();
      sum = sum * 5 + kinds[i % 5](x);
      sum ^= chosen((uint8_t)(x >> 13), sum);
    }
    send_hex(sum);
  }
}
