/*
 * Takes the upper left corner of a picture from an OV7670 on an Arduino Uno by polling its port, and sends the bytes. XCLK is timer 1's,
 * 8 MHz at OC1A (D9); SDA and SCL are A4 and A5, VSYNC D2, HREF D3, PCLK D8, D0 to D3 A0 to A3, D4 to D7 the pins of these numbers.
 */
#include <avr/io.h>

#define ROWS  24
#define BYTES 64
#define ADDRESS 0x21

#define VSYNC (PIND & _BV(PD2))
#define HREF  (PIND & _BV(PD3))
#define PCLK  (PINB & _BV(PB0))

static uint8_t picture[ROWS * BYTES];

/* QQVGA in RGB565, PCLK stopped outside rows: 8 MHz / 4 for the array, a fourth of that for PCLK, 32 cycles of the CPU for a byte. */
static const uint8_t settings[][2] = { { 0x11, 3 }, { 0x0c, 4 }, { 0x12, 4 }, { 0x15, 0x20 }, { 0x3e, 0x1a }, { 0x40, 0xd0 }, { 0x72, 0x22 } };

static void twi(uint8_t command) {
  TWCR = command | _BV(TWINT) | _BV(TWEN);
  while (!(TWCR & _BV(TWINT))) {}
}

static void put(uint8_t byte) {
  TWDR = byte;
  twi(0);
}

static void write_register(uint8_t number, uint8_t value) {
  twi(_BV(TWSTA));
  put(ADDRESS << 1);
  put(number);
  put(value);
  TWCR = _BV(TWINT) | _BV(TWEN) | _BV(TWSTO);
  while (TWCR & _BV(TWSTO)) {}
}

static void take_row(uint8_t *to) {
  static uint8_t low[BYTES], high[BYTES];
  while (!HREF) {}
  for (uint8_t i = 0; i < BYTES; i++) {
    while (PCLK) {}
    while (!PCLK) {}
    low[i] = PINC;
    high[i] = PIND;
  }
  while (HREF) {}
  for (uint8_t i = 0; i < BYTES; i++) to[i] = (low[i] & 0x0f) | (high[i] & 0xf0);
}

int main(void) {
  DDRB = _BV(PB1);
  TCCR1A = _BV(COM1A0);
  OCR1A = 0;
  TCCR1B = _BV(WGM12) | _BV(CS10);
  UBRR0 = 0;
  UCSR0A = _BV(U2X0);
  UCSR0B = _BV(TXEN0);
  TWBR = 12;
  for (uint8_t i = 0; i < sizeof settings / sizeof *settings; i++) write_register(settings[i][0], settings[i][1]);
  while (VSYNC) {}
  while (!VSYNC) {}
  while (VSYNC) {}
  for (uint8_t row = 0; row < ROWS; row++) take_row(picture + row * BYTES);
  for (uint16_t i = 0; i < sizeof picture; i++) {
    while (!(UCSR0A & _BV(UDRE0))) {}
    UDR0 = picture[i];
  }
  for (;;) {}
}
