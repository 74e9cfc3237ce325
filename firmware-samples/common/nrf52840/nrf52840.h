/*
 * Registers of the nRF52840 that the samples use, each block whole and in the manual's order.
 * Source: nRF52840 Product Specification v1.1, chapters CLOCK, GPIO, GPIOTE, I2S, NVMC, PDM, PPI, PWM, RTC, TIMER, TWIM, UARTE;
 * of the core: Armv7-M Architecture Reference Manual (DDI 0403E), B3.2 and C1.8.
 * A `pad` is a reserved range; arrays of words end where the next register begins.
 */
#ifndef NRF52840_H
#define NRF52840_H

#include <stdint.h>

typedef volatile uint32_t reg;

/* Offset 0x000. Shares its addresses with POWER, whose registers are left out here but for DCDCEN. */
struct nrf_clock {
  reg TASKS_HFCLKSTART, TASKS_HFCLKSTOP, TASKS_LFCLKSTART, TASKS_LFCLKSTOP, TASKS_CAL, TASKS_CTSTART, TASKS_CTSTOP; reg pad0[57];
  reg EVENTS_HFCLKSTARTED, EVENTS_LFCLKSTARTED; reg pad1; reg EVENTS_DONE, EVENTS_CTTO; reg pad2[5];
  reg EVENTS_CTSTARTED, EVENTS_CTSTOPPED; reg pad3[117];
  reg INTENSET, INTENCLR; reg pad4[63];                           /* 0x304 */
  reg HFCLKRUN, HFCLKSTAT; reg pad5; reg LFCLKRUN, LFCLKSTAT, LFCLKSRCCOPY; reg pad6[62];
  reg LFCLKSRC; reg pad7[3]; reg HFXODEBOUNCE, LFXODEBOUNCE; reg pad8[2]; reg CTIV; reg pad9[8]; reg TRACECONFIG;
  reg pad10[6]; reg DCDCEN; reg pad11[14]; reg LFRCMODE;          /* 0x578, 0x5b4 */
};

struct nrf_uarte {
  reg TASKS_STARTRX, TASKS_STOPRX, TASKS_STARTTX, TASKS_STOPTX; reg pad0[7]; reg TASKS_FLUSHRX; reg pad1[52];
  reg EVENTS_CTS, EVENTS_NCTS, EVENTS_RXDRDY; reg pad2; reg EVENTS_ENDRX; reg pad3[2]; reg EVENTS_TXDRDY, EVENTS_ENDTX, EVENTS_ERROR;
  reg pad4[7]; reg EVENTS_RXTO; reg pad5; reg EVENTS_RXSTARTED, EVENTS_TXSTARTED; reg pad6; reg EVENTS_TXSTOPPED; reg pad7[41];
  reg SHORTS; reg pad8[63];                                       /* 0x200 */
  reg INTEN, INTENSET, INTENCLR; reg pad9[93];
  reg ERRORSRC; reg pad10[31];                                    /* 0x480 */
  reg ENABLE; reg pad11; reg PSEL_RTS, PSEL_TXD, PSEL_CTS, PSEL_RXD; reg pad12[3]; reg BAUDRATE; reg pad13[3];
  reg RXD_PTR, RXD_MAXCNT, RXD_AMOUNT; reg pad14; reg TXD_PTR, TXD_MAXCNT, TXD_AMOUNT; reg pad15[7]; reg CONFIG;
};

struct nrf_twim {
  reg TASKS_STARTRX; reg pad0; reg TASKS_STARTTX; reg pad1[2]; reg TASKS_STOP; reg pad2; reg TASKS_SUSPEND, TASKS_RESUME; reg pad3[56];
  reg EVENTS_STOPPED; reg pad4[7]; reg EVENTS_ERROR; reg pad5[8]; reg EVENTS_SUSPENDED, EVENTS_RXSTARTED, EVENTS_TXSTARTED; reg pad6[2];
  reg EVENTS_LASTRX, EVENTS_LASTTX; reg pad7[39];
  reg SHORTS; reg pad8[63];                                       /* 0x200 */
  reg INTEN, INTENSET, INTENCLR; reg pad9[110];
  reg ERRORSRC; reg pad10[14];                                    /* 0x4c4 */
  reg ENABLE; reg pad11; reg PSEL_SCL, PSEL_SDA; reg pad12[5]; reg FREQUENCY; reg pad13[3];
  reg RXD_PTR, RXD_MAXCNT, RXD_AMOUNT, RXD_LIST, TXD_PTR, TXD_MAXCNT, TXD_AMOUNT, TXD_LIST; reg pad14[13]; reg ADDRESS;
};

struct nrf_gpiote {
  reg TASKS_OUT[8]; reg pad0[4]; reg TASKS_SET[8]; reg pad1[4]; reg TASKS_CLR[8]; reg pad2[32];
  reg EVENTS_IN[8]; reg pad3[23]; reg EVENTS_PORT; reg pad4[97];
  reg INTENSET, INTENCLR; reg pad5[129];                          /* 0x304 */
  reg CONFIG[8];                                                  /* 0x510 */
};

struct nrf_timer {
  reg TASKS_START, TASKS_STOP, TASKS_COUNT, TASKS_CLEAR, TASKS_SHUTDOWN; reg pad0[11]; reg TASKS_CAPTURE[6]; reg pad1[58];
  reg EVENTS_COMPARE[6]; reg pad2[42];                            /* 0x140 */
  reg SHORTS; reg pad3[64]; reg INTENSET, INTENCLR; reg pad4[126];
  reg MODE, BITMODE; reg pad5; reg PRESCALER; reg pad6[11]; reg CC[6];
};

struct nrf_rtc {
  reg TASKS_START, TASKS_STOP, TASKS_CLEAR, TASKS_TRIGOVRFLW; reg pad0[60];
  reg EVENTS_TICK, EVENTS_OVRFLW; reg pad1[14]; reg EVENTS_COMPARE[4]; reg pad2[109];
  reg INTENSET, INTENCLR; reg pad3[13];                           /* 0x304 */
  reg EVTEN, EVTENSET, EVTENCLR; reg pad4[110];                   /* 0x340 */
  reg COUNTER, PRESCALER; reg pad5[13]; reg CC[4];                /* 0x504 */
};

struct nrf_pdm {
  reg TASKS_START, TASKS_STOP; reg pad0[62];
  reg EVENTS_STARTED, EVENTS_STOPPED, EVENTS_END; reg pad1[125];
  reg INTEN, INTENSET, INTENCLR; reg pad2[125];
  reg ENABLE, PDMCLKCTRL, MODE; reg pad3[3]; reg GAINL, GAINR, RATIO; reg pad4[7];
  reg PSEL_CLK, PSEL_DIN; reg pad5[6]; reg SAMPLE_PTR, SAMPLE_MAXCNT;
};

struct nrf_pwm {
  reg pad0; reg TASKS_STOP, TASKS_SEQSTART[2], TASKS_NEXTSTEP; reg pad1[60];
  reg EVENTS_STOPPED, EVENTS_SEQSTARTED[2], EVENTS_SEQEND[2], EVENTS_PWMPERIODEND, EVENTS_LOOPSDONE; reg pad2[56];
  reg SHORTS; reg pad3[63]; reg INTEN, INTENSET, INTENCLR; reg pad4[125];
  reg ENABLE, MODE, COUNTERTOP, PRESCALER, DECODER, LOOP; reg pad5[2];
  struct { reg PTR, CNT, REFRESH, ENDDELAY; reg pad[4]; } SEQ[2];
  reg PSEL_OUT[4];                                                /* 0x560 */
};

struct nrf_i2s {
  reg TASKS_START, TASKS_STOP; reg pad0[63];
  reg EVENTS_RXPTRUPD, EVENTS_STOPPED; reg pad1[2]; reg EVENTS_TXPTRUPD; reg pad2[122];
  reg INTEN, INTENSET, INTENCLR; reg pad3[125];
  reg ENABLE, CONFIG_MODE, CONFIG_RXEN, CONFIG_TXEN, CONFIG_MCKEN, CONFIG_MCKFREQ, CONFIG_RATIO, CONFIG_SWIDTH, CONFIG_ALIGN,
      CONFIG_FORMAT, CONFIG_CHANNELS; reg pad4[3];
  reg RXD_PTR; reg pad5; reg TXD_PTR; reg pad6[3]; reg RXTXD_MAXCNT; reg pad7[3];
  reg PSEL_MCK, PSEL_SCK, PSEL_LRCK, PSEL_SDIN, PSEL_SDOUT;       /* 0x560 */
};

struct nrf_nvmc {
  reg pad0[256]; reg READY; reg pad1; reg READYNEXT; reg pad2[62];
  reg CONFIG, ERASEPAGE, ERASEALL, ERASEPCR0, ERASEUICR, ERASEPAGEPARTIAL, ERASEPAGEPARTIALCFG; reg pad3[8];
  reg ICACHECNF; reg pad4; reg IHIT, IMISS;                       /* 0x540 */
};

struct nrf_ppi {
  struct { reg EN, DIS; } TASKS_CHG[6]; reg pad0[308];
  reg CHEN, CHENSET, CHENCLR; reg pad1;                           /* 0x500 */
  struct { reg EEP, TEP; } CH[20]; reg pad2[148];                 /* 0x510 */
  reg CHG[6]; reg pad3[62]; reg FORK_TEP[32];                     /* 0x800, 0x910 */
};

struct nrf_gpio {
  reg pad0[321]; reg OUT, OUTSET, OUTCLR, IN, DIR, DIRSET, DIRCLR, LATCH, DETECTMODE; reg pad1[118]; reg PIN_CNF[32];
};

#define CLOCK  ((struct nrf_clock *)0x40000000)
#define UARTE0 ((struct nrf_uarte *)0x40002000)
#define TWIM0  ((struct nrf_twim *)0x40003000)
#define TWIM1  ((struct nrf_twim *)0x40004000)
#define GPIOTE ((struct nrf_gpiote *)0x40006000)
#define TIMER0 ((struct nrf_timer *)0x40008000)
#define TIMER1 ((struct nrf_timer *)0x40009000)
#define TIMER2 ((struct nrf_timer *)0x4000A000)
#define RTC0   ((struct nrf_rtc *)0x4000B000)
#define RTC1   ((struct nrf_rtc *)0x40011000)
#define TIMER3 ((struct nrf_timer *)0x4001A000)
#define TIMER4 ((struct nrf_timer *)0x4001B000)
#define PWM0   ((struct nrf_pwm *)0x4001C000)
#define PDM    ((struct nrf_pdm *)0x4001D000)
#define NVMC   ((struct nrf_nvmc *)0x4001E000)
#define PPI    ((struct nrf_ppi *)0x4001F000)
#define RTC2   ((struct nrf_rtc *)0x40024000)
#define I2S    ((struct nrf_i2s *)0x40025000)
#define P0     ((struct nrf_gpio *)0x50000000)
#define P1     ((struct nrf_gpio *)0x50000300)

_Static_assert(__builtin_offsetof(struct nrf_clock, INTENSET) == 0x304 && __builtin_offsetof(struct nrf_clock, HFCLKRUN) == 0x408
  && __builtin_offsetof(struct nrf_clock, LFCLKSRC) == 0x518 && __builtin_offsetof(struct nrf_clock, TRACECONFIG) == 0x55c
  && __builtin_offsetof(struct nrf_clock, DCDCEN) == 0x578 && __builtin_offsetof(struct nrf_clock, LFRCMODE) == 0x5b4, "CLOCK");
_Static_assert(__builtin_offsetof(struct nrf_uarte, EVENTS_TXSTOPPED) == 0x158 && __builtin_offsetof(struct nrf_uarte, ERRORSRC) == 0x480
  && __builtin_offsetof(struct nrf_uarte, TXD_PTR) == 0x544 && __builtin_offsetof(struct nrf_uarte, CONFIG) == 0x56c, "UARTE");
_Static_assert(__builtin_offsetof(struct nrf_twim, EVENTS_LASTTX) == 0x160 && __builtin_offsetof(struct nrf_twim, ERRORSRC) == 0x4c4
  && __builtin_offsetof(struct nrf_twim, RXD_PTR) == 0x534 && __builtin_offsetof(struct nrf_twim, ADDRESS) == 0x588, "TWIM");
_Static_assert(__builtin_offsetof(struct nrf_gpiote, EVENTS_IN) == 0x100 && __builtin_offsetof(struct nrf_gpiote, EVENTS_PORT) == 0x17c
  && __builtin_offsetof(struct nrf_gpiote, CONFIG) == 0x510, "GPIOTE");
_Static_assert(__builtin_offsetof(struct nrf_timer, EVENTS_COMPARE) == 0x140 && __builtin_offsetof(struct nrf_timer, INTENSET) == 0x304
  && __builtin_offsetof(struct nrf_timer, PRESCALER) == 0x510 && __builtin_offsetof(struct nrf_timer, CC) == 0x540, "TIMER");
_Static_assert(__builtin_offsetof(struct nrf_rtc, EVENTS_COMPARE) == 0x140 && __builtin_offsetof(struct nrf_rtc, EVTEN) == 0x340
  && __builtin_offsetof(struct nrf_rtc, COUNTER) == 0x504 && __builtin_offsetof(struct nrf_rtc, CC) == 0x540, "RTC");
_Static_assert(__builtin_offsetof(struct nrf_pdm, GAINL) == 0x518 && __builtin_offsetof(struct nrf_pdm, SAMPLE_PTR) == 0x560, "PDM");
_Static_assert(__builtin_offsetof(struct nrf_pwm, EVENTS_LOOPSDONE) == 0x11c && __builtin_offsetof(struct nrf_pwm, SEQ) == 0x520
  && __builtin_offsetof(struct nrf_pwm, PSEL_OUT) == 0x560, "PWM");
_Static_assert(__builtin_offsetof(struct nrf_i2s, EVENTS_RXPTRUPD) == 0x104 && __builtin_offsetof(struct nrf_i2s, RXD_PTR) == 0x538
  && __builtin_offsetof(struct nrf_i2s, RXTXD_MAXCNT) == 0x550 && __builtin_offsetof(struct nrf_i2s, PSEL_MCK) == 0x560, "I2S");
_Static_assert(__builtin_offsetof(struct nrf_nvmc, READY) == 0x400 && __builtin_offsetof(struct nrf_nvmc, CONFIG) == 0x504
  && __builtin_offsetof(struct nrf_nvmc, ICACHECNF) == 0x540, "NVMC");
_Static_assert(__builtin_offsetof(struct nrf_ppi, CHEN) == 0x500 && __builtin_offsetof(struct nrf_ppi, CH) == 0x510
  && __builtin_offsetof(struct nrf_ppi, CHG) == 0x800 && __builtin_offsetof(struct nrf_ppi, FORK_TEP) == 0x910, "PPI");
_Static_assert(__builtin_offsetof(struct nrf_gpio, OUT) == 0x504 && __builtin_offsetof(struct nrf_gpio, PIN_CNF) == 0x700, "GPIO");

/* Interrupts by number: the block's base address, bits 12 to 19. */
enum nrf_irq {
  UARTE0_IRQ = 2, TWIM0_IRQ = 3, TWIM1_IRQ = 4, GPIOTE_IRQ = 6, TIMER0_IRQ = 8, TIMER1_IRQ = 9, TIMER2_IRQ = 10, RTC0_IRQ = 11,
  RTC1_IRQ = 17, TIMER3_IRQ = 26, TIMER4_IRQ = 27, PWM0_IRQ = 28, PDM_IRQ = 29, RTC2_IRQ = 36, I2S_IRQ = 37, IRQS = 48
};

/* The core's own. */
#define SCB_VTOR    (*(reg *)0xE000ED08)
#define SCB_SCR     (*(reg *)0xE000ED10)
#define SCB_CPACR   (*(reg *)0xE000ED88)
#define NVIC_ISER   ((reg *)0xE000E100)
#define NVIC_ICER   ((reg *)0xE000E180)
#define NVIC_IPR    ((volatile uint8_t *)0xE000E400)
#define DCB_DEMCR   (*(reg *)0xE000EDFC)
#define DWT_CTRL    (*(reg *)0xE0001000)
#define DWT_CYCCNT  (*(reg *)0xE0001004)

static inline void irq_enable(enum nrf_irq irq) { NVIC_ISER[irq >> 5] = 1u << (irq & 31); }
static inline void irq_disable(enum nrf_irq irq) { NVIC_ICER[irq >> 5] = 1u << (irq & 31); }

#endif
