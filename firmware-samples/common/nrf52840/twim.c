/*
 * TWIM0 with EasyDMA; shortcuts do all but the first step, the interrupt ends the sleep.
 * Source: nRF52840 Product Specification v1.1, TWIM.
 */
#include "twim.h"
#include "nano33ble.h"
#include "nrf52840.h"

enum { ENABLED = 6, K400 = 0x06400000, INT_STOPPED = 1 << 1, INT_ERROR = 1 << 9 };
enum { LASTTX_STARTRX = 1 << 7, LASTTX_STOP = 1 << 9, LASTRX_STOP = 1 << 12 };
enum { STANDARD0_DISCONNECT1 = 6 << 8 };    /* PIN_CNF.DRIVE: open drain */

static uint8_t outgoing[2];
static volatile bool has_stopped, has_failed;

void twim0_interrupt(void) {
  if (TWIM0->EVENTS_ERROR) {
    TWIM0->EVENTS_ERROR = 0;
    TWIM0->ERRORSRC = TWIM0->ERRORSRC;
    has_failed = true;
    TWIM0->TASKS_STOP = 1;
  }
  if (TWIM0->EVENTS_STOPPED) {
    TWIM0->EVENTS_STOPPED = 0;
    has_stopped = true;
  }
  (void)TWIM0->EVENTS_STOPPED;             /* the writes have arrived before the interrupt returns */
}

void twim_start(void) {
  static const uint32_t pins[] = { PIN_SDA1, PIN_SCL1 };
  const uint32_t powers[] = { PIN_SENSORS_ENABLE, PIN_I2C_PULL };
  for (int i = 0; i < 2; i++) {
    PORT_OF(powers[i])->OUTSET = BIT_OF(powers[i]);
    PORT_OF(powers[i])->DIRSET = BIT_OF(powers[i]);
    PORT_OF(pins[i])->PIN_CNF[pins[i] & 31] = STANDARD0_DISCONNECT1;
  }
  TWIM0->PSEL_SCL = PIN_SCL1;
  TWIM0->PSEL_SDA = PIN_SDA1;
  TWIM0->FREQUENCY = K400;
  TWIM0->INTENSET = INT_STOPPED | INT_ERROR;
  TWIM0->ENABLE = ENABLED;
  irq_enable(TWIM0_IRQ);
}

/* With the interrupt masked a look and the sleep after it are one. */
static bool transfer(uint8_t address, uint32_t sent, void *to, uint32_t received) {
  has_stopped = has_failed = false;
  TWIM0->ADDRESS = address;
  TWIM0->TXD_PTR = (uint32_t)outgoing;
  TWIM0->TXD_MAXCNT = sent;
  TWIM0->RXD_PTR = (uint32_t)to;
  TWIM0->RXD_MAXCNT = received;
  TWIM0->SHORTS = received ? LASTTX_STARTRX | LASTRX_STOP : LASTTX_STOP;
  TWIM0->TASKS_STARTTX = 1;
  for (;;) {
    __asm volatile("cpsid i" ::: "memory");
    const bool is_over = has_stopped;
    if (!is_over) __asm volatile("wfi");
    __asm volatile("cpsie i\n isb" ::: "memory");
    if (is_over) return !has_failed && (received == 0 || TWIM0->RXD_AMOUNT == received);
  }
}

bool twim_write_register(uint8_t address, uint8_t at, uint8_t value) {
  outgoing[0] = at;
  outgoing[1] = value;
  return transfer(address, 2, outgoing, 0);
}

bool twim_read_registers(uint8_t address, uint8_t at, void *to, uint32_t count) {
  if (count == 0 || count > TWIM_MOST_BYTES) return false;
  outgoing[0] = at;
  return transfer(address, 1, to, count);
}
