/*
 * Device registers read and written all the time: UART, timers, GPIO, FPGA I/O, NVIC and SysTick. The number of accesses
 * does not depend on what is read, so that every emulator executes the same instructions; only values that hold at any
 * speed go into the output (QEMU's GPIO blocks read as zero, and its counters follow the host's clock).
 */
#include "random.h"
#include "registers.h"

#define GPIO0 0x40010000u
#define GPIO1 0x40011000u
#define GPIO_DATA(base)      REG32((base) + 0x00)
#define GPIO_DATAOUT(base)   REG32((base) + 0x04)
#define GPIO_OUTENSET(base)  REG32((base) + 0x10)
#define FPGAIO_LED0          REG32(0x40028000)
#define FPGAIO_CLK1HZ        REG32(0x40028010)
#define FPGAIO_MISC          REG32(0x4002804C)

static uint32_t unsteady;

/* Clocks a word out on GPIO pins, as a display's driver does: data, clock high, clock low. */
static void shift_out(uint32_t word) {
  for (int i = 0; i < 8; i++, word <<= 1) {
    uint32_t data = word >> 31;
    GPIO_DATAOUT(GPIO0) = data;
    GPIO_DATAOUT(GPIO0) = data | 2;
    unsteady += GPIO_DATA(GPIO1);
    GPIO_DATAOUT(GPIO0) = data;
  }
}

static void send(uint8_t byte) {
  UART_DATA(UART1) = byte;
  for (int i = 0; i < 6; i++) unsteady += UART_STATE(UART1);
}

static void watch_clocks(void) {
  unsteady += TIMER_VALUE(TIMER0);
  unsteady += SYST_CVR;
  unsteady += FPGAIO_CLK1HZ;
  unsteady += TIMER_VALUE(TIMER0);
}

static void blink(uint32_t n) {
  FPGAIO_LED0 = n & 3;
  mix(FPGAIO_LED0);
  FPGAIO_MISC = n & 0x3FF;
  mix(FPGAIO_MISC);
}

/* A timer that stands still keeps what it is given. */
static void set_up_timer(uint32_t n) {
  TIMER_CTRL(TIMER1) = 0;
  TIMER_RELOAD(TIMER1) = n;
  TIMER_VALUE(TIMER1) = n ^ 0x55;
  mix(TIMER_RELOAD(TIMER1) ^ TIMER_VALUE(TIMER1));
  TIMER_INTCLEAR(TIMER1) = 1;
}

static void set_up_interrupt(uint32_t n) {
  set_irq_priority(20 + (n & 3), (n & 7) << 5);
  NVIC_ISPR(0) = 1u << 20;
  mix(NVIC_ISPR(0) & 1u << 20);
  NVIC_ICPR(0) = 1u << 20;
  mix(get_irq_priority(20 + (n & 3)));
}

int main(void) {
  UART_BAUDDIV(UART1) = 16;
  UART_CTRL(UART1) = UART_TXEN;
  GPIO_OUTENSET(GPIO0) = 3;
  TIMER_RELOAD(TIMER0) = 0xFFFFFF;
  TIMER_CTRL(TIMER0) = TIMER_ENABLE;
  for (uint32_t n = 1; n <= ITERATIONS; n++) {
    shift_out(random_word());
    send((uint8_t)n);
    watch_clocks();
    blink(n);
    set_up_timer(n);
    set_up_interrupt(n);
  }
  report("peripherals");
  return 0;
}
