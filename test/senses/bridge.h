/* What the bus bridge needs of a chip: one file for each family. Waiting is sleep: interrupts or events end it. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

void chip_begin(void);

/* Console, 500000 baud. */
uint8_t serial_receive(void);
void serial_send(uint8_t byte);

/* Microseconds since chip_begin. */
uint32_t now(void);
/* Sleeps until then, or until an edge of the interrupt pin has been captured, when `or_edge`. */
void wait_until(uint32_t microseconds, bool or_edge);

/* D8, whose edges a timer captures by itself. The next one is told once. */
void edge_arm(bool rising, bool pull_up);
bool edge_take(uint32_t *microseconds);

/* SDA and SCL, 400 kHz: a START, bytes, then, where some are to be read, another START and these. False: not acknowledged. */
bool i2c_transfer(uint8_t address, const uint8_t *sent, uint8_t send_count, uint8_t *received, uint8_t receive_count);
/* D13, D11, D12, D10 as chip select: 1 MHz, mode 3, the most significant bit first. Bytes are replaced by those that come back. */
void spi_transfer(uint8_t *bytes, uint8_t count);

/* A0 to A2. */
uint16_t adc_read(uint8_t channel);
