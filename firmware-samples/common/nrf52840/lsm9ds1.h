/* The Nano 33 BLE Sense's accelerometer (LSM9DS1) with its FIFO. Its interrupt pins are not connected on this board. */
#ifndef LSM9DS1_H
#define LSM9DS1_H

#include <stdbool.h>
#include <stdint.h>

enum { LSM9DS1_AXES = 3, LSM9DS1_DEPTH = 32 };
/* CTRL_REG6_XL.ODR_XL. */
enum lsm9ds1_rate { LSM9DS1_OFF = 0, LSM9DS1_10HZ = 1, LSM9DS1_50HZ = 2, LSM9DS1_119HZ = 3, LSM9DS1_238HZ = 4, LSM9DS1_476HZ = 5, LSM9DS1_952HZ = 6 };

/* Accelerometer on, +-2 g, into its FIFO (stream mode). False: no LSM9DS1. twim_start() first. */
bool lsm9ds1_start(enum lsm9ds1_rate rate);
/* Another rate; what the FIFO held is lost. */
bool lsm9ds1_set_rate(enum lsm9ds1_rate rate);
/* Takes what the FIFO holds, oldest first, in mg. Returns how many samples; -1: the part does not answer. */
int32_t lsm9ds1_read(int16_t mg[LSM9DS1_DEPTH][LSM9DS1_AXES]);
/* The FIFO was full and lost samples before the last lsm9ds1_read(). */
bool lsm9ds1_has_lost(void);

/* Latches in the part that an axis has gone beyond a threshold in mg, of the acceleration without its constant share. */
bool lsm9ds1_watch(uint32_t threshold_mg);
/* Whether that has happened since the last call; it is cleared. */
bool lsm9ds1_has_moved(void);

#endif
