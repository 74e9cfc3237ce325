// MOSI goes to MISO: what is sent comes back, in all modes and rates; then bits by software, which no interrupt delays.
#include <Arduino.h>
#include <SPI.h>

const uint8_t DATA = 8, CLOCK = 9;
const uint32_t RATES[] = { 8000000, 1000000, 125000 };
const uint8_t MODES[] = { SPI_MODE0, SPI_MODE1, SPI_MODE2, SPI_MODE3 };

void setup() {
  Serial.begin(115200);
  pinMode(DATA, OUTPUT);
  pinMode(CLOCK, OUTPUT);
  SPI.begin();
  for (uint32_t rate : RATES) {
    for (uint8_t mode : MODES) {
      SPI.beginTransaction(SPISettings(rate, mode == SPI_MODE3 ? LSBFIRST : MSBFIRST, mode));
      Serial.print(SPI.transfer(0xa0 | mode), HEX);
      Serial.print(' ');
      Serial.println(SPI.transfer16(0x1234), HEX);
      SPI.endTransaction();
    }
  }
  noInterrupts();
  shiftOut(DATA, CLOCK, MSBFIRST, 0x96);
  interrupts();
  Serial.println("done");
}

void loop() {}
