/*
 * Runs an AVR firmware on simavr as its own program does, and writes what USART0 sends; ends when the firmware sleeps with
 * interrupts off.
 *
 *   arguments: chip, Hz, file (ELF)
 */
#include <simavr/avr_uart.h>
#include <simavr/sim_avr.h>
#include <simavr/sim_elf.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void quiet(avr_t *avr, const int level, const char *format, va_list arguments) {
  (void)avr, (void)level, (void)format, (void)arguments;
}

static void on_byte(struct avr_irq_t *irq, uint32_t value, void *nothing) {
  (void)irq, (void)nothing;
  putchar((int)value);
}

int main(int count, char **arguments) {
  if (count != 4) return fprintf(stderr, "usage: %s chip hz file\n", arguments[0]), 2;
  elf_firmware_t firmware;
  memset(&firmware, 0, sizeof firmware);
  avr_global_logger_set(quiet);
  if (elf_read_firmware(arguments[3], &firmware) != 0) return fprintf(stderr, "cannot read %s\n", arguments[3]), 2;
  avr_t *avr = avr_make_mcu_by_name(arguments[1]);
  if (avr == NULL) return fprintf(stderr, "no chip %s\n", arguments[1]), 2;
  avr_init(avr);
  avr->log = 0;
  firmware.frequency = (uint32_t)atol(arguments[2]);
  avr_load_firmware(avr, &firmware);
  /* without its own copy of the output, and without sleeping when the firmware polls */
  uint32_t flags = 0;
  avr_ioctl(avr, AVR_IOCTL_UART_GET_FLAGS('0'), &flags);
  flags &= ~(uint32_t)(AVR_UART_FLAG_STDIO | AVR_UART_FLAG_POLL_SLEEP);
  avr_ioctl(avr, AVR_IOCTL_UART_SET_FLAGS('0'), &flags);
  avr_irq_register_notify(avr_io_getirq(avr, AVR_IOCTL_UART_GETIRQ('0'), UART_IRQ_OUTPUT), on_byte, NULL);
  for (;;) {
    int state = avr_run(avr);
    if (state == cpu_Done) return 0;
    if (state == cpu_Crashed) return 1;
  }
}
