// Writes to a memory on I2C and reads it back; an address at which nobody answers; bytes after a repeated start.
#include <Arduino.h>
#include <Wire.h>

const uint8_t MEMORY = 0x50, NOBODY = 0x23;

static void show(const char *what, int value) {
  Serial.print(what);
  Serial.print(' ');
  Serial.println(value);
}

void setup() {
  Serial.begin(115200);
  Wire.begin();
  Wire.setClock(400000);
  Wire.beginTransmission(MEMORY);
  Wire.write(0x10);
  for (int i = 0; i < 8; i++) Wire.write(i * i);
  show("write", Wire.endTransmission());
  Wire.beginTransmission(NOBODY);
  show("nobody", Wire.endTransmission());
  Wire.beginTransmission(MEMORY);
  Wire.write(0x12);
  show("pointer", Wire.endTransmission(false));
  show("read", Wire.requestFrom(MEMORY, (uint8_t)6));
  while (Wire.available()) show("byte", Wire.read());
}

void loop() {}
