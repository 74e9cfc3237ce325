/* Registers of the nRF52840 that these programs use, by the names and addresses of its Product Specification v1.1. */
#pragma once
#include <stdint.h>

#define REGISTER(address) (*(volatile uint32_t *)(address))

#define CLOCK_TASKS_HFCLKSTART    REGISTER(0x40000000)
#define CLOCK_TASKS_LFCLKSTART    REGISTER(0x40000008)
#define CLOCK_EVENTS_HFCLKSTARTED REGISTER(0x40000100)
#define CLOCK_EVENTS_LFCLKSTARTED REGISTER(0x40000104)
#define CLOCK_LFCLKSRC            REGISTER(0x40000518)
#define LFCLKSRC_XTAL             1u

#define POWER_RESETREAS           REGISTER(0x40000400)
#define POWER_SYSTEMOFF           REGISTER(0x40000500)
#define POWER_GPREGRET            REGISTER(0x4000051c)
#define POWER_RAM_POWERSET(n)     REGISTER(0x40000904 + 16 * (n))

#define RTC1_TASKS_START          REGISTER(0x40011000)
#define RTC1_EVENTS_COMPARE0      REGISTER(0x40011140)
#define RTC1_INTENSET             REGISTER(0x40011304)
#define RTC1_CC0                  REGISTER(0x40011540)
#define RTC_COMPARE0              (1u << 16)

#define WDT_TASKS_START           REGISTER(0x40010000)
#define WDT_CRV                   REGISTER(0x40010504)

#define NVMC_READY                REGISTER(0x4001e400)
#define NVMC_CONFIG               REGISTER(0x4001e504)
#define NVMC_ERASEPAGE            REGISTER(0x4001e508)
#define NVMC_REN                  0u
#define NVMC_WEN                  1u
#define NVMC_EEN                  2u

#define P0_PIN_CNF(n)             REGISTER(0x50000700 + 4 * (n))
#define PIN_CNF_WAKE_ON_LOW       ((3u << 2) | (3u << 16)) /* input, pull-up, SENSE low */

#define UICR_PSELRESET(n)         REGISTER(0x10001200 + 4 * (n))

#define NVIC_ISER0                REGISTER(0xe000e100)
#define SCB_AIRCR                 REGISTER(0xe000ed0c)

static inline void wait_for_interrupt(void) { __asm volatile("wfi"); }

/* SYS_EXIT with ADP_Stopped_ApplicationExit. */
static inline void __attribute__((noreturn)) stop(void) {
  register uint32_t operation __asm("r0") = 0x18;
  register uint32_t reason __asm("r1") = 0x20026;
  for (;;) __asm volatile("bkpt 0xab" : : "r"(operation), "r"(reason) : "memory");
}

/* What a program leaves for the test to read; kept over resets. */
extern volatile uint32_t result[8];
