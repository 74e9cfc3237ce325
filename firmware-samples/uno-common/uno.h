/*
 * What the Uno's samples share: a serial port that receives by interrupt, numbers as text, and a count of the core's cycles.
 * Source: ATmega328P data sheet DS40002061B, chapters 15 (timer 1) and 19 (USART).
 */
#ifndef UNO_H
#define UNO_H

#include <avr/io.h>
#include <avr/pgmspace.h>
#include <stdbool.h>
#include <stdint.h>

/* Serial port at 115200 baud, timer 1 counting the core's clock. Leaves interrupts on. */
void uno_begin(void);

void uno_put(char character);
void uno_print_flash(const char *text_in_flash);
#define uno_print(text) uno_print_flash(PSTR(text))
void uno_print_number(int32_t number);

/* The next character received; sleeps (idle) until there is one. */
char uno_get(void);
/* Characters that came while the buffer was full, since the start. */
uint8_t uno_lost(void);

/* Cycles of the core since the start, modulo 2^32. */
uint32_t uno_cycles(void);

/*
 * Sum of products of weights in flash and activations of 0..127. 24 bits hold 520 products, more than any layer here has.
 */
typedef __int24 uno_sum;
uno_sum uno_dot(uno_sum sum, const int8_t *weights_in_flash, const int8_t *activations, uint8_t count);

/* clamp((sum + half) >> shift, 0, 127): the rounding that training used. */
int8_t uno_activation(int32_t sum, uint8_t shift);

#endif
