/*
 * OV7675 on the Tiny Machine Learning Shield.
 * Sources: OV7670 datasheet 1.4, table 5 (registers) and figures 5 to 9 (timing); SCCB specification 2.2; nRF52840 Product Specification
 * v1.1, GPIO, I2S (master clock), TIMER, TWIM; the shield's wiring as Arduino_OV767X reads it. Register values: 160 x 120 as drivers set it,
 * unconfirmed on silicon.
 *
 * The core sleeps between rows and while it waits for VSYNC, so time is TIMER0's: CYCCNT stands still meanwhile.
 *
 * Timing: XCLK 16 MHz (I2S master clock), internal clock 8 MHz, a byte takes 0.5 us (32 cycles), a row 160 us of every 784 us.
 */
#include "camera.h"
#include "nano33ble.h"
#include "nrf52840.h"

enum {
  PIN_SCL = P0_PIN(2), PIN_SDA = P0_PIN(31), PIN_XCLK = P0_PIN(27), PIN_RESET = P0_PIN(30), PIN_POWER_DOWN = P0_PIN(29),
  PIN_VSYNC = P0_PIN(10), PIN_HREF = P0_PIN(5), PIN_PCLK = P0_PIN(4)
};
#define VSYNC BIT_OF(PIN_VSYNC)
#define HREF  BIT_OF(PIN_HREF)
#define PCLK  BIT_OF(PIN_PCLK)

enum { SCCB_ADDRESS = 0x21, PID = 0x0A, PID_OV767X = 0x76, COM7 = 0x12, COM7_RESET = 0x80 };
enum { TWIM_ENABLED = 6, TWIM_100K = 0x01980000, LASTTX_STOP = 1 << 9, LASTRX_STOP = 1 << 12, OPEN_DRAIN = 0x60C };   /* S0D1, pull-up, input */
enum { MCK_32M_BY_2 = (int)0x80000000 };
enum { TIMER_32_BITS = 3, TIMER_1_MHZ = 4, INT_COMPARE1 = 1 << 17 };

/* Microseconds. A row comes every 784; VSYNC lasts 588, and 3300 later the first row begins. */
enum {
  MILLISECOND = 1000, FRAME_LIMIT = 400 * MILLISECOND, ROW_LIMIT = 20 * MILLISECOND,
  ROW_PERIOD = 784, AWAKE_BEFORE_ROW = 50, LOOK_FOR_VSYNC_EVERY = 100
};

/* Register, value. */
static const uint8_t settings[][2] = {
  { 0x11, 0x01 },   /* CLKRC: XCLK / 2 */
  { 0x0C, 0x04 },   /* COM3: scaling by hand */
  { COM7, 0x04 },   /* RGB */
  { 0x15, 0x20 },   /* COM10: PCLK rests between rows */
  { 0x3E, 0x1A },   /* COM14: PCLK / 4 */
  { 0x40, 0xD0 },   /* COM15: RGB565, 0 to 255 */
  { 0x72, 0x22 },   /* SCALING_DCWCTR: a quarter each way */
  { 0x73, 0xF2 },   /* SCALING_PCLK_DIV: / 4 */
  { 0xA2, 0x02 },   /* SCALING_PCLK_DELAY */
};

/* Buffers of EasyDMA lie in RAM. */
static uint8_t message[2];
static uint16_t port[CAMERA_ROW_BYTES];
static uint8_t bytes[CAMERA_ROW_BYTES];

static void start_timer(void) {
  TIMER0->BITMODE = TIMER_32_BITS;
  TIMER0->PRESCALER = TIMER_1_MHZ;
  TIMER0->INTENSET = INT_COMPARE1;
  TIMER0->TASKS_START = 1;
  irq_enable(TIMER0_IRQ);
}

uint32_t camera_microseconds(void) {
  TIMER0->TASKS_CAPTURE[0] = 1;
  return TIMER0->CC[0];
}

void timer0_interrupt(void) {
  TIMER0->EVENTS_COMPARE[1] = 0;
  (void)TIMER0->EVENTS_COMPARE[1];                                /* the write has arrived before the interrupt returns */
}

/* With interrupts masked a look and the sleep after it are one: what is pending ends WFI at once. */
static void sleep_until(uint32_t microseconds) {
  enum { TOO_SHORT = 5 };
  if ((int32_t)(microseconds - camera_microseconds()) < TOO_SHORT) return;
  TIMER0->EVENTS_COMPARE[1] = 0;
  TIMER0->CC[1] = microseconds;
  __asm volatile("cpsid i" ::: "memory");
  while (!TIMER0->EVENTS_COMPARE[1]) __asm volatile("wfi");
  __asm volatile("cpsie i" ::: "memory");
}

static bool transfer(volatile uint32_t *start_task) {
  TWIM1->EVENTS_STOPPED = TWIM1->EVENTS_ERROR = 0;
  *start_task = 1;
  const uint32_t from = camera_microseconds();
  while (!TWIM1->EVENTS_STOPPED) {
    if (TWIM1->EVENTS_ERROR) {
      TWIM1->EVENTS_ERROR = 0;
      TWIM1->TASKS_STOP = 1;
    }
    if (camera_microseconds() - from > ROW_LIMIT) return false;
  }
  const uint32_t errors = TWIM1->ERRORSRC;
  TWIM1->ERRORSRC = errors;
  return errors == 0;
}

static bool write_bytes(uint32_t count) {
  TWIM1->SHORTS = LASTTX_STOP;
  TWIM1->TXD_PTR = (uint32_t)message;
  TWIM1->TXD_MAXCNT = count;
  return transfer(&TWIM1->TASKS_STARTTX);
}

static bool write_register(uint8_t number, uint8_t value) {
  message[0] = number;
  message[1] = value;
  return write_bytes(2);
}

/* SCCB has no repeated start: the register's number is a message of its own. */
static int32_t read_register(uint8_t number) {
  message[0] = number;
  if (!write_bytes(1)) return -1;
  TWIM1->SHORTS = LASTRX_STOP;
  TWIM1->RXD_PTR = (uint32_t)message;
  TWIM1->RXD_MAXCNT = 1;
  return transfer(&TWIM1->TASKS_STARTRX) ? message[0] : -1;
}

static void start_clock(void) {
  I2S->CONFIG_MCKFREQ = (uint32_t)MCK_32M_BY_2;
  I2S->CONFIG_MCKEN = 1;
  I2S->PSEL_MCK = PIN_XCLK;
  I2S->ENABLE = 1;
  I2S->TASKS_START = 1;
}

static void start_pins(void) {
  static const uint8_t inputs[] = {
    P1_PIN(2), P1_PIN(3), P1_PIN(10), P1_PIN(11), P1_PIN(12), P1_PIN(13), P1_PIN(14), P1_PIN(15), PIN_VSYNC, PIN_HREF, PIN_PCLK
  };
  for (uint32_t i = 0; i < sizeof inputs; i++) PORT_OF(inputs[i])->PIN_CNF[inputs[i] & 31] = 0;
  P0->OUTSET = BIT_OF(PIN_RESET);
  P0->OUTCLR = BIT_OF(PIN_POWER_DOWN);
  P0->DIRSET = BIT_OF(PIN_RESET) | BIT_OF(PIN_POWER_DOWN) | BIT_OF(PIN_XCLK);
  P0->PIN_CNF[PIN_SCL] = P0->PIN_CNF[PIN_SDA] = OPEN_DRAIN;
}

bool camera_start(void) {
  start_timer();
  start_pins();
  start_clock();
  TWIM1->PSEL_SCL = PIN_SCL;
  TWIM1->PSEL_SDA = PIN_SDA;
  TWIM1->FREQUENCY = TWIM_100K;
  TWIM1->ADDRESS = SCCB_ADDRESS;
  TWIM1->ENABLE = TWIM_ENABLED;
  wait_microseconds(MILLISECOND);
  if (read_register(PID) != PID_OV767X) return false;
  if (!write_register(COM7, COM7_RESET)) return false;
  wait_microseconds(MILLISECOND);
  for (uint32_t i = 0; i < sizeof settings / sizeof settings[0]; i++) if (!write_register(settings[i][0], settings[i][1])) return false;
  return true;
}

/* d0 P1.02, d1 P1.03, d2 to d7 P1.10 to P1.15. */
static uint8_t in_order(uint32_t pins) { return (uint8_t)((pins >> 2 & 3) | (pins >> 8 & 0xFC)); }

static bool is_high(uint32_t pin) { return (P0->IN & pin) != 0; }

static bool wait_for_href(bool level) {
  const uint32_t from = camera_microseconds();
  while (is_high(HREF) != level) if (camera_microseconds() - from > ROW_LIMIT) return false;
  return true;
}

static bool wait_for_vsync(bool level) {
  const uint32_t from = camera_microseconds();
  for (uint32_t now = from; is_high(VSYNC) != level; now = camera_microseconds()) {
    if (now - from > FRAME_LIMIT) return false;
    sleep_until(now + LOOK_FOR_VSYNC_EVERY);
  }
  return true;
}

/* A byte is valid at PCLK's rise. False: the row ended before its last byte. */
static bool read_row(void) {
  for (uint32_t i = 0; i < CAMERA_ROW_BYTES; i++) {
    uint32_t pins;
    while (!((pins = P0->IN) & PCLK)) if (!(pins & HREF)) return false;
    port[i] = (uint16_t)P1->IN;
    while ((pins = P0->IN) & PCLK) if (!(pins & HREF)) break;
  }
  return true;
}

bool camera_take(void (*row)(void *user, const uint8_t *pixels), void *user) {
  /* A VSYNC under way may belong to a picture from before the call. */
  if (!wait_for_vsync(false) || !wait_for_vsync(true) || !wait_for_vsync(false)) return false;
  for (uint32_t y = 0; y < CAMERA_HEIGHT; y++) {
    if (is_high(HREF) || !wait_for_href(true)) return false;
    const uint32_t row_began = camera_microseconds();
    /* No interrupt between two bytes. */
    __asm volatile("cpsid i" ::: "memory");
    const bool is_whole = read_row();
    __asm volatile("cpsie i" ::: "memory");
    if (!is_whole || !wait_for_href(false)) return false;
    for (uint32_t i = 0; i < CAMERA_ROW_BYTES; i++) bytes[i] = in_order(port[i]);
    row(user, bytes);
    if (y < CAMERA_HEIGHT - 1) sleep_until(row_began + ROW_PERIOD - AWAKE_BEFORE_ROW);
  }
  return true;
}
