/*
 * Tells how loud it is: the Nano 33 BLE Sense's microphone through the PDM peripheral, one line every 100 ms on Serial1.
 * Registers: nRF52840 Product Specification v1.1, chapters CLOCK, PDM, UARTE, GPIO. Board: Arduino ABX00031 schematic.
 */
#include <stdint.h>

struct clock { volatile uint32_t TASKS_HFCLKSTART; uint32_t pad[63]; volatile uint32_t EVENTS_HFCLKSTARTED; };
struct pdm {
  volatile uint32_t TASKS_START, TASKS_STOP; uint32_t pad0[62];
  volatile uint32_t EVENTS_STARTED, EVENTS_STOPPED, EVENTS_END; uint32_t pad1[125];
  volatile uint32_t INTEN, INTENSET, INTENCLR; uint32_t pad2[125];
  volatile uint32_t ENABLE, PDMCLKCTRL, MODE; uint32_t pad3[3];
  volatile uint32_t GAINL, GAINR, RATIO; uint32_t pad4[7];
  volatile uint32_t PSEL_CLK, PSEL_DIN; uint32_t pad5[6];
  volatile uint32_t SAMPLE_PTR, SAMPLE_MAXCNT;
};
struct uarte {
  uint32_t pad0[2]; volatile uint32_t TASKS_STARTTX, TASKS_STOPTX; uint32_t pad1[68];
  volatile uint32_t EVENTS_ENDTX; uint32_t pad2[247];
  volatile uint32_t ENABLE, pad3, PSEL_RTS, PSEL_TXD, PSEL_CTS, PSEL_RXD; uint32_t pad4[3];
  volatile uint32_t BAUDRATE; uint32_t pad5[3];
  volatile uint32_t RXD_PTR, RXD_MAXCNT, RXD_AMOUNT, pad6, TXD_PTR, TXD_MAXCNT;
};
#define CLOCK  ((struct clock *)0x40000000)
#define UARTE0 ((struct uarte *)0x40002000)
#define PDM    ((struct pdm *)0x4001D000)
#define P0_OUTSET (*(volatile uint32_t *)0x50000508)
#define P0_DIRSET (*(volatile uint32_t *)0x50000518)
#define P1_OUTSET (*(volatile uint32_t *)0x50000808)
#define P1_DIRSET (*(volatile uint32_t *)0x50000818)
#define NVIC_ISER0 (*(volatile uint32_t *)0xE000E100)

enum { PDM_PWR = 17, PDM_DIN = 25, PDM_CLK = 26, TX = 3, PDM_IRQ = 29 };
enum { SAMPLES = 1600 };   /* 100 ms at 16 kHz */

extern char stack_top[], data_load[], data_start[], data_end[], bss_start[], bss_end[];

/* One buffer is heard while the other fills: the pointer is latched at STARTED. */
static int16_t buffers[2][SAMPLES];
static volatile uint32_t filled;

/* One buffer's END comes with the next one's STARTED. */
void pdm_interrupt(void) {
  if (PDM->EVENTS_END) {
    PDM->EVENTS_END = 0;
    filled++;
  }
  if (PDM->EVENTS_STARTED) {
    PDM->EVENTS_STARTED = 0;
    PDM->SAMPLE_PTR = (uint32_t)buffers[(filled + 1) & 1];
  }
}

static void print(const char *text) {
  static char line[64];
  uint32_t length = 0;
  while (text[length] && length < sizeof line) { line[length] = text[length]; length++; }
  UARTE0->TXD_PTR = (uint32_t)line;
  UARTE0->TXD_MAXCNT = length;
  UARTE0->EVENTS_ENDTX = 0;
  UARTE0->TASKS_STARTTX = 1;
  while (!UARTE0->EVENTS_ENDTX) {}
}

static uint32_t root(uint32_t square) {
  uint32_t result = 0;
  for (uint32_t bit = 1u << 15; bit; bit >>= 1) if ((result + bit) * (result + bit) <= square) result += bit;
  return result;
}

/* Root of the mean square about the mean: a microphone's offset is no sound. */
static uint32_t level(const int16_t *samples) {
  int32_t sum = 0;
  uint64_t squares = 0;
  for (int i = 0; i < SAMPLES; i++) {
    sum += samples[i];
    squares += (uint64_t)((int32_t)samples[i] * samples[i]);
  }
  int32_t mean = sum / SAMPLES;
  return root((uint32_t)(squares / SAMPLES) - (uint32_t)(mean * mean));
}

static void report(uint32_t value) {
  char text[24] = "level ";
  char digits[8];
  int count = 0;
  do digits[count++] = (char)('0' + value % 10); while ((value /= 10));
  int at = 6;
  while (count) text[at++] = digits[--count];
  text[at++] = '\n';
  text[at] = 0;
  print(text);
}

static void start(void) {
  P0_OUTSET = 1u << PDM_PWR;
  P0_DIRSET = 1u << PDM_PWR | 1u << PDM_CLK;
  P1_OUTSET = 1u << TX;
  P1_DIRSET = 1u << TX;
  CLOCK->TASKS_HFCLKSTART = 1;
  while (!CLOCK->EVENTS_HFCLKSTARTED) {}
  UARTE0->PSEL_TXD = 32 | TX;
  UARTE0->BAUDRATE = 0x01D60000;   /* 115200 */
  UARTE0->ENABLE = 8;
  PDM->PSEL_CLK = PDM_CLK;
  PDM->PSEL_DIN = PDM_DIN;
  PDM->MODE = 1;                   /* mono: the left channel */
  PDM->PDMCLKCTRL = 0x08400000;    /* 1.032 MHz, 16.125 kHz at a ratio of 64 */
  PDM->GAINL = 0x28;               /* 0 dB */
  PDM->SAMPLE_PTR = (uint32_t)buffers[0];
  PDM->SAMPLE_MAXCNT = SAMPLES;
  PDM->INTENSET = 1u << 0 | 1u << 2;
  PDM->ENABLE = 1;
  NVIC_ISER0 = 1u << PDM_IRQ;
  PDM->TASKS_START = 1;
}

_Noreturn void reset(void) {
  for (char *to = data_start, *from = data_load; to < data_end;) *to++ = *from++;
  for (char *to = bss_start; to < bss_end;) *to++ = 0;
  start();
  for (uint32_t heard = 0;; heard++) {
    while (filled == heard) __asm volatile("wfi");
    report(level(buffers[heard & 1]));
  }
}

static void stop(void) { for (;;) __asm volatile("bkpt 0"); }

__attribute__((section(".vectors"), used))
static void *const vectors[16 + 48] = {
  stack_top, (void *)reset, (void *)stop, (void *)stop, (void *)stop, (void *)stop, (void *)stop,
  [16 + PDM_IRQ] = (void *)pdm_interrupt,
};
