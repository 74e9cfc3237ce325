import { describe, expect, it } from 'vitest';
import { freeRam } from '../../emulator/semihosting/heap.js';

describe('free RAM for SYS_HEAPINFO', () => {
  it('is 0x21000000 to 0x22000000 on an MPS2 with nothing loaded there, as QEMU 7.2 answers', () => {
    const rams = [{ base: 0x2000_0000, bytes: 0x40_0000 }, { base: 0x2100_0000, bytes: 0x100_0000 }];
    expect(freeRam(rams, [{ base: 0, bytes: 0x1000 }])).toEqual({ base: 0x2100_0000, limit: 0x2200_0000 });
  });

  it.each([
    //                      occupied                                                     base    limit
    ['after an image',      [{ base: 0x1000, bytes: 0x100 }],                             0x1100, 0x2000],
    ['before an image',     [{ base: 0x1f00, bytes: 0x100 }],                             0x1000, 0x1f00],
    ['between two',         [{ base: 0x1f00, bytes: 0x100 }, { base: 0x1000, bytes: 16 }], 0x1010, 0x1f00],
    ['after overlapping',   [{ base: 0x0f00, bytes: 0x200 }, { base: 0x1000, bytes: 16 }], 0x1100, 0x2000],
  ])('is the largest gap: %s', (_, occupied, base, limit) => {
    expect(freeRam([{ base: 0x1000, bytes: 0x1000 }], occupied)).toEqual({ base, limit });
  });

  describe('with the symbol end, where newlib begins its heap', () => {
    const rams = [{ base: 0, bytes: 0x40_0000 }, { base: 0x2100_0000, bytes: 0x100_0000 }];
    it.each([
      //                                          occupied                              end         base        limit
      ['the rest of its RAM, not a larger one',    [{ base: 0x8000, bytes: 0x1_5000 }],  0x1_d00c,   0x1_d010,   0x40_0000],
      ['up to what is loaded behind it',           [{ base: 0x8000, bytes: 0x1000 }, { base: 0x2_0000, bytes: 16 }], 0x9000, 0x9000, 0x2_0000],
      ['nothing when the next byte is loaded',     [{ base: 0x9004, bytes: 0x1000 }],    0x9004,     0x9004,     0x9004],
      ['QEMU\'s answer when end is in no RAM',     [{ base: 0x8000, bytes: 0x1000 }],    0x5000_0000, 0x2100_0000, 0x2200_0000],
    ])('is %s', (_, occupied, end, base, limit) => {
      expect(freeRam(rams, occupied, end)).toEqual({ base, limit });
    });
  });

  it('is unknown without RAM', () => {
    expect(freeRam([], [])).toBeUndefined();
  });
});
