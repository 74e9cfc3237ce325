/*
 * nRF52840 on its development kit. Source: nRF52840 Product Specification v1.1, chapters of the blocks named below. Nothing has a
 * handler: what would interrupt becomes pending, and with SEVONPEND that ends WFE.
 */
#include "bridge.h"
#include "nrf.h"

#define UART0(offset)  REGISTER(0x40002000u + (offset))
#define TWIM0(offset)  REGISTER(0x40003000u + (offset))
#define SPIM1(offset)  REGISTER(0x40004000u + (offset))
#define GPIOTE(offset) REGISTER(0x40006000u + (offset))
#define SAADC(offset)  REGISTER(0x40007000u + (offset))
#define TIMER0(offset) REGISTER(0x40008000u + (offset))
#define PPI(offset)    REGISTER(0x4001f000u + (offset))
#define P0(offset)     REGISTER(0x50000000u + (offset))
#define P1(offset)     REGISTER(0x50000300u + (offset))
#define SCB_SCR        REGISTER(0xe000ed10u)
#define NVIC_ICPR(n)   REGISTER(0xe000e280u + 4 * (n))

enum { TX = 6, RX = 8, SDA = 26, SCL = 27 };                     /* port 0 */
enum { D8 = 10, D10 = 12, D11 = 13, D12 = 14, D13 = 15, PORT1 = 32 }; /* port 1 */
enum { PULL_UP = 3 << 2, INPUT_OFF = 1 << 1, OUTPUT = 1, S0D1 = 6 << 8 };

enum { UART0_IRQ = 1 << 2, TWIM0_IRQ = 1 << 3, SPIM1_IRQ = 1 << 4, GPIOTE_IRQ = 1 << 6, SAADC_IRQ = 1 << 7, TIMER0_IRQ = 1 << 8 };

/*
 * Forgets what is pending of these, while their events are clear: the next one makes them pending anew, which is what wakes. An
 * event between the question and WFE is kept by the event register.
 */
static void forget(uint32_t irqs) { NVIC_ICPR(0) = irqs; }
static void sleep(void) { __asm volatile("wfe" ::: "memory"); }

/* Sleeps until an event's register is set, and clears it. */
static void wait_for(volatile uint32_t *event, uint32_t irq) {
  while (*event == 0) {
    forget(irq);
    if (*event == 0) sleep();
  }
  *event = 0;
}

/* -- UART0. */

uint8_t serial_receive(void) {
  wait_for(&UART0(0x108), UART0_IRQ);
  return UART0(0x518);
}

void serial_send(uint8_t byte) {
  UART0(0x51c) = byte;
  wait_for(&UART0(0x11c), UART0_IRQ);
}

/* -- TIMER0 at 1 MHz: CC[0] captures the present, CC[1] for the edge through PPI, CC[2] to wait for. */

uint32_t now(void) {
  TIMER0(0x040) = 1;
  return TIMER0(0x540);
}

void wait_until(uint32_t microseconds, bool or_edge) {
  TIMER0(0x148) = 0;
  TIMER0(0x548) = microseconds;
  while ((int32_t)(microseconds - now()) > 0 && !(or_edge && GPIOTE(0x100))) {
    forget(TIMER0_IRQ | (or_edge ? GPIOTE_IRQ : 0));
    /* Within 4 us the match may be over before sleep begins. */
    if ((int32_t)(microseconds - now()) > 4 && !(or_edge && GPIOTE(0x100))) sleep();
  }
}

void edge_arm(bool rising, bool pull_up) {
  GPIOTE(0x510) = 0;
  P1(0x700 + 4 * D8) = pull_up ? PULL_UP : 0;
  GPIOTE(0x510) = 1 | (PORT1 + D8) << 8 | (rising ? 1u : 2u) << 16;
  GPIOTE(0x100) = 0;
}

bool edge_take(uint32_t *microseconds) {
  if (GPIOTE(0x100) == 0) return false;
  GPIOTE(0x100) = 0;
  *microseconds = TIMER0(0x544);
  return true;
}

/* -- TWIM0: EasyDMA reads what is sent, so it must lie in RAM. */

static uint8_t out[256], in[256];

bool i2c_transfer(uint8_t address, const uint8_t *sent, uint8_t send_count, uint8_t *received, uint8_t receive_count) {
  for (uint32_t n = 0; n < send_count; n++) out[n] = sent[n];
  TWIM0(0x588) = address;
  TWIM0(0x544) = (uint32_t)out;
  TWIM0(0x548) = send_count;
  TWIM0(0x534) = (uint32_t)in;
  TWIM0(0x538) = receive_count;
  TWIM0(0x200) = receive_count > 0 ? (1 << 7 | 1 << 12) : 1 << 9; /* LASTTX to STARTRX and LASTRX to STOP, or LASTTX to STOP */
  TWIM0(0x124) = 0;
  TWIM0(0x008) = 1;
  while (TWIM0(0x104) == 0) {
    if (TWIM0(0x124) != 0) {
      TWIM0(0x124) = 0;
      TWIM0(0x014) = 1;
    }
    forget(TWIM0_IRQ);
    if (TWIM0(0x104) == 0 && TWIM0(0x124) == 0) sleep();
  }
  TWIM0(0x104) = 0;
  const uint32_t errors = TWIM0(0x4c4);
  TWIM0(0x4c4) = errors;
  for (uint32_t n = 0; n < receive_count; n++) received[n] = in[n];
  return errors == 0;
}

/* -- SPIM1. */

void spi_transfer(uint8_t *bytes, uint8_t count) {
  for (uint32_t n = 0; n < count; n++) out[n] = bytes[n];
  SPIM1(0x544) = (uint32_t)out;
  SPIM1(0x548) = count;
  SPIM1(0x534) = (uint32_t)in;
  SPIM1(0x538) = count;
  P1(0x50c) = 1u << D10;
  SPIM1(0x010) = 1;
  wait_for(&SPIM1(0x118), SPIM1_IRQ);
  P1(0x508) = 1u << D10;
  for (uint32_t n = 0; n < count; n++) bytes[n] = in[n];
}

/* -- SAADC: 12 bits, gain 1/6 on the internal 0.6 V: 3.6 V full scale. */

static const uint8_t ANALOG_INPUT[] = { 2, 3, 5 }; /* A0 to A2: AIN1, AIN2, AIN4; 0 is none */
static volatile int16_t converted;

uint16_t adc_read(uint8_t channel) {
  SAADC(0x510) = ANALOG_INPUT[channel];
  SAADC(0x62c) = (uint32_t)&converted;
  SAADC(0x630) = 1;
  SAADC(0x000) = 1;
  wait_for(&SAADC(0x100), SAADC_IRQ);
  SAADC(0x004) = 1;
  wait_for(&SAADC(0x104), SAADC_IRQ);
  SAADC(0x008) = 1;
  wait_for(&SAADC(0x114), SAADC_IRQ);
  return converted;
}

void chip_begin(void) {
  SCB_SCR = 1 << 4; /* SEVONPEND */
  CLOCK_TASKS_HFCLKSTART = 1;
  while (CLOCK_EVENTS_HFCLKSTARTED == 0) {}

  P0(0x508) = 1u << TX;
  P0(0x700 + 4 * TX) = OUTPUT | INPUT_OFF;
  P0(0x700 + 4 * RX) = 0;
  UART0(0x50c) = TX;
  UART0(0x514) = RX;
  UART0(0x524) = 0x08000000; /* 500000 baud */
  UART0(0x304) = 1 << 2 | 1 << 7;
  UART0(0x500) = 4;
  UART0(0x000) = UART0(0x008) = 1;

  TIMER0(0x508) = 3; /* 32 bits */
  TIMER0(0x510) = 4; /* 16 MHz / 2^4 */
  TIMER0(0x304) = 1 << 18;
  TIMER0(0x000) = 1;
  GPIOTE(0x304) = 1;
  PPI(0x510) = (uint32_t)&GPIOTE(0x100);
  PPI(0x514) = (uint32_t)&TIMER0(0x044);
  PPI(0x504) = 1;

  P0(0x700 + 4 * SDA) = P0(0x700 + 4 * SCL) = PULL_UP | S0D1;
  TWIM0(0x508) = SCL;
  TWIM0(0x50c) = SDA;
  TWIM0(0x524) = 0x06400000; /* 400 kbit/s */
  TWIM0(0x304) = 1 << 1 | 1 << 9; /* STOPPED, ERROR */
  TWIM0(0x500) = 6;

  P1(0x508) = 1u << D10 | 1u << D13;
  P1(0x700 + 4 * D10) = P1(0x700 + 4 * D11) = P1(0x700 + 4 * D13) = OUTPUT | INPUT_OFF;
  P1(0x700 + 4 * D12) = 0;
  SPIM1(0x508) = PORT1 + D13;
  SPIM1(0x50c) = PORT1 + D11;
  SPIM1(0x510) = PORT1 + D12;
  SPIM1(0x524) = 0x10000000; /* 1 Mbit/s */
  SPIM1(0x554) = 6;          /* mode 3 */
  SPIM1(0x304) = 1 << 6;
  SPIM1(0x500) = 7;

  SAADC(0x5f0) = 2;
  SAADC(0x518) = 0;
  SAADC(0x304) = 1 << 0 | 1 << 1 | 1 << 4;
  SAADC(0x500) = 1;
}
