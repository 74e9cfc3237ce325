/*
 * Sources: MPU-6050 register map RM-MPU-6000A-00 (registers 25, 26, 28, 55, 56, 59 to 64, 107, 117); ATmega328P data sheet
 * DS40002061B, chapters 12 (INT0) and 21 (TWI).
 */
#include "mpu6050.h"

#include <avr/interrupt.h>
#include <avr/io.h>
#include <avr/sleep.h>
#include <util/twi.h>

enum {
  ADDRESS = 0x68,
  SMPLRT_DIV = 25, CONFIG = 26, ACCEL_CONFIG = 28, INT_PIN_CFG = 55, INT_ENABLE = 56, ACCEL_XOUT_H = 59, PWR_MGMT_1 = 107, WHO_AM_I = 117,
  DLPF_21_HZ = 4, INT_RD_CLEAR = 0x30, DATA_RDY_EN = 1, PLL_WITH_X_GYRO = 1,
};

static volatile bool ready;

ISR(INT0_vect) { ready = true; }

/* One step of the two-wire bus, by polling: what TWCR is to do besides, and the status it ends with. */
static uint8_t step(uint8_t control) {
  TWCR = _BV(TWINT) | _BV(TWEN) | control;
  while (!(TWCR & _BV(TWINT))) {}
  return TW_STATUS;
}

static uint8_t put(uint8_t byte) {
  TWDR = byte;
  return step(0);
}

static void stop(void) {
  TWCR = _BV(TWINT) | _BV(TWEN) | _BV(TWSTO);
  while (TWCR & _BV(TWSTO)) {}
}

static bool choose(uint8_t at) {
  const uint8_t started = step(_BV(TWSTA));
  return (started == TW_START || started == TW_REP_START) && put(ADDRESS << 1 | TW_WRITE) == TW_MT_SLA_ACK && put(at) == TW_MT_DATA_ACK;
}

static bool write_register(uint8_t at, uint8_t value) {
  const bool went = choose(at) && put(value) == TW_MT_DATA_ACK;
  stop();
  return went;
}

static bool read_registers(uint8_t at, uint8_t *to, uint8_t count) {
  bool went = choose(at) && step(_BV(TWSTA)) == TW_REP_START && put(ADDRESS << 1 | TW_READ) == TW_MR_SLA_ACK;
  for (; went && count > 0; count--) {
    const bool is_last = count == 1;
    went = step(is_last ? 0 : _BV(TWEA)) == (is_last ? TW_MR_DATA_NACK : TW_MR_DATA_ACK);
    *to++ = TWDR;
  }
  stop();
  return went;
}

bool mpu6050_begin(void) {
  PORTC |= _BV(PC4) | _BV(PC5);   /* weak pull-ups, where no module has stronger ones */
  TWBR = 12;                      /* 400 kHz: 16 MHz / (16 + 2 x 12) */
  uint8_t who = 0;
  if (!read_registers(WHO_AM_I, &who, 1) || who != ADDRESS) return false;
  EICRA = _BV(ISC01) | _BV(ISC00);   /* rising edge */
  EIMSK = _BV(INT0);
  return write_register(PWR_MGMT_1, PLL_WITH_X_GYRO) && write_register(CONFIG, DLPF_21_HZ) &&
    write_register(SMPLRT_DIV, 39) &&   /* 1 kHz / 40 */
    write_register(ACCEL_CONFIG, 0) &&  /* 2 g */
    write_register(INT_PIN_CFG, INT_RD_CLEAR) && write_register(INT_ENABLE, DATA_RDY_EN);
}

bool mpu6050_next(int8_t acceleration[3]) {
  for (;;) {
    cli();
    if (ready) break;
    sleep_enable();
    sei();
    sleep_cpu();
    sleep_disable();
  }
  ready = false;
  sei();
  uint8_t bytes[6];
  if (!read_registers(ACCEL_XOUT_H, bytes, sizeof bytes)) return false;
  for (uint8_t axis = 0; axis < 3; axis++) {
    const int16_t counts = (int16_t)((uint16_t)bytes[2 * axis] << 8 | bytes[2 * axis + 1]);   /* 16384 to the g */
    const int16_t rounded = (int16_t)(((int32_t)counts + 128) >> 8);
    acceleration[axis] = rounded > 127 ? 127 : rounded < -127 ? -127 : (int8_t)rounded;
  }
  return true;
}
