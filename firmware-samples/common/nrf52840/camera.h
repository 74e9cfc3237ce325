/*
 * OV7675 of the Tiny Machine Learning Shield, read by polling its port: 160 x 120 pixels of RGB565, a row at a time.
 * D0 and D1 are the camera's here: the UART has to be on another pin.
 */
#ifndef CAMERA_H
#define CAMERA_H

#include <stdbool.h>
#include <stdint.h>

enum { CAMERA_WIDTH = 160, CAMERA_HEIGHT = 120, CAMERA_ROW_BYTES = 2 * CAMERA_WIDTH };

/* Clock, power, registers; after board_start(). False: no OV7675 answers. */
bool camera_start(void);

/*
 * The next whole picture: calls `row` for each row, top first, between it and the next; the pixels are two bytes each, high byte first, and
 * last until the next row. `row` has 40 000 cycles. False: the camera has stopped, or a row came late.
 */
bool camera_take(void (*row)(void *user, const uint8_t *pixels), void *user);

/* Since camera_start(); TIMER0 is the camera's. */
uint32_t camera_microseconds(void);

#endif
