/* The Tiny Machine Learning Shield: its camera has D0 and D1, where Serial1 is. */
#ifndef SHIELD_H
#define SHIELD_H

/* After board_start(): text goes out on D7 (P0.09) from here on. */
void shield_start(void);

#endif
