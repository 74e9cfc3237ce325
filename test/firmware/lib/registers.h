/*
 * Registers of the system control space and of the CMSDK peripherals that the programs touch.
 * Sources: Armv7-M ARM (DDI 0403E) chapter B3; Armv6-M ARM (DDI 0419) chapter B3;
 * CMSDK TRM (DDI 0479) chapter 4; MPS2 AN385/AN386 memory maps.
 */
#pragma once
#include <stdint.h>

#define REG32(address) (*(volatile uint32_t *)(uintptr_t)(address))
#define REG16(address) (*(volatile uint16_t *)(uintptr_t)(address))
#define REG8(address)  (*(volatile uint8_t *)(uintptr_t)(address))

#define ICTR     REG32(0xE000E004)
#define ACTLR    REG32(0xE000E008)

#define SYST_CSR   REG32(0xE000E010)
#define SYST_RVR   REG32(0xE000E014)
#define SYST_CVR   REG32(0xE000E018)
#define SYST_CALIB REG32(0xE000E01C)

#define NVIC_ISER(n) REG32(0xE000E100 + 4 * (n))
#define NVIC_ICER(n) REG32(0xE000E180 + 4 * (n))
#define NVIC_ISPR(n) REG32(0xE000E200 + 4 * (n))
#define NVIC_ICPR(n) REG32(0xE000E280 + 4 * (n))
#define NVIC_IABR(n) REG32(0xE000E300 + 4 * (n))
#define NVIC_IPR(n)  REG32(0xE000E400 + 4 * (n))
#define STIR         REG32(0xE000EF00)

#define CPUID REG32(0xE000ED00)
#define ICSR  REG32(0xE000ED04)
#define VTOR  REG32(0xE000ED08)
#define AIRCR REG32(0xE000ED0C)
#define SCR   REG32(0xE000ED10)
#define CCR   REG32(0xE000ED14)
#define SHPR1 REG32(0xE000ED18)
#define SHPR2 REG32(0xE000ED1C)
#define SHPR3 REG32(0xE000ED20)
#define SHCSR REG32(0xE000ED24)
#define CFSR  REG32(0xE000ED28)
#define HFSR  REG32(0xE000ED2C)
#define DFSR  REG32(0xE000ED30)
#define MMFAR REG32(0xE000ED34)
#define BFAR  REG32(0xE000ED38)
#define CPACR REG32(0xE000ED88)

#define MPU_TYPE REG32(0xE000ED90)
#define MPU_CTRL REG32(0xE000ED94)
#define MPU_RNR  REG32(0xE000ED98)
#define MPU_RBAR REG32(0xE000ED9C)
#define MPU_RASR REG32(0xE000EDA0)

#define FPCCR  REG32(0xE000EF34)
#define FPCAR  REG32(0xE000EF38)
#define FPDSCR REG32(0xE000EF3C)
#define MVFR0  REG32(0xE000EF40)
#define MVFR1  REG32(0xE000EF44)
#define MVFR2  REG32(0xE000EF48)

enum {
  ICSR_NMIPENDSET = 1u << 31, ICSR_PENDSVSET = 1u << 28, ICSR_PENDSVCLR = 1u << 27,
  ICSR_PENDSTSET = 1u << 26, ICSR_PENDSTCLR = 1u << 25, ICSR_ISRPENDING = 1u << 22, ICSR_RETTOBASE = 1u << 11,
  AIRCR_VECTKEY = 0x05FAu << 16, AIRCR_SYSRESETREQ = 1u << 2,
  SCR_SEVONPEND = 1u << 4, SCR_SLEEPDEEP = 1u << 2, SCR_SLEEPONEXIT = 1u << 1,
  CCR_STKALIGN = 1u << 9, CCR_BFHFNMIGN = 1u << 8, CCR_DIV_0_TRP = 1u << 4, CCR_UNALIGN_TRP = 1u << 3,
  CCR_USERSETMPEND = 1u << 1, CCR_NONBASETHRDENA = 1u << 0,
  SHCSR_USGFAULTENA = 1u << 18, SHCSR_BUSFAULTENA = 1u << 17, SHCSR_MEMFAULTENA = 1u << 16,
  MPU_CTRL_PRIVDEFENA = 1u << 2, MPU_CTRL_HFNMIENA = 1u << 1, MPU_CTRL_ENABLE = 1u << 0,
  FPCCR_ASPEN = 1u << 31, FPCCR_LSPEN = 1u << 30, FPCCR_LSPACT = 1u << 0,
  SYST_CSR_COUNTFLAG = 1u << 16, SYST_CSR_CLKSOURCE = 1u << 2, SYST_CSR_TICKINT = 1u << 1, SYST_CSR_ENABLE = 1u << 0,
};

/* CMSDK APB UART */
#define UART0 0x40004000u
#define UART1 0x40005000u
#define UART_DATA(base)      REG32((base) + 0x00)
#define UART_STATE(base)     REG32((base) + 0x04)
#define UART_CTRL(base)      REG32((base) + 0x08)
#define UART_INTSTATUS(base) REG32((base) + 0x0C)
#define UART_BAUDDIV(base)   REG32((base) + 0x10)
enum { UART_TXFULL = 1, UART_RXFULL = 2, UART_TXEN = 1, UART_RXEN = 2, UART_TXIE = 4, UART_RXIE = 8 };
enum { IRQ_UART0_RX = 0, IRQ_UART0_TX = 1, IRQ_TIMER0 = 8, IRQ_TIMER1 = 9, IRQ_DUALTIMER = 10 };

/* CMSDK APB timer and dual timer */
#define TIMER0 0x40000000u
#define TIMER1 0x40001000u
#define TIMER_CTRL(base)   REG32((base) + 0x0)
#define TIMER_VALUE(base)  REG32((base) + 0x4)
#define TIMER_RELOAD(base) REG32((base) + 0x8)
#define TIMER_INTCLEAR(base) REG32((base) + 0xC)
enum { TIMER_ENABLE = 1, TIMER_IRQEN = 8 };

/* Writes to one byte of NVIC_IPR or SHPR: byte access is allowed on Armv7-M only, so read-modify-write the word. */
static inline void set_irq_priority(unsigned irq, unsigned priority) {
  unsigned shift = 8 * (irq & 3);
  NVIC_IPR(irq >> 2) = (NVIC_IPR(irq >> 2) & ~(0xFFu << shift)) | (priority << shift);
}
static inline unsigned get_irq_priority(unsigned irq) { return (NVIC_IPR(irq >> 2) >> (8 * (irq & 3))) & 0xFF; }

/* @param exception 4 to 15 */
static inline void set_system_priority(unsigned exception, unsigned priority) {
  volatile uint32_t *shpr = &SHPR1 + (exception / 4 - 1);
  unsigned shift = 8 * (exception & 3);
  *shpr = (*shpr & ~(0xFFu << shift)) | (priority << shift);
}
static inline void enable_irq(unsigned irq) { NVIC_ISER(irq >> 5) = 1u << (irq & 31); }
static inline void disable_irq(unsigned irq) { NVIC_ICER(irq >> 5) = 1u << (irq & 31); }

static inline void barrier(void) { __asm volatile("dsb\n isb" ::: "memory"); }
static inline void pend_irq(unsigned irq) { NVIC_ISPR(irq >> 5) = 1u << (irq & 31); barrier(); }

#define READ_SPECIAL(name) ({ uint32_t value_; __asm volatile("mrs %0, " #name : "=r"(value_) :: "memory"); value_; })
#define WRITE_SPECIAL(name, value) \
  do { __asm volatile("msr " #name ", %0\n isb" :: "r"((uint32_t)(value)) : "memory"); } while (0)
