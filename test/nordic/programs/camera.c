/*
 * Takes one picture from an OV7675 on an Arduino Nano 33 BLE with the Tiny Machine Learning Shield, by polling its port. The
 * test leaves an order (registers to write, size of the picture) and finds the bytes in picture[].
 */
#include "nrf.h"

#define ADDRESS 0x21u

#define P0_IN            REGISTER(0x50000510)
#define P1_IN            REGISTER(0x50000810)
#define P1_PIN_CNF(n)    REGISTER(0x50000a00 + 4 * (n))
#define I2S_TASKS_START  REGISTER(0x40025000)
#define I2S_ENABLE       REGISTER(0x40025500)
#define I2S_MCKFREQ      REGISTER(0x40025514)
#define I2S_PSEL_MCK     REGISTER(0x40025560)
#define MCK_32M_BY_2     0x80000000u
#define TWI_TASKS_STARTTX   REGISTER(0x40003008)
#define TWI_TASKS_STOP      REGISTER(0x40003014)
#define TWI_EVENTS_STOPPED  REGISTER(0x40003104)
#define TWI_EVENTS_TXDSENT  REGISTER(0x4000311c)
#define TWI_ENABLE          REGISTER(0x40003500)
#define TWI_PSELSCL         REGISTER(0x40003508)
#define TWI_PSELSDA         REGISTER(0x4000350c)
#define TWI_TXD             REGISTER(0x4000351c)
#define TWI_FREQUENCY       REGISTER(0x40003524)
#define TWI_ADDRESS         REGISTER(0x40003588)
#define TWI_400K            0x06680000u

/* The shield's wires: VSYNC D8 = P0.10; HREF A1 = P0.05; PCLK A0 = P0.04; XCLK D9 = P0.27. */
#define VSYNC (1u << 10)
#define HREF  (1u << 5)
#define PCLK  (1u << 4)
#define XCLK_PIN 27

struct order {
  uint32_t registers;
  uint32_t rows;
  uint32_t bytes_per_row;
  uint8_t pairs[256];
};
__attribute__((section(".noinit"))) volatile struct order order;
__attribute__((section(".noinit"))) uint8_t picture[160 * 1024];
static uint16_t seen[1280];

static void send(uint8_t byte) {
  TWI_EVENTS_TXDSENT = 0;
  TWI_TXD = byte;
  while (!TWI_EVENTS_TXDSENT) {}
}

static void write_register(uint8_t number, uint8_t value) {
  TWI_TASKS_STARTTX = 1;
  send(number);
  send(value);
  TWI_EVENTS_STOPPED = 0;
  TWI_TASKS_STOP = 1;
  while (!TWI_EVENTS_STOPPED) {}
}

/* d0 D10 = P1.02, d1 D0 = P1.03, d2 D1 = P1.10, d3 D2 = P1.11, d4 D3 = P1.12, d5 D5 = P1.13, d6 D6 = P1.14, d7 D4 = P1.15 */
static uint8_t in_order(uint32_t port) {
  return ((port >> 2) & 1) | (((port >> 3) & 1) << 1) | (((port >> 10) & 0x3f) << 2);
}

int main(void) {
  static const uint8_t inputs[] = { 2, 3, 10, 11, 12, 13, 14, 15 };
  for (unsigned i = 0; i < sizeof inputs; i++) P1_PIN_CNF(inputs[i]) = 0;
  P0_PIN_CNF(10) = P0_PIN_CNF(5) = P0_PIN_CNF(4) = 0;
  I2S_MCKFREQ = MCK_32M_BY_2;
  I2S_PSEL_MCK = XCLK_PIN;
  I2S_ENABLE = 1;
  I2S_TASKS_START = 1;
  TWI_PSELSCL = 2;
  TWI_PSELSDA = 31;
  TWI_FREQUENCY = TWI_400K;
  TWI_ADDRESS = ADDRESS;
  TWI_ENABLE = 5;
  for (uint32_t i = 0; i < order.registers; i++) write_register(order.pairs[2 * i], order.pairs[2 * i + 1]);

  uint8_t *to = picture;
  const uint32_t rows = order.rows, width = order.bytes_per_row;
  while (P0_IN & VSYNC) {}
  while (!(P0_IN & VSYNC)) {}
  while (P0_IN & VSYNC) {}
  for (uint32_t row = 0; row < rows; row++) {
    while (!(P0_IN & HREF)) {}
    for (uint32_t i = 0; i < width; i++) {
      while (P0_IN & PCLK) {}
      seen[i] = (uint16_t)P1_IN;
      while (!(P0_IN & PCLK)) {}
    }
    while (P0_IN & HREF) {}
    for (uint32_t i = 0; i < width; i++) *to++ = in_order(seen[i]);
  }
  result[0] = 1;
  stop();
}
