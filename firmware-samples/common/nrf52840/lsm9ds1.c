/*
 * LSM9DS1, accelerometer only.
 * Source: LSM9DS1 datasheet DocID025715 Rev 3, chapters 3.3 (FIFO), 7 (registers). The steps of INT_GEN_THS_*_XL are from memory:
 * full scale over 256.
 */
#include "lsm9ds1.h"
#include "nano33ble.h"
#include "twim.h"

enum { ADDRESS = 0x6B, IDENTITY = 0x68 };
enum {
  INT_GEN_CFG_XL = 0x06, INT_GEN_THS_X_XL = 0x07, INT_GEN_DUR_XL = 0x0A, WHO_AM_I = 0x0F, CTRL_REG4 = 0x1E, CTRL_REG6_XL = 0x20,
  CTRL_REG7_XL = 0x21, CTRL_REG8 = 0x22, CTRL_REG9 = 0x23, INT_GEN_SRC_XL = 0x26, OUT_X_L_XL = 0x28, FIFO_CTRL = 0x2E, FIFO_SRC = 0x2F
};
enum { BDU_IF_ADD_INC = 0x44, SW_RESET = 0x01, FIFO_EN = 0x02, STREAM = 6 << 5, BYPASS = 0, OVRN = 0x40, FSS = 0x3F };
enum { LIR_XL1 = 0x02, HPIS1 = 0x01, ANY_AXIS_HIGH = 0x2A, IA_XL = 0x40 };
enum { START_MILLISECONDS = 20, FULL_SCALE_MG = 2000, MICRO_G = 61, MOST_AT_ONCE = 32 };

static bool has_lost;

static bool set(uint8_t at, uint8_t value) { return twim_write_register(ADDRESS, at, value); }

bool lsm9ds1_set_rate(enum lsm9ds1_rate rate) {
  return set(FIFO_CTRL, BYPASS) && set(CTRL_REG6_XL, (uint8_t)(rate << 5)) && set(CTRL_REG9, FIFO_EN) && set(FIFO_CTRL, STREAM);
}

/* A reset of the processor alone leaves the part as it was: it gets one, too. */
bool lsm9ds1_start(enum lsm9ds1_rate rate) {
  wait_microseconds(START_MILLISECONDS * 1000);
  uint8_t who = 0;
  if (!twim_read_registers(ADDRESS, WHO_AM_I, &who, 1) || who != IDENTITY) return false;
  if (!set(CTRL_REG8, SW_RESET)) return false;
  wait_microseconds(1000);
  return set(CTRL_REG8, BDU_IF_ADD_INC) && lsm9ds1_set_rate(rate);
}

/* One burst: behind the last output the part's address goes back to the first, and to the next sample. */
int32_t lsm9ds1_read(int16_t mg[LSM9DS1_DEPTH][LSM9DS1_AXES]) {
  static uint8_t bytes[MOST_AT_ONCE * 2 * LSM9DS1_AXES];
  uint8_t source = 0;
  if (!twim_read_registers(ADDRESS, FIFO_SRC, &source, 1)) return -1;
  has_lost = (source & OVRN) != 0;
  uint32_t count = source & FSS;
  if (count > LSM9DS1_DEPTH) count = LSM9DS1_DEPTH;
  if (count == 0) return 0;
  if (!twim_read_registers(ADDRESS, OUT_X_L_XL, bytes, count * 2 * LSM9DS1_AXES)) return -1;
  for (uint32_t i = 0; i < count * LSM9DS1_AXES; i++) {
    const int16_t digits = (int16_t)(bytes[2 * i] | bytes[2 * i + 1] << 8);
    mg[i / LSM9DS1_AXES][i % LSM9DS1_AXES] = (int16_t)((int32_t)digits * MICRO_G / 1000);
  }
  return (int32_t)count;
}

bool lsm9ds1_has_lost(void) { return has_lost; }

bool lsm9ds1_watch(uint32_t threshold_mg) {
  const uint32_t steps = threshold_mg * 256 / FULL_SCALE_MG;
  const uint8_t threshold = (uint8_t)(steps > 255 ? 255 : steps);
  bool went = set(CTRL_REG4, LIR_XL1) && set(CTRL_REG7_XL, HPIS1) && set(INT_GEN_DUR_XL, 0);
  for (uint8_t axis = 0; axis < LSM9DS1_AXES; axis++) went = went && set((uint8_t)(INT_GEN_THS_X_XL + axis), threshold);
  return went && set(INT_GEN_CFG_XL, ANY_AXIS_HIGH);
}

bool lsm9ds1_has_moved(void) {
  uint8_t source = 0;
  return twim_read_registers(ADDRESS, INT_GEN_SRC_XL, &source, 1) && (source & IA_XL) != 0;
}
