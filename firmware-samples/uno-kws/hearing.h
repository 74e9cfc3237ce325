/*
 * From samples of sound to what the network hears. Knows neither the Uno nor the microphone: training compiles this very file.
 * Samples are 8000 a second, of 10 bits about zero. Every 128 of them (16 ms) give the loudness of twelve bands on a logarithmic
 * scale, and tell whether a word has begun: the sound has risen above what it was before.
 */
#ifndef HEARING_H
#define HEARING_H

#include <stdbool.h>
#include <stdint.h>

enum { FRAME = 128, BANDS = 12, WORD_FRAMES = 52 };   /* a word is heard for 0.83 s */

/* Forgets what it has heard. */
void hearing_begin(void);

/*
 * Takes a frame, which it changes, and gives the bands of the frame four before it: what begins a word is heard only then.
 * Returns the frame's number in the word, 1 to WORD_FRAMES, or 0 between words.
 */
uint8_t hearing_frame(int16_t samples[FRAME], int8_t bands[BANDS]);

#endif
