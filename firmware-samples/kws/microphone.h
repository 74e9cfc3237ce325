/* A microphone as a stream of hops of 20 ms; each board has a driver of its own behind this. */
#ifndef MICROPHONE_H
#define MICROPHONE_H

#include <stdint.h>

/* Hops that can wait while the core is busy: 16 x 20 ms. The one being filled and the one prepared for DMA cannot be read. */
enum { MICROPHONE_HOPS = 16, MICROPHONE_READABLE = MICROPHONE_HOPS - 2 };

/* 16 kHz, 16 bits, mono. From now on hops are filled one after the other, for ever. */
void microphone_start(void);

/* Hops filled since the start. */
uint32_t microphone_filled(void);

/* Samples of a hop by its number from 0: one of the last MICROPHONE_READABLE. */
const int16_t *microphone_hop(uint32_t number);

/* Sleeps until more than `hops` have been filled. */
void microphone_wait(uint32_t hops);

#endif
