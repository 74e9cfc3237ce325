/*
 * Records an SPH0645 through the I2S peripheral: after its start-up time, 1024 frames of 24 bits, stereo.
 * Registers: nRF52840 Product Specification v1.1, chapter I2S.
 */
#include <stdint.h>

#define I2S(offset) (*(volatile uint32_t *)(0x40025000u + (offset)))
enum { START = 0x000, STOP = 0x004, RXPTRUPD = 0x104, STOPPED = 0x108, ENABLE = 0x500, RXEN = 0x508, TXEN = 0x50c, MCKFREQ = 0x514, RATIO = 0x518, SWIDTH = 0x51c, RXD_PTR = 0x538, MAXCNT = 0x550, PSEL_SCK = 0x564, PSEL_LRCK = 0x568, PSEL_SDIN = 0x56c };
enum { SCK = 27, LRCK = 26, SDIN = 25, FRAMES = 1024, START_UP = 2 };

static int32_t words[2 * FRAMES];
/* What the test reads: one channel, the bit that came late put back. */
volatile int32_t samples[FRAMES];

int main(void) {
  I2S(PSEL_SCK) = SCK;
  I2S(PSEL_LRCK) = LRCK;
  I2S(PSEL_SDIN) = SDIN;
  I2S(TXEN) = 0;
  I2S(RXEN) = 1;
  I2S(MCKFREQ) = 0x0c000000;   /* 32 MHz / 21 */
  I2S(RATIO) = 1;              /* / 48: 31746 frames a second, SCK 1.524 MHz */
  I2S(SWIDTH) = 2;
  I2S(RXD_PTR) = (uint32_t)words;
  I2S(MAXCNT) = 2 * FRAMES;
  I2S(ENABLE) = 1;
  I2S(START) = 1;
  for (int buffer = 0; buffer < START_UP + 2; buffer++) {
    while (!I2S(RXPTRUPD)) {}
    I2S(RXPTRUPD) = 0;
  }
  I2S(STOP) = 1;
  for (int n = 0; n < FRAMES; n++) samples[n] = (int32_t)((uint32_t)words[2 * n] << 9) >> 8;
  while (!I2S(STOPPED)) {}
  return 0;
}
