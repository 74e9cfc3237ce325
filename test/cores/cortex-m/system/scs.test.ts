import { describe, expect, it } from 'vitest';
import { BusError } from '../../../../emulator/bus/types.js';
import { CFSR } from '../../../../emulator/cores/cortex-m/fault.js';
import { Word } from '../../../../emulator/cores/cortex-m/state.js';
import { bitBandBit, bitBandByteAddress, configureCore, isBitBandAlias } from '../../../../emulator/cores/cortex-m/system/index.js';
import { checkRegisterMap } from '../../../support/register-checks.js';
import { LoneSystem, REG } from './lone-system.js';

describe('identification (TRMs)', () => {
  it.each([
    ['cortex-m0', 0x410c_c200], ['cortex-m0plus', 0x410c_c601], ['cortex-m3', 0x412f_c231], ['cortex-m4', 0x410f_c241], ['cortex-m4f', 0x410f_c241], ['cortex-m7', 0x411f_c272],
  ] as const)('%s has CPUID %i', (core, CPUID) => expect(new LoneSystem(core).read(REG.CPUID)).toBe(CPUID));

  it.each([
    ['cortex-m3', 0x0211_1000, 0], ['cortex-m4f', 0x0211_2000, 0x1011_0021], ['cortex-m7', 0x0211_2000, 0x1011_0221],
  ] as const)('%s: ID_ISAR1 and MVFR0', (core, ISAR1, MVFR0) => {
    const lone = new LoneSystem(core);
    expect([lone.read(REG.ID_ISAR1), lone.read(REG.MVFR0)]).toEqual([ISAR1, MVFR0]);
  });

  it('Cortex-M7 describes its caches by CSSELR', () => {
    const lone = new LoneSystem('cortex-m7');
    const data = lone.read(REG.CCSIDR);
    lone.write(REG.CSSELR, 1);
    expect([lone.read(REG.CLIDR), data, lone.read(REG.CCSIDR)]).toEqual([0x0900_0003, 0xf01f_e019, 0xf03f_e009]);
  });
});

describe('ICSR (B3.2.4)', () => {
  it('sets and clears PendSV, SysTick and NMI', () => {
    const lone = new LoneSystem('cortex-m4');
    lone.exceptions.cps(false, true, false);
    lone.write(REG.ICSR, (1 << 28) | (1 << 26));
    expect(lone.read(REG.ICSR)).toBe((1 << 28) | (1 << 26) | (14 << 12) | (1 << 11));
    lone.write(REG.ICSR, (1 << 27) | (1 << 25));
    expect(lone.read(REG.ICSR)).toBe(1 << 11);
    lone.write(REG.ICSR, 0x8000_0000);
    expect(lone.exceptions.takePending()).toBe(true);
    expect(lone.read(REG.ICSR)).toBe((1 << 11) | 2);
  });

  it('tells the active exception, pending interrupts and RETTOBASE', () => {
    const lone = new LoneSystem('cortex-m4');
    lone.write(REG.NVIC_IPR, 0x80, 1);
    lone.interrupt(0);
    expect(lone.read(REG.ICSR)).toBe(16 | (1 << 11));
    lone.interrupt(1);
    lone.interrupt(2);
    expect(lone.read(REG.ICSR)).toBe(17 | (18 << 12) | (1 << 22));
  });

  it('a byte write does not disturb the rest', () => {
    const lone = new LoneSystem('cortex-m4');
    lone.exceptions.cps(false, true, false);
    lone.write(REG.ICSR + 3, 0x10, 1);
    expect(lone.exceptions.state.pending.has(14)).toBe(true);
  });
});

describe('AIRCR (B3.2.6)', () => {
  it('needs the key, and reads its complement', () => {
    const lone = new LoneSystem('cortex-m4');
    lone.write(REG.AIRCR, 0x0000_0504);
    expect([lone.read(REG.AIRCR), lone.resets]).toEqual([0xfa05_0000, []]);
    lone.write(REG.AIRCR, 0x05fa_0500);
    expect([lone.read(REG.AIRCR), lone.exceptions.state.PRIGROUP]).toEqual([0xfa05_0500, 5]);
  });

  it('asks the machine for resets', () => {
    const lone = new LoneSystem('cortex-m4');
    lone.write(REG.AIRCR, 0x05fa_0004);
    lone.write(REG.AIRCR, 0x05fa_0001);
    expect(lone.resets).toEqual(['SYSRESETREQ', 'VECTRESET']);
  });
});

describe('CCR (B3.2.8)', () => {
  it('hands its traps to the instructions', () => {
    const lone = new LoneSystem('cortex-m4');
    expect([lone.words[Word.UNALIGN_TRP], lone.words[Word.DIV_0_TRP]]).toEqual([0, 0]);
    lone.write(REG.CCR, 0x218);
    expect([lone.words[Word.UNALIGN_TRP], lone.words[Word.DIV_0_TRP]]).toEqual([1, 1]);
  });

  it('is fixed on Armv6-M: STKALIGN and UNALIGN_TRP read as one', () => {
    const lone = new LoneSystem('cortex-m0');
    lone.write(REG.CCR, 0);
    expect([lone.read(REG.CCR), lone.words[Word.UNALIGN_TRP]]).toEqual([0x208, 1]);
  });

  it('BFHFNMIGN makes data bus faults count for nothing at negative priority', () => {
    const lone = new LoneSystem('cortex-m3');
    lone.write(REG.CCR, 0x300);
    expect(lone.exceptions.ignoresDataBusFaults).toBe(false);
    lone.exceptions.cps(false, false, true);
    expect(lone.exceptions.ignoresDataBusFaults).toBe(true);
  });
});

describe('system handlers (B3.2.10 to B3.2.13)', () => {
  it('SHPR1-3 take bytes and set priorities', () => {
    const lone = new LoneSystem('cortex-m4', { priorityBits: 4 });
    lone.write(REG.SHPR3 + 3, 0xff, 1);
    lone.write(REG.SHPR2, 0xffff_ffff);
    expect([lone.read(REG.SHPR3), lone.read(REG.SHPR2), lone.exceptions.state.priority[15]]).toEqual([0xf000_0000, 0xf000_0000, 0xf0]);
  });

  it('SHCSR shows and changes active and pending bits', () => {
    const lone = new LoneSystem('cortex-m4');
    lone.exceptions.svc(0);
    lone.exceptions.takePending();
    expect(lone.read(REG.SHCSR)).toBe(1 << 7);
    lone.write(REG.SHCSR + 2, 0x7, 1);
    expect(lone.read(REG.SHCSR)).toBe((1 << 7) | (7 << 16));
    lone.write(REG.SHCSR, (1 << 14) | (1 << 17));
    expect([lone.exceptions.state.active.has(11), lone.exceptions.takePending(), lone.ipsr]).toEqual([false, true, 5]);
  });
});

/** What QEMU 7.2 (mps2-an386, 8 priority bits) reads back after a store of all ones. */
describe('writable bits, as QEMU has them', () => {
  it.each([
    ['CCR', 0x31b], ['VTOR', 0xffff_ff80], ['SHPR1', 0x00ff_ffff], ['SHPR2', 0xff00_0000], ['SHPR3', 0xffff_00ff],
    ['FPCCR', 0xc000_017b], ['FPCAR', 0xffff_fff8], ['FPDSCR', 0x07c0_0000], ['CPACR', 0x00f0_0000],
  ] as const)('%s', (register, kept) => {
    const lone = new LoneSystem('cortex-m4f', { priorityBits: 8 });
    lone.write(REG[register], 0xffff_ffff);
    expect(lone.read(REG[register])).toBe(kept);
  });
});

describe('fault status (B3.2.15)', () => {
  it('CFSR clears by ones, by byte and halfword too', () => {
    const lone = new LoneSystem('cortex-m4');
    lone.system.registers.CFSR = CFSR.DACCVIOL | CFSR.MMARVALID | CFSR.PRECISERR | CFSR.BFARVALID | CFSR.DIVBYZERO;
    expect([lone.read(REG.CFSR, 1), lone.read(REG.CFSR + 1, 1), lone.read(REG.CFSR + 2, 2)]).toEqual([0x82, 0x82, 0x200]);
    lone.write(REG.CFSR + 1, 0xff, 1);
    lone.write(REG.CFSR + 2, 0xffff, 2);
    expect(lone.read(REG.CFSR)).toBe(0x82);
  });

  it('Armv6-M has none', () => {
    const lone = new LoneSystem('cortex-m0');
    lone.write(REG.CFSR, 0xffff_ffff);
    expect([lone.read(REG.CFSR), lone.read(REG.SHPR1), lone.read(REG.ID_ISAR1)]).toEqual([0, 0, 0]);
  });
});

describe('the Private Peripheral Bus (B3.1.1)', () => {
  it('refuses unprivileged access with a bus error that names the address', () => {
    const lone = new LoneSystem('cortex-m4');
    lone.words[Word.UNPRIVILEGED] = 1;
    expect(() => lone.read(REG.CPUID)).toThrow(BusError);
    expect(() => lone.write(REG.NVIC_ISER, 1)).toThrow('0xe000e100');
  });

  it('reads as zero where nothing is, and says so', () => {
    const lone = new LoneSystem('cortex-m4');
    expect(lone.read(0xe000_5000)).toBe(0);
    expect(lone.warned).toContain('PPB 0xe0005000');
  });

  it('peek changes nothing', () => {
    const lone = new LoneSystem('cortex-m4');
    const before = lone.system.snapshot();
    for (const address of Object.values(REG)) lone.peek(address);
    expect(lone.system.snapshot()).toEqual(before);
  });
});

describe('bit-band (A3.7)', () => {
  it.each([
    [0x2200_0000, 0x2000_0000, 0], [0x2200_0004, 0x2000_0000, 1], [0x23ff_fffc, 0x200f_ffff, 7], [0x4200_0030, 0x4000_0001, 4],
  ])('alias %i is bit of byte %i', (alias, byte, n) => {
    expect([isBitBandAlias(alias), bitBandByteAddress(alias), bitBandBit(alias)]).toEqual([true, byte, n]);
  });
  it.each([0x21ff_fffc, 0x2400_0000, 0x4000_0000, 0x4400_0000])('%i is no alias', (address) => expect(isBitBandAlias(address)).toBe(false));
});

describe('options of a chip', () => {
  it.each([
    [() => configureCore('cortex-m4', { priorityBits: 2 }), 'cortex-m4: priorityBits is 2, use a whole number from 3 to 8'],
    [() => configureCore('cortex-m0', { irqCount: 33 }), 'cortex-m0: irqCount is 33'],
    [() => configureCore('cortex-m4', { mpuRegions: 16 }), 'cortex-m4: mpuRegions is 16'],
    [() => configureCore('cortex-m3', { fpu: 'sp' }), 'cortex-m3: fpu is fixed to none'],
  ])('are checked: %s', (configure, message) => expect(configure).toThrow(message));

  it('a Cortex-M7 may have single precision alone', () => {
    const config = configureCore('cortex-m7', { fpu: 'sp' });
    expect([config.features.includes('fpv5-dp'), config.mvfr[0]]).toEqual([false, 0x1011_0021]);
  });
});

describe.each(['cortex-m0', 'cortex-m0plus', 'cortex-m3', 'cortex-m4', 'cortex-m4f', 'cortex-m7'] as const)('register maps of %s do what they say', (core) => {
  const { system } = new LoneSystem(core);
  it('SCB', () => {
    expect(checkRegisterMap(system.scb.block.map, system.scb, { except: ['ICSR', 'AIRCR', 'SHCSR', 'CCSIDR'] })).toEqual([]);
  });
  it('NVIC', () => {
    expect(checkRegisterMap(system.nvic.block.map, system.nvic, { except: ['ISER', 'ICER', 'ISPR', 'ICPR', 'IABR'] })).toEqual([]);
  });
  it('SysTick', () => expect(checkRegisterMap(system.systick.block.map, system.systick, { except: ['CVR'] })).toEqual([]));
  it('MPU', () => {
    const windows = ['RBAR', 'RASR', 'RBAR_A1', 'RASR_A1', 'RBAR_A2', 'RASR_A2', 'RBAR_A3', 'RASR_A3'] as const;
    expect(checkRegisterMap(system.mpu.block.map, system.mpu, { except: ['RNR', ...windows] })).toEqual([]);
  });
});
