/**
 * PPI's pre-programmed channels 20 to 31: addresses of one event and one task each.
 * Source: nRF52840 Product Specification v1.1, PPI, "Pre-programmed channels"; the same in the nRF52833's and in the
 * nRF51 Reference Manual v3.0. Confirmed by the list in BabbleSim's hardware models (NRF_PPI.c).
 */
const RADIO = { TXEN: 0x4000_1000, RXEN: 0x4000_1004, DISABLE: 0x4000_1010, READY: 0x4000_1100, ADDRESS: 0x4000_1104, END: 0x4000_110c, BCMATCH: 0x4000_1128 } as const;
const TIMER0 = { START: 0x4000_8000, CLEAR: 0x4000_800c, CAPTURE1: 0x4000_8044, CAPTURE2: 0x4000_8048, COMPARE0: 0x4000_8140, COMPARE1: 0x4000_8144 } as const;
const RTC0 = { COMPARE0: 0x4000_b140 } as const;
const CCM = { KSGEN: 0x4000_f000, CRYPT: 0x4000_f004 } as const;
const AAR = { START: 0x4000_f000 } as const;

export const FIRST_FIXED = 20;

/** Channel 20 first: event, task. */
export const FIXED_CHANNELS: readonly (readonly [event: number, task: number])[] = [
  [TIMER0.COMPARE0, RADIO.TXEN],
  [TIMER0.COMPARE0, RADIO.RXEN],
  [TIMER0.COMPARE1, RADIO.DISABLE],
  [RADIO.BCMATCH,   AAR.START],
  [RADIO.READY,     CCM.KSGEN],
  [RADIO.ADDRESS,   CCM.CRYPT],
  [RADIO.ADDRESS,   TIMER0.CAPTURE1],
  [RADIO.END,       TIMER0.CAPTURE2],
  [RTC0.COMPARE0,   RADIO.TXEN],
  [RTC0.COMPARE0,   RADIO.RXEN],
  [RTC0.COMPARE0,   TIMER0.CLEAR],
  [RTC0.COMPARE0,   TIMER0.START],
];
