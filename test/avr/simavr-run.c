/*
 * Runs an AVR firmware on simavr and writes what it sends and which pins it moves, a line each:
 *   byte <cycle> <value>          a byte of USART0, when it is written to UDR0
 *   edge <cycle> <pin> <level>    a pin that the firmware drives; the cycle is that at which the instruction has ended
 *
 *   arguments: chip, Hz, file (ELF), cycles to run, then any of
 *     PB5             a pin to tell of
 *     PB1=PD2         a wire from an output to an input
 *     PB0@120:1       something outside that drives the pin to a level at a cycle
 *     adc0:1234       millivolts at a channel of the ADC
 *     i2c:50          a memory of 256 bytes at that address (hexadecimal): the first byte written is its pointer
 *     spi             MOSI and MISO are one wire
 *
 * simavr takes no time to enter an interrupt; here it is charged what the data sheet says (DS40002061B 7.7.1).
 */
#include <simavr/avr_adc.h>
#include <simavr/avr_ioport.h>
#include <simavr/avr_spi.h>
#include <simavr/avr_twi.h>
#include <simavr/avr_uart.h>
#include <simavr/sim_avr.h>
#include <simavr/sim_elf.h>
#include <simavr/sim_interrupts.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_EVENTS = 64, MOST_DRIVES = 4096, MEMORY_BYTES = 256 };

struct event { const char *pin; uint32_t value; };
struct drive { unsigned long long cycle; avr_irq_t *pin; int level; };

static avr_t *avr;
static struct event events[MOST_EVENTS];
static int pending;
static struct drive drives[MOST_DRIVES];
static int driveCount, driven;
static struct { avr_irq_t *irqs; uint8_t address, pointer, bytes[MEMORY_BYTES]; int isSelected, hasPointer; } memory;

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

static void on_interrupt(struct avr_irq_t *irq, uint32_t isRunning, void *cycles) {
  (void)irq;
  if (isRunning) avr->cycle += (uintptr_t)cycles;
}

static void on_spi(struct avr_irq_t *irq, uint32_t value, void *nothing) {
  (void)irq, (void)nothing;
  avr_raise_irq(avr_io_getirq(avr, AVR_IOCTL_SPI_GETIRQ(0), SPI_IRQ_INPUT), value);
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

static avr_irq_t *pin_of(const char *name) {
  return avr_io_getirq(avr, AVR_IOCTL_IOPORT_GETIRQ(name[1]), name[2] - '0');
}

/* -- The memory on I2C. */

static void answer(uint8_t message, uint8_t data) {
  avr_twi_msg_irq_t reply = { .u.twi = { .msg = message, .addr = memory.address << 1, .data = data } };
  avr_raise_irq(memory.irqs + TWI_IRQ_INPUT, reply.u.v);
}

static void on_twi(struct avr_irq_t *irq, uint32_t value, void *nothing) {
  (void)irq, (void)nothing;
  avr_twi_msg_irq_t v = { .u.v = value };
  if (v.u.twi.msg & TWI_COND_STOP) memory.isSelected = 0;
  if (v.u.twi.msg & TWI_COND_START) {
    memory.isSelected = v.u.twi.addr >> 1 == memory.address;
    memory.hasPointer = 0;
    if (memory.isSelected) answer(TWI_COND_ACK, 1);
  }
  if (!memory.isSelected) return;
  if (v.u.twi.msg & TWI_COND_WRITE) {
    answer(TWI_COND_ACK, 1);
    if (memory.hasPointer) memory.bytes[memory.pointer++] = v.u.twi.data;
    else memory.pointer = v.u.twi.data;
    memory.hasPointer = 1;
  }
  if (v.u.twi.msg & TWI_COND_READ) answer(TWI_COND_READ, memory.bytes[memory.pointer++]);
}

static void attach_memory(const char *address) {
  static const char *names[] = { "8>memory.out", "32<memory.in" };
  memory.address = (uint8_t)strtoul(address, NULL, 16);
  memset(memory.bytes, 0xff, sizeof memory.bytes);
  memory.irqs = avr_alloc_irq(&avr->irq_pool, 0, 2, names);
  avr_irq_register_notify(memory.irqs + TWI_IRQ_OUTPUT, on_twi, NULL);
  avr_connect_irq(memory.irqs + TWI_IRQ_INPUT, avr_io_getirq(avr, AVR_IOCTL_TWI_GETIRQ(0), TWI_IRQ_INPUT));
  avr_connect_irq(avr_io_getirq(avr, AVR_IOCTL_TWI_GETIRQ(0), TWI_IRQ_OUTPUT), memory.irqs + TWI_IRQ_OUTPUT);
}

/* -- */

static void set_up(char *argument) {
  char *rest;
  if (strncmp(argument, "adc", 3) == 0) {
    unsigned channel = (unsigned)strtoul(argument + 3, &rest, 10);
    avr_raise_irq(avr_io_getirq(avr, AVR_IOCTL_ADC_GETIRQ, ADC_IRQ_ADC0 + channel), (uint32_t)strtoul(rest + 1, NULL, 10));
  } else if (strncmp(argument, "i2c:", 4) == 0) attach_memory(argument + 4);
  else if (strcmp(argument, "spi") == 0) avr_irq_register_notify(avr_io_getirq(avr, AVR_IOCTL_SPI_GETIRQ(0), SPI_IRQ_OUTPUT), on_spi, NULL);
  else if (argument[3] == '=') avr_connect_irq(pin_of(argument), pin_of(argument + 4));
  else if (argument[3] == '@' && driveCount < MOST_DRIVES) {
    unsigned long long cycle = strtoull(argument + 4, &rest, 10);
    drives[driveCount++] = (struct drive){ cycle, pin_of(argument), rest[1] == '1' };
  } else if (argument[3] == 0) avr_irq_register_notify(pin_of(argument), on_pin, argument);
}

static void drive_pins(void) {
  for (; driven < driveCount && drives[driven].cycle <= avr->cycle; driven++) avr_raise_irq(drives[driven].pin, (uint32_t)drives[driven].level);
}

int main(int count, char **arguments) {
  if (count < 5) return fprintf(stderr, "usage: %s chip hz file cycles [what]...\n", arguments[0]), 2;
  elf_firmware_t firmware;
  memset(&firmware, 0, sizeof firmware);
  avr_global_logger_set(quiet);
  if (elf_read_firmware(arguments[3], &firmware) != 0) return fprintf(stderr, "cannot read %s\n", arguments[3]), 2;
  avr = avr_make_mcu_by_name(arguments[1]);
  if (avr == NULL) return fprintf(stderr, "no chip %s\n", arguments[1]), 2;
  avr_init(avr);
  avr->log = 0;
  avr->vcc = avr->avcc = avr->aref = 5000;
  firmware.frequency = (uint32_t)atol(arguments[2]);
  avr_load_firmware(avr, &firmware);
  uint32_t flags = 0;
  avr_ioctl(avr, AVR_IOCTL_UART_GET_FLAGS('0'), &flags);
  flags &= ~(uint32_t)(AVR_UART_FLAG_STDIO | AVR_UART_FLAG_POLL_SLEEP);
  avr_ioctl(avr, AVR_IOCTL_UART_SET_FLAGS('0'), &flags);
  avr_irq_register_notify(avr_io_getirq(avr, AVR_IOCTL_UART_GETIRQ('0'), UART_IRQ_OUTPUT), on_byte, NULL);
  for (int vector = 1; vector < avr->interrupts.vector_count; vector++)
    avr_irq_register_notify(avr->interrupts.vector[vector]->irq + AVR_INT_IRQ_RUNNING, on_interrupt, (void *)(uintptr_t)(avr->flashend > 0x1ffff ? 5 : 4));
  for (int i = 5; i < count; i++) set_up(arguments[i]);
  unsigned long long end = strtoull(arguments[4], NULL, 10);
  while (avr->cycle < end) {
    drive_pins();
    int state = avr_run(avr);
    tell();
    if (state == cpu_Done || state == cpu_Crashed) break;
  }
  return 0;
}
