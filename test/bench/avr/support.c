/*
 * What the benchmark's programs need on an ATmega2560: stdout on USART0, and a known end: "end", then asleep with interrupts
 * off. CORE_HZ plays no part: the USART runs as fast as it can (ATmega2560 datasheet DS40002211A, 22.3.1: clk/8 with U2X).
 */
#include <avr/interrupt.h>
#include <avr/io.h>
#include <avr/sleep.h>
#include <stdio.h>

static int put(char c, FILE *stream) {
  (void)stream;
  while (!(UCSR0A & _BV(UDRE0))) {}
  UDR0 = (uint8_t)c;
  return 0;
}

static FILE console = FDEV_SETUP_STREAM(put, NULL, _FDEV_SETUP_WRITE);

__attribute__((constructor)) static void open_console(void) {
  UBRR0 = 0;
  UCSR0A = _BV(U2X0);
  UCSR0B = _BV(TXEN0);
  UCSR0C = _BV(UCSZ01) | _BV(UCSZ00);
  stdout = &console;
}

__attribute__((destructor)) static void finish(void) {
  fputs("end\n", stdout);
  while (!(UCSR0A & _BV(UDRE0))) {}
  cli();
  set_sleep_mode(SLEEP_MODE_IDLE);
  sleep_mode();
}
