/*
 * Reads a PDM microphone without the PDM peripheral: SPIM gives the clock and takes the bits, the program filters them itself.
 * Registers: nRF52840 Product Specification v1.1, chapter SPIM.
 */
#include <stdint.h>

#define SPIM(offset) (*(volatile uint32_t *)(0x40003000u + (offset)))
enum { START = 0x010, END = 0x118, ENABLE = 0x500, PSEL_SCK = 0x508, PSEL_MISO = 0x510, FREQUENCY = 0x524, RXD_PTR = 0x534, RXD_MAXCNT = 0x538, CONFIG = 0x554 };
enum { SCK = 26, MISO = 25, DECIMATION = 64, SAMPLES = 400, SETTLING = 160, ORDER = 5, BYTES = (SAMPLES + SETTLING) * DECIMATION / 8 };

static uint8_t bits[BYTES];
/* What the test reads: shares of 2^30. */
volatile int32_t samples[SAMPLES];

/* Five integrators, decimation, five combs (Hogenauer, 1981). */
static int64_t integrators[ORDER], combs[ORDER];

int main(void) {
  SPIM(PSEL_SCK) = SCK;
  SPIM(PSEL_MISO) = MISO;
  SPIM(FREQUENCY) = 0x10000000;   /* 1 Mbit/s */
  SPIM(CONFIG) = 1 << 1;          /* mode 1: sampled on the falling edge, the left channel's */
  SPIM(RXD_PTR) = (uint32_t)bits;
  SPIM(RXD_MAXCNT) = BYTES;
  SPIM(ENABLE) = 7;
  SPIM(START) = 1;
  while (!SPIM(END)) {}
  for (int n = 0; n < BYTES * 8; n++) {
    integrators[0] += bits[n / 8] & (0x80 >> n % 8) ? 1 : -1;
    for (int k = 1; k < ORDER; k++) integrators[k] += integrators[k - 1];
    if (n % DECIMATION != DECIMATION - 1) continue;
    int64_t value = integrators[ORDER - 1];
    for (int k = 0; k < ORDER; k++) {
      int64_t before = combs[k];
      combs[k] = value;
      value -= before;
    }
    int sample = n / DECIMATION - SETTLING;
    if (sample >= 0) samples[sample] = (int32_t)value;   /* full scale: 64^5 = 2^30 */
  }
  return 0;
}
