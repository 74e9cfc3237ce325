/*
 * An accelerometer logger for the Arduino Uno: an MPU-6050 on SDA and SCL (A4 and A5), and ten lines a second on the serial port,
 * 115200 baud, each with milliseconds since the start and the acceleration of three axes in thousandths of g. Between samples the
 * core sleeps.
 * Sources: ATmega328P data sheet DS40002061B, chapters 15 (timer 1 in CTC mode), 19 (USART), 21 (TWI); MPU-6050 register map,
 * RM-MPU-6000A-00, registers 28, 59 to 64, 107, 117.
 */
#include <avr/interrupt.h>
#include <avr/io.h>
#include <avr/sleep.h>
#include <stdint.h>
#include <util/twi.h>

enum { MPU6050 = 0x68, ACCEL_CONFIG = 28, ACCEL_XOUT_H = 59, PWR_MGMT_1 = 107, WHO_AM_I = 117 };
enum { AXES = 3, MILLISECONDS = 100, COUNTS_PER_G = 16384 };

/* -- The serial port. */

static void send(char character) {
  while (!(UCSR0A & _BV(UDRE0))) {}
  UDR0 = (uint8_t)character;
}

static void sendText(const char *text) {
  while (*text) send(*text++);
}

static void sendNumber(int32_t number) {
  char digits[11];
  uint8_t count = 0;
  if (number < 0) {
    send('-');
    number = -number;
  }
  do digits[count++] = (char)('0' + number % 10); while ((number /= 10) != 0);
  while (count > 0) send(digits[--count]);
}

/* -- The two-wire bus, by polling. Every step tells whether it went as it should. */

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

static uint8_t select(uint8_t at) {
  const uint8_t started = step(_BV(TWSTA));
  return (started == TW_START || started == TW_REP_START) && put(MPU6050 << 1 | TW_WRITE) == TW_MT_SLA_ACK && put(at) == TW_MT_DATA_ACK;
}

static uint8_t writeRegister(uint8_t at, uint8_t value) {
  const uint8_t went = select(at) && put(value) == TW_MT_DATA_ACK;
  stop();
  return went;
}

static uint8_t readRegisters(uint8_t at, uint8_t *to, uint8_t count) {
  uint8_t went = select(at) && step(_BV(TWSTA)) == TW_REP_START && put(MPU6050 << 1 | TW_READ) == TW_MR_SLA_ACK;
  for (; went && count > 0; count--) {
    const uint8_t isLast = count == 1;
    went = step(isLast ? 0 : _BV(TWEA)) == (isLast ? TW_MR_DATA_NACK : TW_MR_DATA_ACK);
    *to++ = TWDR;
  }
  stop();
  return went;
}

/* -- */

ISR(TIMER1_COMPA_vect) {}

static void start(void) {
  UBRR0 = 16; /* 115200 baud, 2.1 % too fast */
  UCSR0A = _BV(U2X0);
  UCSR0B = _BV(TXEN0);
  PORTC = _BV(PC4) | _BV(PC5); /* weak pull-ups, where no module has stronger ones */
  TWBR = 12; /* 400 kHz: 16 MHz / (16 + 2 x 12) */
  OCR1A = (uint16_t)(F_CPU / 64 / 1000 * MILLISECONDS) - 1;
  TCCR1B = _BV(WGM12) | _BV(CS11) | _BV(CS10);
  TIMSK1 = _BV(OCIE1A);
  set_sleep_mode(SLEEP_MODE_IDLE);
  sei();
}

int main(void) {
  start();
  uint8_t who = 0;
  if (!readRegisters(WHO_AM_I, &who, 1) || who != MPU6050 || !writeRegister(PWR_MGMT_1, 0) || !writeRegister(ACCEL_CONFIG, 0)) {
    sendText("no MPU-6050 at 0x68\r\n");
    for (;;) sleep_mode();
  }
  for (uint32_t milliseconds = MILLISECONDS;; milliseconds += MILLISECONDS) {
    sleep_mode();
    uint8_t bytes[2 * AXES];
    if (!readRegisters(ACCEL_XOUT_H, bytes, sizeof bytes)) continue;
    sendNumber((int32_t)milliseconds);
    for (uint8_t axis = 0; axis < AXES; axis++) {
      const int16_t counts = (int16_t)((uint16_t)bytes[2 * axis] << 8 | bytes[2 * axis + 1]);
      send(' ');
      sendNumber((int32_t)counts * 1000 / COUNTS_PER_G);
    }
    sendText("\r\n");
  }
}
