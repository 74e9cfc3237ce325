/*
 * Arduino Nano 33 BLE Sense: its pins, and what every sample switches on.
 * Source: Arduino ABX00031 datasheet and schematic. A pin is 32 x port + number, as PSEL registers take it.
 */
#ifndef NANO33BLE_H
#define NANO33BLE_H

#include <stdbool.h>
#include <stdint.h>
#include "nrf52840.h"

#define P0_PIN(number) (number)
#define P1_PIN(number) (32 + (number))
#define PORT_OF(pin)   ((pin) < 32 ? P0 : P1)
#define BIT_OF(pin)    (1u << ((pin) & 31))

enum {
  PIN_TX = P1_PIN(3), PIN_RX = P1_PIN(10),
  PIN_LED_RED = P0_PIN(24), PIN_LED_GREEN = P0_PIN(16), PIN_LED_BLUE = P0_PIN(6),        /* active low */
  PIN_LED_BUILTIN = P0_PIN(13), PIN_LED_POWER = P1_PIN(9),
  PIN_SDA1 = P0_PIN(14), PIN_SCL1 = P0_PIN(15), PIN_I2C_PULL = P1_PIN(0), PIN_SENSORS_ENABLE = P0_PIN(22),
  PIN_PDM_POWER = P0_PIN(17), PIN_PDM_CLK = P0_PIN(26), PIN_PDM_DIN = P0_PIN(25)
};

enum { CPU_HZ = 64000000, CYCLES_PER_MICROSECOND = 64 };

/* Crystal clock, instruction cache, DC/DC converter, cycle counter, UART, LEDs dark. */
void board_start(void);
/* The RGB LED. */
void board_light(bool red, bool green, bool blue);

/* DWT.CYCCNT: cycles of 64 MHz since board_start(), modulo 2^32 (67 s). Silicon does not count while the core sleeps. */
static inline uint32_t cycles_now(void) { return DWT_CYCCNT; }
/* Busy waiting. */
void wait_microseconds(uint32_t microseconds);

#endif
