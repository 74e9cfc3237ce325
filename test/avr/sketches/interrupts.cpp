// A wire leads from an output to three inputs: external interrupts, a pin change interrupt, and pulseIn().
#include <Arduino.h>

#ifdef __AVR_ATmega2560__
const uint8_t OUT = 9, CHANGED = 50, PULSE = 7; // PH6, PB3, PH4
#else
const uint8_t OUT = 9, CHANGED = 8, PULSE = 7; // PB1, PB0, PD7
#endif
const uint8_t EXTERNAL_INTERRUPT = 2;

static volatile unsigned rising, changes;

ISR(PCINT0_vect) { changes++; }
static void onRising() { rising++; }

void setup() {
  Serial.begin(115200);
  pinMode(OUT, OUTPUT);
  attachInterrupt(digitalPinToInterrupt(EXTERNAL_INTERRUPT), onRising, RISING);
  *digitalPinToPCMSK(CHANGED) |= _BV(digitalPinToPCMSKbit(CHANGED));
  *digitalPinToPCICR(CHANGED) |= _BV(digitalPinToPCICRbit(CHANGED));
  for (int i = 0; i < 10; i++) {
    digitalWrite(OUT, HIGH);
    delayMicroseconds(100);
    digitalWrite(OUT, LOW);
    delayMicroseconds(50);
  }
  detachInterrupt(digitalPinToInterrupt(EXTERNAL_INTERRUPT));
  PCICR = 0;
  Serial.print("rising ");
  Serial.print(rising);
  Serial.print(" changes ");
  Serial.println(changes);
  Serial.flush();
  analogWrite(OUT, 64);
  Serial.print("pulse ");
  Serial.print(pulseIn(PULSE, HIGH));
  Serial.print(' ');
  Serial.print(pulseIn(PULSE, LOW));
  Serial.print(' ');
  Serial.println(pulseIn(EXTERNAL_INTERRUPT, HIGH, 5000));
}

void loop() {}
