// tone(): timer 2 toggles the pin in an interrupt.
#include <Arduino.h>

void setup() {
  tone(8, 1000);
  delay(20);
  tone(8, 440, 30);
}

void loop() {}
