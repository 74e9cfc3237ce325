/*
 * MP34DT05-A on the nRF52840's PDM: 1.28 MHz / 80 is 16 kHz exactly. EasyDMA fills a ring of hops; the next buffer's address is written
 * while one fills, so none waits for the core.
 * Sources: nRF52840 Product Specification v1.1, PDM; Arduino ABX00031 schematic (pins; PIN_PDM_POWER feeds the microphone).
 */
#include "features.h"
#include "microphone.h"
#include "nano33ble.h"

enum { CLOCK_1280K = 0x0A000000, RATIO_80 = 1, MONO_LEFT_FALLING = 1, INT_STARTED = 1u << 0, INT_END = 1u << 2 };
/* Default gain is 3.2 dB (G_PDM,default); in steps of 0.5 dB, six below it is unity to within 0.2 dB. */
enum { GAIN = 0x28 - 6 };

static int16_t hops[MICROPHONE_HOPS][HOP_SAMPLES];
static volatile uint32_t filled;
static uint32_t begun;

/* END of one buffer comes with STARTED of the next, which frees SAMPLE.PTR for the one after. */
void pdm_interrupt(void) {
  if (PDM->EVENTS_END) {
    PDM->EVENTS_END = 0;
    filled = filled + 1;
  }
  if (PDM->EVENTS_STARTED) {
    PDM->EVENTS_STARTED = 0;
    begun++;
    PDM->SAMPLE_PTR = (uint32_t)hops[begun % MICROPHONE_HOPS];
  }
  (void)PDM->EVENTS_STARTED;                                      /* the writes have arrived before the interrupt returns */
}

void microphone_start(void) {
  P0->OUTSET = BIT_OF(PIN_PDM_POWER);
  P0->OUTCLR = BIT_OF(PIN_PDM_CLK);
  P0->DIRSET = BIT_OF(PIN_PDM_POWER) | BIT_OF(PIN_PDM_CLK);
  PDM->PSEL_CLK = PIN_PDM_CLK;
  PDM->PSEL_DIN = PIN_PDM_DIN;
  PDM->PDMCLKCTRL = CLOCK_1280K;
  PDM->RATIO = RATIO_80;
  PDM->MODE = MONO_LEFT_FALLING;
  PDM->GAINL = PDM->GAINR = GAIN;
  PDM->SAMPLE_PTR = (uint32_t)hops[0];
  PDM->SAMPLE_MAXCNT = HOP_SAMPLES;
  PDM->INTENSET = INT_STARTED | INT_END;
  PDM->ENABLE = 1;
  irq_enable(PDM_IRQ);
  PDM->TASKS_START = 1;
}

uint32_t microphone_filled(void) { return filled; }

const int16_t *microphone_hop(uint32_t number) { return hops[number % MICROPHONE_HOPS]; }

/* With interrupts masked the look and the sleep after it are one: a pending interrupt ends WFI at once. */
void microphone_wait(uint32_t count) {
  for (;;) {
    __asm volatile("cpsid i" ::: "memory");
    const int is_there = filled > count;
    if (!is_there) __asm volatile("wfi");
    __asm volatile("cpsie i\n isb" ::: "memory");
    if (is_there) return;
  }
}
