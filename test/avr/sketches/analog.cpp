// Voltages on four channels, against the supply and against the internal reference, and the prescaler's next setting.
#include <Arduino.h>

static void readAll(const char *what) {
  Serial.print(what);
  for (uint8_t channel = 0; channel < 4; channel++) {
    Serial.print(' ');
    Serial.print(analogRead(channel));
  }
  Serial.println();
}

void setup() {
  Serial.begin(115200);
  readAll("supply");
#ifdef INTERNAL1V1
  analogReference(INTERNAL1V1);
#else
  analogReference(INTERNAL);
#endif
  readAll("internal");
  analogReference(DEFAULT);
  ADCSRA = (ADCSRA & 0xf8) | 6;
  readAll("faster");
}

void loop() {}
