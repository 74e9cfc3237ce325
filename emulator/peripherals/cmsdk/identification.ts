/**
 * Peripheral and component identification of the CMSDK's blocks, one byte per word at the end of their 4 KB.
 * Source: Cortex-M System Design Kit TRM (DDI 0479D), the register summary of each component.
 */

/** @param part the low byte of the part number: 0x20 GPIO, 0x21 UART, 0x22 timer, 0x23 dual timer, 0x24 watchdog */
export function identification(part: number) {
  return {
    PID4: { at: 0xfd0, kind: 'ro', reset: 0x04 },
    PID5: { at: 0xfd4, kind: 'ro' },
    PID6: { at: 0xfd8, kind: 'ro' },
    PID7: { at: 0xfdc, kind: 'ro' },
    PID0: { at: 0xfe0, kind: 'ro', reset: part },
    PID1: { at: 0xfe4, kind: 'ro', reset: 0xb8 },
    PID2: { at: 0xfe8, kind: 'ro', reset: 0x1b },
    PID3: { at: 0xfec, kind: 'ro' },
    CID0: { at: 0xff0, kind: 'ro', reset: 0x0d },
    CID1: { at: 0xff4, kind: 'ro', reset: 0xf0 },
    CID2: { at: 0xff8, kind: 'ro', reset: 0x05 },
    CID3: { at: 0xffc, kind: 'ro', reset: 0xb1 },
  } as const;
}
