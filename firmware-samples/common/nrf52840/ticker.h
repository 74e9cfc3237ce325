/* Wakes the core at even intervals from the 32.768 kHz crystal, and tells how long it has been awake. */
#ifndef TICKER_H
#define TICKER_H

#include <stdint.h>

enum { TICKER_HZ = 32768 };

/* interval: of TICKER_HZ. */
void ticker_start(uint32_t interval);
/* From now on with this interval. */
void ticker_set(uint32_t interval);
/* Sleeps until the next interval is over; at once if it already is. */
void ticker_wait(void);
/* Milliseconds since ticker_start(). */
uint32_t ticker_milliseconds(void);
/* Ten-thousandths of the time since ticker_start() that the core has slept, from DWT.CYCCNT, which stands still in sleep. */
uint32_t ticker_asleep(void);

#endif
