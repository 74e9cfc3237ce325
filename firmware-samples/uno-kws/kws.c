/*
 * Two words on an Arduino Uno: an analog microphone on A0, 8000 conversions a second, features and a recurrent network of some
 * 1.2 KB that says "yes", "no" or that it was something else.
 *
 * Timer 0 starts each conversion; its interrupt stores the sample while the frame before is worked on. A frame that is not ready in
 * time is counted and told.
 * Source: ATmega328P data sheet DS40002061B, chapters 14 (timer 0) and 23 (ADC).
 */
#include <avr/interrupt.h>
#include <avr/sleep.h>
#include <string.h>

#include "hearing.h"
#include "uno.h"
#include "weights.h"

static volatile int16_t filling[FRAME];
static volatile uint8_t filled;
static volatile bool frame_ready;
static volatile uint8_t overruns;
static int16_t frame[FRAME];

ISR(ADC_vect) {
  TIFR0 = _BV(OCF0A);   /* the flag's next rise starts the next conversion */
  filling[filled] = (int16_t)(ADC - 512);
  if (++filled < FRAME) return;
  filled = 0;
  if (frame_ready && overruns < 255) overruns++;
  for (uint8_t i = 0; i < FRAME; i++) frame[i] = filling[i];
  frame_ready = true;
}

static void listen(void) {
  OCR0A = 249;                                /* 16 MHz / 8 / 250 = 8000 Hz */
  TCCR0A = _BV(WGM01);
  TCCR0B = _BV(CS01);
  ADMUX = _BV(REFS0);                         /* A0 against AVCC */
  ADCSRB = _BV(ADTS1) | _BV(ADTS0);           /* timer 0 compare match A */
  DIDR0 = _BV(ADC0D);
  ADCSRA = _BV(ADEN) | _BV(ADATE) | _BV(ADIE) | _BV(ADPS2) | _BV(ADPS1);   /* 250 kHz: 13.5 cycles are 54 us */
}

static int16_t clamped(int16_t value, int16_t lowest, int16_t highest) {
  return value < lowest ? lowest : value > highest ? highest : value;
}

/* One step of the FastGRNN; the numbers are those of training/train.py. */
static void step(const int8_t bands[BANDS], int8_t state[UNITS]) {
  int8_t next[UNITS];
  for (uint8_t unit = 0; unit < UNITS; unit++) {
    int32_t sum = uno_dot(0, W + unit * BANDS, bands, BANDS);
    sum = (uno_dot((uno_sum)sum, U + unit * UNITS, state, UNITS) + ((int32_t)1 << sum_shift >> 1)) >> sum_shift;
    const int16_t s = sum > 8191 ? 8191 : sum < -8192 ? -8192 : (int16_t)sum;
    /* (s + bias) / 4 + 1/2 in 128ths, s and bias in 64ths: halved, and half a unit up. */
    const int16_t gate = clamped((int16_t)((s + (int16_t)pgm_read_word(gate_bias + unit) + 1) >> 1) + 64, 0, 128);
    const int16_t candidate = clamped((int16_t)(2 * (s + (int16_t)pgm_read_word(state_bias + unit))), -128, 128);
    const int16_t weight = clamped((int16_t)(((int32_t)zeta * (128 - gate) + 64 + (int32_t)nu * 128) >> 7), 0, 255);
    next[unit] = (int8_t)clamped((int16_t)(((int32_t)weight * candidate + (int32_t)gate * state[unit] + 64) >> 7), -127, 127);
  }
  memcpy(state, next, UNITS);
}

static void tell(const int8_t state[UNITS], uint32_t cycles) {
  static const char names[CLASSES][6] PROGMEM = { "yes", "no", "other" };
  int32_t best_score = INT32_MIN;
  uint8_t best = 0;
  for (uint8_t class = 0; class < CLASSES; class++) {
    const int32_t score = (int32_t)pgm_read_dword(last_bias + class) + uno_dot(0, last_weights + class * UNITS, state, UNITS);
    if (score > best_score) {
      best_score = score;
      best = class;
    }
  }
  uno_print("heard ");
  uno_print_flash(names[best]);
  uno_print(", at most ");
  uno_print_number((int32_t)cycles);
  uno_print(" of 256000 cycles a frame");
  if (overruns) {
    uno_print(", frames lost: ");
    uno_print_number(overruns);
  }
  uno_put('\n');
}

static void wait_for_frame(void) {
  for (;;) {
    cli();
    if (frame_ready) break;
    sleep_enable();
    sei();
    sleep_cpu();
    sleep_disable();
  }
  sei();
}

int main(void) {
  static int8_t state[UNITS];
  uno_begin();
  hearing_begin();
  listen();
  uno_print("uno-kws listens for yes and no.\n");
  uint32_t longest = 0;
  for (;;) {
    wait_for_frame();
    const uint32_t start = uno_cycles();
    int8_t bands[BANDS];
    const uint8_t number = hearing_frame(frame, bands);
    frame_ready = false;
    if (number == 0) continue;
    if (number == 1) {
      memset(state, 0, sizeof state);
      longest = 0;
    }
    step(bands, state);
    const uint32_t cycles = uno_cycles() - start;
    if (cycles > longest) longest = cycles;
    if (number == WORD_FRAMES) tell(state, longest);
  }
}
