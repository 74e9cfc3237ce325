// analogWrite() on timers 1 and 2, whose interrupts are off, and on timer 0, which counts millis() beside it.
#include <Arduino.h>

const uint8_t PINS[] = { 3, 5, 6, 9, 10, 11 };

void setup() {
  uint8_t value = 10;
  for (uint8_t pin : PINS) {
    pinMode(pin, OUTPUT);
    analogWrite(pin, value);
    value += 45;
  }
}

void loop() {}
