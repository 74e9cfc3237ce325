// Text out by a serial port in software, then what comes in by it goes on to the USART.
#include <Arduino.h>
#include <SoftwareSerial.h>

SoftwareSerial port(10, 11); // RX, TX

void setup() {
  Serial.begin(115200);
  port.begin(9600);
  port.println("By bits");
  Serial.println("ready");
}

void loop() {
  if (port.available()) Serial.write(port.read());
}
