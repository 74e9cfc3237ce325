/*
 * Starts the board.
 * Sources: nRF52840 Product Specification v1.1, CLOCK, POWER (DCDCEN), NVMC (ICACHECNF); Armv7-M Architecture Reference Manual
 * (DDI 0403E), C1.8 (DWT), C1.6.5 (DEMCR).
 */
#include "nano33ble.h"
#include "uart.h"

static void drive(uint32_t pin, bool level) {
  if (level) PORT_OF(pin)->OUTSET = BIT_OF(pin);
  else PORT_OF(pin)->OUTCLR = BIT_OF(pin);
}

void board_light(bool red, bool green, bool blue) {
  drive(PIN_LED_RED, !red);
  drive(PIN_LED_GREEN, !green);
  drive(PIN_LED_BLUE, !blue);
}

static void start_cycle_counter(void) {
  DCB_DEMCR |= 1u << 24;                                          /* TRCENA */
  DWT_CYCCNT = 0;
  DWT_CTRL |= 1;                                                  /* CYCCNTENA */
}

void board_start(void) {
  start_cycle_counter();
  NVMC->ICACHECNF = 1;
  CLOCK->DCDCEN = 1;
  CLOCK->EVENTS_HFCLKSTARTED = 0;
  CLOCK->TASKS_HFCLKSTART = 1;
  while (!CLOCK->EVENTS_HFCLKSTARTED) {}
  board_light(false, false, false);
  P0->DIRSET = BIT_OF(PIN_LED_RED) | BIT_OF(PIN_LED_GREEN) | BIT_OF(PIN_LED_BLUE);
  uart_start();
}

void wait_microseconds(uint32_t microseconds) {
  const uint32_t from = cycles_now();
  while (cycles_now() - from < microseconds * CYCLES_PER_MICROSECOND) {}
}
