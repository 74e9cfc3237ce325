// Text and numbers, faster than the line takes them: the transmitter's buffer fills and its interrupt empties it.
#include <Arduino.h>

void setup() {
  Serial.begin(115200);
  Serial.println("Hello from Arduino");
  for (int i = 0; i < 20; i++) {
    Serial.print(i);
    Serial.print(' ');
    Serial.print(i * 1000L, HEX);
    Serial.print(' ');
    Serial.println(i / 7.0, 3);
  }
  Serial.println("done");
}

void loop() {}
