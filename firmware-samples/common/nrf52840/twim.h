/* Registers of parts on the board's internal I2C bus, 400 kHz. The core sleeps while bytes are on the way. */
#ifndef TWIM_H
#define TWIM_H

#include <stdbool.h>
#include <stdint.h>

enum { TWIM_MOST_BYTES = 255 };

/* Powers the sensors and their pull-ups and takes the bus; they need about 20 ms before they answer. */
void twim_start(void);
/* False: nobody acknowledged. */
bool twim_write_register(uint8_t address, uint8_t at, uint8_t value);
/* Reads up to TWIM_MOST_BYTES. `at`: the first register, with the part's own bit for "increment" if it has one. */
bool twim_read_registers(uint8_t address, uint8_t at, void *to, uint32_t count);

#endif
