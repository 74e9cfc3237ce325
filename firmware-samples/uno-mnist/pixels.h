/* A digit comes over the serial port as 14 lines of 14 pixels, each two hexadecimal digits, 00 (paper) to 7f (ink). */
#ifndef PIXELS_H
#define PIXELS_H

#include <stdbool.h>
#include <stdint.h>

enum { SIDE = 14, DIGITS = 10 };

/* Reads one line. False, with one line to the host, if it is not 14 pixels: the digit begun is given up. */
bool read_row(int8_t pixels[SIDE]);

/* Prints the digit, how sure the network is against the next best, and the cycles it took. */
void tell(const int32_t scores[DIGITS], uint32_t cycles);

#endif
