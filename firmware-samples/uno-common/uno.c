#include "uno.h"

#include <avr/interrupt.h>
#include <avr/sleep.h>
#include <util/atomic.h>

#ifndef UNO_RECEIVED
#define UNO_RECEIVED 64   /* characters; a power of two, at most 512 */
#endif

static volatile char received[UNO_RECEIVED];
static volatile uint16_t received_head, received_tail;
static volatile uint8_t lost;
static volatile uint16_t timer_overflows;

ISR(USART_RX_vect) {
  const char character = (char)UDR0;
  const uint16_t next = (received_head + 1) & (UNO_RECEIVED - 1);
  if (next == received_tail) {
    if (lost < 255) lost++;
    return;
  }
  received[received_head] = character;
  received_head = next;
}

ISR(TIMER1_OVF_vect) { timer_overflows++; }

void uno_begin(void) {
  UBRR0 = 16;   /* 16 MHz / 8 / 17 = 117647 baud, 2.1 % fast */
  UCSR0A = _BV(U2X0);
  UCSR0B = _BV(RXCIE0) | _BV(RXEN0) | _BV(TXEN0);
  TCCR1A = 0;
  TCCR1B = _BV(CS10);
  TIMSK1 = _BV(TOIE1);
  set_sleep_mode(SLEEP_MODE_IDLE);
  sei();
}

void uno_put(char character) {
  while (!(UCSR0A & _BV(UDRE0))) {}
  UDR0 = (uint8_t)character;
}

void uno_print_flash(const char *text) {
  for (char character; (character = (char)pgm_read_byte(text)) != 0; text++) uno_put(character);
}

void uno_print_number(int32_t number) {
  char digits[10];
  uint8_t count = 0;
  uint32_t rest = (uint32_t)number;
  if (number < 0) {
    uno_put('-');
    rest = -rest;
  }
  do digits[count++] = (char)('0' + rest % 10); while ((rest /= 10) != 0);
  while (count > 0) uno_put(digits[--count]);
}

char uno_get(void) {
  /* Between SEI and SLEEP no interrupt is taken (data sheet, 7.4: the instruction after SEI runs first). */
  for (;;) {
    cli();
    if (received_tail != received_head) break;
    sleep_enable();
    sei();
    sleep_cpu();
    sleep_disable();
  }
  const char character = received[received_tail];
  received_tail = (received_tail + 1) & (UNO_RECEIVED - 1);
  sei();
  return character;
}

uint8_t uno_lost(void) { return lost; }

uint32_t uno_cycles(void) {
  uint16_t low, high;
  ATOMIC_BLOCK(ATOMIC_RESTORESTATE) {
    low = TCNT1;
    high = timer_overflows;
    if ((TIFR1 & _BV(TOV1)) && low < 0x8000) high++;   /* it overflowed after interrupts went off */
  }
  return (uint32_t)high << 16 | low;
}

/*
 * In assembler, as one product is 11 cycles of work and GCC makes it 24. MULS leaves the product's sign in the carry (AVR
 * Instruction Set Manual, MULS), which SBC turns into the third byte. Two products a turn: 12.5 cycles each.
 */
#define PRODUCT "ld %[x], X+\n\t" "lpm %[w], Z+\n\t" "muls %[w], %[x]\n\t" "sbc %[x], %[x]\n\t" \
  "add %A[sum], r0\n\t" "adc %B[sum], r1\n\t" "adc %C[sum], %[x]\n\t"
uno_sum uno_dot(uno_sum sum, const int8_t *weights, const int8_t *activations, uint8_t count) {
  uint8_t pairs = count >> 1, x, w;
  if (count & 1)
    __asm__(PRODUCT "clr r1"
            : [sum] "+r"(sum), [x] "=&d"(x), [w] "=&d"(w), "+z"(weights), "+x"(activations) : : "r0", "memory");
  if (pairs > 0)
    __asm__("1:\n\t" PRODUCT PRODUCT "dec %[pairs]\n\t" "brne 1b\n\t" "clr r1"
            : [sum] "+r"(sum), [x] "=&d"(x), [w] "=&d"(w), [pairs] "+r"(pairs), "+z"(weights), "+x"(activations) : : "r0", "memory");
  return sum;
}

int8_t uno_activation(int32_t sum, uint8_t shift) {
  if (sum < 0) return 0;
  if (shift > 0) sum = (sum + ((int32_t)1 << (shift - 1))) >> shift;
  return sum > 127 ? 127 : (int8_t)sum;
}
