import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CFSR } from '../../../../emulator/cores/cortex-m/fault.js';
import { MIXED_RIGHTS, RIGHTS } from '../../../../emulator/cores/cortex-m/system/index.js';
import { LoneSystem, REG } from './lone-system.js';

const ENABLE = 1;
const HFNMIENA = 2;
const PRIVDEFENA = 4;
const XN = 1 << 28;

/** RASR: size as 2^n bytes. */
const rasr = (log2: number, AP: number, more = 0): number => ((AP << 24) | ((log2 - 1) << 1) | 1 | more) >>> 0;

function protectedBy(regions: readonly (readonly [base: number, RASR: number])[], ctrl = ENABLE) {
  const lone = new LoneSystem('cortex-m4');
  regions.forEach(([base, attributes], n) => {
    lone.write(REG.MPU_RNR, n);
    lone.write(REG.MPU_RBAR, base);
    lone.write(REG.MPU_RASR, attributes);
  });
  lone.write(REG.MPU_CTRL, ctrl);
  return lone;
}

/** `r`, `w`, `x` for privileged, then for unprivileged code. */
function rights(lone: LoneSystem, address: number): string {
  const { mpu } = lone.system;
  const letters = (privileged: boolean) => (['read', 'write', 'execute'] as const).map((access, n) => (mpu.check(address, access, privileged) === undefined ? 'rwx'[n] : '-')).join('');
  return `${letters(true)} ${letters(false)}`;
}

describe('access permissions (table B3-15)', () => {
  it.each([
    [0, '--- ---'], [1, 'rwx ---'], [2, 'rwx r-x'], [3, 'rwx rwx'], [4, '--- ---'], [5, 'r-x ---'], [6, 'r-x r-x'], [7, 'r-x r-x'],
  ])('AP %i gives %s', (AP, expected) => expect(rights(protectedBy([[0x2000_0000, rasr(12, AP)]]), 0x2000_0800)).toBe(expected));

  it('XN takes execution away', () => expect(rights(protectedBy([[0x2000_0000, rasr(12, 3, XN)]]), 0x2000_0000)).toBe('rw- rw-'));

  it('the System region never executes', () => expect(rights(protectedBy([[0xe010_0000, rasr(12, 3)]]), 0xe010_0000)).toBe('rw- rw-'));
});

describe('region match (B3.5.1)', () => {
  const lone = protectedBy([[0x2000_0000, rasr(16, 3)], [0x2000_1000, rasr(12, 5, 0xf0 << 8)]]);

  it('the highest numbered region wins', () => expect(rights(lone, 0x2000_1000)).toBe('r-x ---'));
  it('a disabled subregion lets the next region through', () => expect(rights(lone, 0x2000_1800)).toBe('rwx rwx'));
  it('ends with its size', () => expect([rights(lone, 0x2000_ffff), rights(lone, 0x2001_0000)]).toEqual(['rwx rwx', '--- ---']));
  it('covers all 4 GB with SIZE 31', () => expect(rights(protectedBy([[0, rasr(32, 3)]]), 0x6000_0000)).toBe('rwx rwx'));
  it('has no subregions below 256 bytes', () => expect(rights(protectedBy([[0x2000_0000, rasr(7, 3, 0xff << 8)]]), 0x2000_0000)).toBe('rwx rwx'));
});

describe('the background (B3.5.3)', () => {
  it('is nothing without PRIVDEFENA and the default map for privileged code with it', () => {
    expect(rights(protectedBy([]), 0x2000_0000)).toBe('--- ---');
    expect(rights(protectedBy([], ENABLE | PRIVDEFENA), 0x2000_0000)).toBe('rwx ---');
    expect(rights(protectedBy([], ENABLE | PRIVDEFENA), 0x4000_0000)).toBe('rw- ---');
  });

  it.each([
    [0x0000_0000, 'rwx rwx'], [0x2000_0000, 'rwx rwx'], [0x4000_0000, 'rw- rw-'], [0x6000_0000, 'rwx rwx'], [0x9fff_ffff, 'rwx rwx'],
    [0xa000_0000, 'rw- rw-'], [0xdfff_ffff, 'rw- rw-'], [0xe000_e000, 'rw- rw-'], [0xe010_0000, 'rw- rw-'],
  ])('without an MPU address %i is %s (table B3-1)', (address, expected) => expect(rights(new LoneSystem('cortex-m3'), address)).toBe(expected));

  it('holds at negative priority, unless HFNMIENA is set', () => {
    for (const [ctrl, expected] of [[ENABLE, 'rwx rwx'], [ENABLE | HFNMIENA, '--- ---']] as const) {
      const lone = protectedBy([], ctrl);
      lone.exceptions.cps(false, false, true);
      expect(rights(lone, 0x2000_0000)).toBe(expected);
      lone.exceptions.cps(true, false, true);
      expect(rights(lone, 0x2000_0000)).toBe('--- ---');
    }
  });

  it('the PPB is not subject to the MPU', () => expect(rights(protectedBy([]), 0xe000_ed00)).toBe('rw- rw-'));
});

describe('the fault', () => {
  const { mpu } = protectedBy([]).system;
  it('of data has DACCVIOL and an address', () => expect(mpu.check(0x2000_0004, 'write', true)).toMatchObject({ exception: 4, status: CFSR.DACCVIOL, address: 0x2000_0004 }));
  it('of a fetch has IACCVIOL and none', () => expect(mpu.check(0x2000_0004, 'execute', true)).toMatchObject({ exception: 4, status: CFSR.IACCVIOL, address: undefined }));
});

describe('registers (B3.5.4 to B3.5.9)', () => {
  it('TYPE tells the number of regions', () => {
    expect(new LoneSystem('cortex-m4').read(REG.MPU_TYPE)).toBe(0x800);
    expect(new LoneSystem('cortex-m7').read(REG.MPU_TYPE)).toBe(0x1000);
    expect(new LoneSystem('cortex-m0').read(REG.MPU_TYPE)).toBe(0);
  });

  it('RBAR with VALID selects the region, and reads it back in REGION', () => {
    const lone = new LoneSystem('cortex-m4');
    lone.write(REG.MPU_RBAR, 0x2000_0000 | 0x10 | 5);
    expect([lone.read(REG.MPU_RNR), lone.read(REG.MPU_RBAR)]).toEqual([5, 0x2000_0005]);
  });

  it('aliases reach the same region registers', () => {
    const lone = new LoneSystem('cortex-m4');
    lone.write(REG.MPU_RBAR_A1, 0x2000_0000 | 0x10 | 3);
    lone.write(REG.MPU_RASR_A1, rasr(12, 3));
    lone.write(REG.MPU_RNR, 3);
    expect([lone.read(REG.MPU_RBAR), lone.read(REG.MPU_RASR)]).toEqual([0x2000_0003, rasr(12, 3)]);
  });

  it('ignores a region that is not there', () => {
    const lone = new LoneSystem('cortex-m4');
    lone.write(REG.MPU_RNR, 1);
    lone.write(REG.MPU_RNR, 8);
    lone.write(REG.MPU_RBAR, 0xffff_ffff); // VALID, REGION 15
    expect([lone.read(REG.MPU_RNR), lone.read(REG.MPU_RBAR)]).toEqual([1, 1]);
  });

  it('RASR takes halfwords', () => {
    const lone = new LoneSystem('cortex-m4');
    lone.write(REG.MPU_RASR, rasr(12, 3));
    lone.write(REG.MPU_RASR + 2, 0x1100, 2);
    expect(lone.read(REG.MPU_RASR)).toBe(0x1100_0017);
  });

  it('tells of changes that matter', () => {
    const lone = protectedBy([]);
    let changes = 0;
    lone.system.mpu.onChange = () => changes++;
    lone.write(REG.MPU_RASR, rasr(12, 3));
    lone.write(REG.MPU_CTRL, 0);
    lone.write(REG.MPU_RASR, rasr(13, 3));
    expect(changes).toBe(2);
  });
});

describe('pageAttributes', () => {
  it('is the rights of a page inside one region, and mixed where they differ', () => {
    const { mpu } = protectedBy([[0x2000_0000, rasr(13, 3)], [0x2000_1000, rasr(5, 1)]]).system;
    expect(mpu.pageAttributes(0x2000_0000, 4096)).toBe(RIGHTS.all);
    expect(mpu.pageAttributes(0x2000_1000, 4096)).toBe(MIXED_RIGHTS);
  });

  it('agrees with the rights of every grain, for any regions', () => {
    const region = fc.record({ base: fc.integer({ min: 0, max: 0x3fff }), log2: fc.integer({ min: 5, max: 14 }), AP: fc.integer({ min: 0, max: 7 }), SRD: fc.integer({ min: 0, max: 255 }) });
    fc.assert(fc.property(fc.array(region, { maxLength: 8 }), fc.integer({ min: 0, max: 3 }), (regions, page) => {
      const { mpu } = protectedBy(regions.map(({ base, log2, AP, SRD }) => [(base & ~31) + 0x2000_0000, rasr(log2, AP, SRD << 8)] as const)).system;
      const start = 0x2000_0000 + 4096 * page;
      const all = new Set(Array.from({ length: 128 }, (_, n) => mpu.rightsAt(start + 32 * n)));
      expect(mpu.pageAttributes(start, 4096)).toBe(all.size === 1 ? [...all][0] : MIXED_RIGHTS);
    }));
  });
});
