// Counts its starts in EEPROM, through Arduino's library.
#include <Arduino.h>
#include <EEPROM.h>

void setup() {
  Serial.begin(115200);
  long starts = 0;
  EEPROM.get(10, starts);
  if (starts < 0) starts = 0;
  starts++;
  EEPROM.put(10, starts);
  EEPROM.update(EEPROM.length() - 1, 0x5a);
  Serial.print("start ");
  Serial.print(starts);
  Serial.print(' ');
  Serial.println(EEPROM.read(EEPROM.length() - 1), HEX);
}

void loop() {}
