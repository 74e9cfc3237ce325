// What millis(), micros() and delayMicroseconds() say of each other; a pin between waits of counted cycles.
#include <Arduino.h>

const uint8_t WAITS[] = { 1, 2, 3, 5, 10, 50, 200 };

void setup() {
  Serial.begin(115200);
  pinMode(8, OUTPUT);
  noInterrupts();
  for (uint8_t wait : WAITS) {
    PORTB |= 1;
    delayMicroseconds(wait);
    PORTB &= ~1;
    delayMicroseconds(wait);
  }
  interrupts();
  unsigned long began = micros(), first = millis();
  delay(25);
  Serial.print(millis() - first);
  Serial.print(' ');
  Serial.println((micros() - began) / 100);
  delay(10);
  Serial.println(millis());
}

void loop() {}
