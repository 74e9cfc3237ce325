/* An MPU-6050 on SDA and SCL (A4, A5), its INT on D2: the accelerometer of three axes, 25 times a second. */
#ifndef MPU6050_H
#define MPU6050_H

#include <stdbool.h>
#include <stdint.h>

/* False: nobody answers as an MPU-6050 at 0x68. */
bool mpu6050_begin(void);

/* Sleeps until the sensor has a new sample and gives it in 1/64 g. False: the bus failed. */
bool mpu6050_next(int8_t acceleration[3]);

#endif
