/** CoreSight identification, as every block of the PPB ends with. Source: DDI 0403E, appendix D1; TRMs for part numbers. */

/**
 * PID4..PID7, PID0..PID3 and CID0..CID3: twelve read-only words. Arm's JEP106 code is 4, 0x3B.
 * @param at offset of PID4
 * @param part twelve-bit part number, or undefined for zeros (a vendor's ROM table)
 * @param componentClass bits 7:4 of CID1: 0xE generic, 0x9 CoreSight, 0x1 ROM table
 */
export function identification(at: number, part: number | undefined, componentClass = 0xe) {
  const isArm = part !== undefined;
  const number = part ?? 0;
  const ro = (offset: number, reset: number) => ({ at: at + offset, kind: 'ro' as const, reset });
  return {
    PID4: ro(0x00, isArm ? 0x04 : 0), PID5: ro(0x04, 0), PID6: ro(0x08, 0), PID7: ro(0x0c, 0),
    PID0: ro(0x10, number & 0xff),
    PID1: ro(0x14, isArm ? 0xb0 | (number >>> 8) : 0),
    PID2: ro(0x18, isArm ? 0x0b : 0),
    PID3: ro(0x1c, 0),
    CID0: ro(0x20, 0x0d), CID1: ro(0x24, componentClass << 4), CID2: ro(0x28, 0x05), CID3: ro(0x2c, 0xb1),
  } as const;
}
