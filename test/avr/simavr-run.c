/*
 * Runs an AVR firmware on simavr and writes what it sends and which pins it moves, a line each:
 *   byte <cycle> <value>          a byte of USART0, when it is written to UDR0
 *   edge <cycle> <pin> <level>    a pin that the firmware drives; the cycle is that at which the instruction has ended
 *
 *   arguments: chip, Hz, file (ELF), cycles to run, pins (PB5 ...)
 */
#include <simavr/avr_ioport.h>
#include <simavr/avr_uart.h>
#include <simavr/sim_avr.h>
#include <simavr/sim_elf.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_EVENTS = 64 };

struct event { const char *pin; uint32_t value; };

static avr_t *avr;
static struct event events[MOST_EVENTS];
static int pending;

static void quiet(avr_t *which, const int level, const char *format, va_list arguments) {
  (void)which, (void)level, (void)format, (void)arguments;
}

static void note(const char *pin, uint32_t value) {
  if (pending < MOST_EVENTS) events[pending++] = (struct event){ pin, value };
}

static void on_byte(struct avr_irq_t *irq, uint32_t value, void *nothing) {
  (void)irq, (void)nothing;
  note(NULL, value);
}

static void on_pin(struct avr_irq_t *irq, uint32_t value, void *pin) {
  (void)irq;
  note(pin, value);
}

/* What the instruction that has just ended did. */
static void tell(void) {
  for (int i = 0; i < pending; i++) {
    unsigned long long cycle = avr->cycle;
    if (events[i].pin == NULL) printf("byte %llu %u\n", cycle, events[i].value);
    else printf("edge %llu %s %u\n", cycle, events[i].pin, events[i].value & 1);
  }
  pending = 0;
}

int main(int count, char **arguments) {
  if (count < 5) return fprintf(stderr, "usage: %s chip hz file cycles [pin]...\n", arguments[0]), 2;
  elf_firmware_t firmware;
  memset(&firmware, 0, sizeof firmware);
  avr_global_logger_set(quiet);
  if (elf_read_firmware(arguments[3], &firmware) != 0) return fprintf(stderr, "cannot read %s\n", arguments[3]), 2;
  avr = avr_make_mcu_by_name(arguments[1]);
  if (avr == NULL) return fprintf(stderr, "no chip %s\n", arguments[1]), 2;
  avr_init(avr);
  avr->log = 0;
  firmware.frequency = (uint32_t)atol(arguments[2]);
  avr_load_firmware(avr, &firmware);
  uint32_t flags = 0;
  avr_ioctl(avr, AVR_IOCTL_UART_GET_FLAGS('0'), &flags);
  flags &= ~(uint32_t)(AVR_UART_FLAG_STDIO | AVR_UART_FLAG_POLL_SLEEP);
  avr_ioctl(avr, AVR_IOCTL_UART_SET_FLAGS('0'), &flags);
  avr_irq_register_notify(avr_io_getirq(avr, AVR_IOCTL_UART_GETIRQ('0'), UART_IRQ_OUTPUT), on_byte, NULL);
  for (int i = 5; i < count; i++)
    avr_irq_register_notify(avr_io_getirq(avr, AVR_IOCTL_IOPORT_GETIRQ(arguments[i][1]), arguments[i][2] - '0'), on_pin, arguments[i]);
  unsigned long long end = strtoull(arguments[4], NULL, 10);
  while (avr->cycle < end) {
    int state = avr_run(avr);
    tell();
    if (state == cpu_Done || state == cpu_Crashed) break;
  }
  return 0;
}
