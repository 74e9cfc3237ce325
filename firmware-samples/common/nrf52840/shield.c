/*
 * Puts the UART on a pin that the shield leaves free. P0.09 and P0.10 (the camera's VSYNC) are the NFC antenna's unless UICR.NFCPINS says
 * otherwise, as Arduino's core leaves it.
 * Source: nRF52840 Product Specification v1.1, UARTE, NFCT, UICR.
 */
#include "shield.h"
#include "nano33ble.h"
#include "nrf52840.h"

enum { PIN_D7 = P0_PIN(9), DISABLED = 0, ENABLED = 8 };

void shield_start(void) {
  UARTE0->ENABLE = DISABLED;
  PORT_OF(PIN_TX)->DIRCLR = BIT_OF(PIN_TX);
  PORT_OF(PIN_D7)->OUTSET = BIT_OF(PIN_D7);
  PORT_OF(PIN_D7)->DIRSET = BIT_OF(PIN_D7);
  UARTE0->PSEL_TXD = PIN_D7;
  UARTE0->ENABLE = ENABLED;
}
