/*
 * UARTE0 with a queue in RAM, sent in pieces by EasyDMA.
 * Source: nRF52840 Product Specification v1.1, UARTE.
 */
#include "uart.h"
#include "nano33ble.h"
#include "nrf52840.h"

enum { QUEUE_BYTES = 1024, ENABLED = 8, DISABLED = 0, BAUD_115200 = 0x01D60000, INT_ENDTX = 1u << 8, NOT_CONNECTED = -1 };

/* Counts that only grow; modulo QUEUE_BYTES they are places. */
static char queue[QUEUE_BYTES];
static uint32_t written;
static volatile uint32_t sent, under_way;

/* To the end of the queue's memory at most: the rest is the next piece. */
static void send(void) {
  const uint32_t at = sent % QUEUE_BYTES;
  uint32_t count = written - sent;
  if (count > QUEUE_BYTES - at) count = QUEUE_BYTES - at;
  under_way = count;
  if (count == 0) return;
  UARTE0->TXD_PTR = (uint32_t)&queue[at];
  UARTE0->TXD_MAXCNT = count;
  UARTE0->TASKS_STARTTX = 1;
}

void uarte0_interrupt(void) {
  UARTE0->EVENTS_ENDTX = 0;
  (void)UARTE0->EVENTS_ENDTX;                                     /* the write has arrived before the interrupt returns */
  sent += under_way;
  send();
}

/* The bootloader may have left the block on, with other pins. */
void uart_start(void) {
  PORT_OF(PIN_TX)->OUTSET = BIT_OF(PIN_TX);
  PORT_OF(PIN_TX)->DIRSET = BIT_OF(PIN_TX);
  UARTE0->ENABLE = DISABLED;
  UARTE0->PSEL_TXD = PIN_TX;
  UARTE0->PSEL_RXD = UARTE0->PSEL_RTS = UARTE0->PSEL_CTS = (uint32_t)NOT_CONNECTED;
  UARTE0->BAUDRATE = BAUD_115200;
  UARTE0->CONFIG = 0;
  UARTE0->EVENTS_ENDTX = 0;
  UARTE0->INTENCLR = 0xFFFFFFFF;
  UARTE0->INTENSET = INT_ENDTX;
  UARTE0->ENABLE = ENABLED;
  irq_enable(UARTE0_IRQ);
}

/* With the interrupt masked a look and the sleep after it are one: an interrupt that is pending ends WFI at once. */
static void sleep_while_longer_than(uint32_t bytes) {
  for (;;) {
    __asm volatile("cpsid i" ::: "memory");
    const int is_longer = written - sent > bytes;
    if (is_longer) __asm volatile("wfi");
    __asm volatile("cpsie i\n isb" ::: "memory");
    if (!is_longer) return;
  }
}

void uart_bytes(const void *bytes, uint32_t count) {
  const char *from = bytes;
  while (count) {
    sleep_while_longer_than(QUEUE_BYTES - 1);
    uint32_t room = QUEUE_BYTES - (written - sent);
    if (room > count) room = count;
    for (uint32_t i = 0; i < room; i++) queue[(written + i) % QUEUE_BYTES] = *from++;
    irq_disable(UARTE0_IRQ);
    __asm volatile("dsb\n isb" ::: "memory");
    written += room;
    if (under_way == 0) send();
    irq_enable(UARTE0_IRQ);
    count -= room;
  }
}

void uart_text(const char *text) {
  uint32_t length = 0;
  while (text[length]) length++;
  uart_bytes(text, length);
}

void uart_number(int32_t value) { uart_decimal(value, 0); }

void uart_decimal(int32_t value, uint32_t decimals) {
  char text[16];
  uint32_t at = sizeof text;
  uint32_t rest = value < 0 ? 0u - (uint32_t)value : (uint32_t)value;
  for (uint32_t digits = 0; rest || digits <= decimals; digits++, rest /= 10) {
    if (decimals && digits == decimals) text[--at] = '.';
    text[--at] = (char)('0' + rest % 10);
  }
  if (value < 0) text[--at] = '-';
  uart_bytes(&text[at], sizeof text - at);
}

void uart_hex(uint32_t value, uint32_t digits) {
  char text[8];
  for (uint32_t i = 0; i < digits && i < sizeof text; i++) text[sizeof text - 1 - i] = "0123456789abcdef"[value >> 4 * i & 15];
  if (digits > sizeof text) digits = sizeof text;
  uart_bytes(&text[sizeof text - digits], digits);
}

void uart_flush(void) { sleep_while_longer_than(0); }
