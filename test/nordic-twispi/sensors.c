/*
 * Reads a register of an I2C part through TWIM0, asleep until its interrupt, and one of an SPI part through SPIM3.
 * Exit status: 0, or the number of what was wrong.
 */
#include <stdint.h>

#define REGISTER(base, offset) (*(volatile uint32_t *)((base) + (offset)))
#define TWIM0 0x40003000u
#define SPIM3 0x4002f000u
#define P0 0x50000000u
#define PIN_CNF(pin) REGISTER(P0, 0x700 + 4 * (pin))
#define NVIC_ISER0 REGISTER(0xe000e100u, 0)

enum { SCL = 26, SDA = 27, SCK = 13, MOSI = 14, MISO = 15, CSN = 16 };
enum { PART = 0x6b, WHO_AM_I = 0x0f, NOBODY = 0x23 };

static volatile int is_stopped;
static uint8_t sent[4], received[8];

void twim0_irq(void) {
  REGISTER(TWIM0, 0x104) = 0;
  (void)REGISTER(TWIM0, 0x104);
  is_stopped = 1;
}

static void twim_open(void) {
  PIN_CNF(SCL) = PIN_CNF(SDA) = 3 << 2 | 6 << 8;  /* pull-up, S0D1 */
  REGISTER(TWIM0, 0x508) = SCL;
  REGISTER(TWIM0, 0x50c) = SDA;
  REGISTER(TWIM0, 0x524) = 0x06400000;            /* 400 kbit/s */
  REGISTER(TWIM0, 0x500) = 6;
  REGISTER(TWIM0, 0x304) = 1 << 1;                /* STOPPED */
  NVIC_ISER0 = 1 << 3;
}

static void wait_for_stop(void) {
  while (!is_stopped) __asm volatile("wfi" ::: "memory");
  is_stopped = 0;
}

/* Writes the register's number and reads from it, with a repeated start. Returns ERRORSRC. */
static uint32_t twim_read(uint8_t address, uint8_t number, uint32_t count) {
  sent[0] = number;
  REGISTER(TWIM0, 0x4c4) = 7;
  REGISTER(TWIM0, 0x124) = 0;
  REGISTER(TWIM0, 0x588) = address;
  REGISTER(TWIM0, 0x544) = (uint32_t)sent;
  REGISTER(TWIM0, 0x548) = 1;
  REGISTER(TWIM0, 0x534) = (uint32_t)received;
  REGISTER(TWIM0, 0x538) = count;
  REGISTER(TWIM0, 0x200) = 1 << 7 | 1 << 12;      /* LASTTX_STARTRX, LASTRX_STOP */
  REGISTER(TWIM0, 0x008) = 1;
  while (!is_stopped && !REGISTER(TWIM0, 0x124)) {}
  if (REGISTER(TWIM0, 0x124)) REGISTER(TWIM0, 0x014) = 1;
  wait_for_stop();
  return REGISTER(TWIM0, 0x4c4);
}

static void spim_read(uint8_t number) {
  PIN_CNF(SCK) = PIN_CNF(MOSI) = PIN_CNF(CSN) = 3;
  REGISTER(SPIM3, 0x508) = SCK;
  REGISTER(SPIM3, 0x50c) = MOSI;
  REGISTER(SPIM3, 0x510) = MISO;
  REGISTER(SPIM3, 0x514) = CSN;
  REGISTER(SPIM3, 0x524) = 0x14000000;            /* 32 Mbit/s */
  REGISTER(SPIM3, 0x500) = 7;
  sent[0] = 0x80 | number;
  REGISTER(SPIM3, 0x544) = (uint32_t)sent;
  REGISTER(SPIM3, 0x548) = 1;
  REGISTER(SPIM3, 0x534) = (uint32_t)received;
  REGISTER(SPIM3, 0x538) = 3;
  REGISTER(SPIM3, 0x010) = 1;
  while (!REGISTER(SPIM3, 0x118)) {}
}

int main(void) {
  twim_open();
  if (twim_read(PART, WHO_AM_I, 2) != 0) return 1;
  if (received[0] != 0x68 || received[1] != 0x69) return 2;
  if (REGISTER(TWIM0, 0x53c) != 2) return 3;
  if (twim_read(NOBODY, WHO_AM_I, 2) != 2) return 4;
  spim_read(0x75);
  if (received[1] != 0xf5 || received[2] != 0xf6) return 5;
  return 0;
}
