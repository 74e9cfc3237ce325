// What comes in goes out again in capitals.
#include <Arduino.h>

void setup() {
  Serial.begin(9600);
  Serial.println("ready");
}

void loop() {
  if (Serial.available()) Serial.write(toupper(Serial.read()));
}
