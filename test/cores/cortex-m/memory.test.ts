/** How instructions reach memory. Source: Armv7-M ARM (DDI 0403E), A3.2 (alignment), A3.4 (exclusives), B1.5.14; Cortex-M4 TRM, 3.7 (bit-banding). */
import { describe, expect, it } from 'vitest';
import { CFSR, Exception } from '../../../emulator/cores/cortex-m/fault.js';
import { assemble } from '../../support/assembler.js';
import { CODE, DEVICE, END, LoneCore, RAM, RAM_MIRROR } from '../../support/lone-core.js';
import { REG } from './system/lone-system.js';

const PAGE = 0x1000;
/** Bytes 0x10, 0x11, ... around an address. */
function fillAround(core: LoneCore, address: number): void {
  for (let i = -8; i < 8; i++) core.bus.poke(address + i, 0x20 + i, 1);
}

describe('unaligned accesses', () => {
  const bytes = (address: number, count: number): number => Array.from({ length: count }, (_, i) => (0x20 + address + i) * 2 ** (8 * i)).reduce((a, b) => a + b);
  it.each([1, 2, 3])('load the bytes that lie there, %i past a word, also across pages', (offset) => {
    for (const base of [RAM + 0x100, RAM + PAGE]) {
      const core = new LoneCore({ code: 'ldr r0, [r1]\nldrh r2, [r1]\nldrsh r3, [r1]', r: { 1: base - 4 + offset } });
      fillAround(core, base);
      core.run();
      expect([core.r(0), core.r(2), core.r(3)]).toEqual([bytes(offset - 4, 4), bytes(offset - 4, 2), bytes(offset - 4, 2)]);
    }
  });

  it.each([1, 2, 3])('store every byte and no other, %i past a word', (offset) => {
    const core = new LoneCore({ code: 'str r0, [r1]', r: { 0: 0xa3a2_a1a0, 1: RAM + PAGE - 4 + offset } });
    fillAround(core, RAM + PAGE);
    core.run();
    const after = Array.from({ length: 10 }, (_, i) => core.bus.peek(RAM + PAGE - 5 + i, 1));
    expect(after).toEqual(after.map((_, i) => (i >= 1 + offset && i < 5 + offset ? 0xa0 + i - 1 - offset : 0x1b + i)));
  });

  it('over the end of memory fault at the first byte outside and store nothing inside', () => {
    const end = RAM_MIRROR + 0x1_0000;
    const core = new LoneCore({ code: 'ldr r0, [r1]', r: { 0: 9, 1: end - 2 } }).run(50);
    expect([core.faults[0]?.fault.status, core.core.system.registers.BFAR >>> 0, core.r(0)]).toEqual([CFSR.PRECISERR, end, 9]);
  });
});

describe('LDM and STM', () => {
  const end = RAM_MIRROR + 0x1_0000;
  it.each([
    ['LDMIA with write-back', 'ldm r0!, {r1, r2, r3}', end - 8, end],
    ['LDMIA whose base is in the list', 'ldm r0, {r0, r1, r2, r3}', end - 8, end],
    ['LDMDB', 'ldmdb r0!, {r1, r2}', end + 4, end],
    ['POP', 'mov sp, r0\npop {r1, r2, r3}', end - 4, end],
  ])('%s changes no register when a word faults', (_, code, base, address) => {
    const core = new LoneCore({ code, r: { 0: base, 1: 11, 2: 12, 3: 13 }, handlers: { 3: `mov r8, r0\n${END}` } });
    core.run(60);
    expect([core.r(0), core.r(1), core.r(2), core.r(3)]).toEqual([base, 11, 12, 13]);
    expect(core.core.system.registers.BFAR >>> 0).toBe(address);
  });

  it('is started again from its beginning when the handler has mended the base', () => {
    const handlers = { [Exception.HardFault]: `ldr r4, =${RAM}\nstr r4, [sp]\nbx lr` };
    const core = new LoneCore({ code: 'ldm r0!, {r1, r2}', handlers, r: { 0: end - 4 } });
    core.bus.poke(RAM, 1, 4);
    core.bus.poke(RAM + 4, 2, 4);
    core.run();
    expect([core.r(0), core.r(1), core.r(2)]).toEqual([RAM + 8, 1, 2]);
  });

  it('STM leaves the base when a word faults', () => {
    const core = new LoneCore({ code: 'stm r0!, {r1, r2}', r: { 0: end - 4, 1: 11, 2: 12 } }).run(60);
    expect([core.r(0), core.word(end - 4), core.faults[0]?.pc]).toEqual([end - 4, 11, CODE]);
  });

  it('stores the old base when it is the lowest of the list', () => {
    const core = new LoneCore({ code: 'stm r0!, {r0, r1}', r: { 0: RAM, 1: 7 } }).run();
    expect([core.word(RAM), core.word(RAM + 4), core.r(0)]).toEqual([RAM, 7, RAM + 8]);
  });
});

describe('LDREX and STREX', () => {
  const store = 'strex r2, r3, [r1]';
  it.each([
    ['succeed together', `ldrex r0, [r1]\n${store}`, 0, 5],
    ['fail without LDREX', store, 1, 0],
    ['fail after CLREX', `ldrex r0, [r1]\nclrex\n${store}`, 1, 0],
    ['fail a second time', `ldrex r0, [r1]\nstrex r4, r0, [r1]\n${store}`, 1, 0],
    ['fail after an exception', `ldrex r0, [r1]\nsvc 0\n${store}`, 1, 0],
    ['succeed with ordinary stores elsewhere between them', `ldrex r0, [r1]\nstr r3, [r1, #64]\n${store}`, 0, 5],
    ['work on halfwords', 'ldrexh r0, [r1]\nstrexh r2, r3, [r1]', 0, 5],
    ['work on bytes', 'ldrexb r0, [r1]\nstrexb r2, r3, [r1]', 0, 5],
  ])('%s', (_, code, status, stored) => {
    const core = new LoneCore({ code, r: { 1: RAM, 2: 9, 3: 5 }, handlers: { [Exception.SVCall]: 'bx lr' } }).run();
    expect([core.r(2), core.word(RAM)]).toEqual([status, stored]);
  });

  it('keep the monitor clear after a fault of the load', () => {
    const handlers = { [Exception.HardFault]: `ldr r4, =${CODE + 5}\nstr r4, [sp, #24]\nbx lr` };
    const core = new LoneCore({ code: `ldrex r0, [r5]\n${store}`, r: { 1: RAM, 3: 5, 5: 0x6000_0000 }, handlers }).run();
    expect([core.r(2), core.word(RAM)]).toEqual([1, 0]);
  });
});

describe('bit-banding', () => {
  const alias = (address: number, bit: number): number => (address & 0xf000_0000) + 0x0200_0000 + (address & 0xf_ffff) * 32 + bit * 4;
  it('writes one bit of a word and reads it as 0 or 1', () => {
    const core = new LoneCore({ code: 'str r0, [r1]\nldr r2, [r1]\nldr r3, [r4]', r: { 0: 0xffff_fffd, 1: alias(RAM + 8, 13), 4: alias(RAM + 8, 12) } });
    core.bus.poke(RAM + 8, 0x0000_0100, 4);
    core.run();
    expect([core.word(RAM + 8), core.r(2), core.r(3)]).toEqual([0x2100, 1, 0]);
  });

  it('clears by bit 0 of what is written', () => {
    const core = new LoneCore({ code: 'strb r0, [r1]', r: { 0: 0xfe, 1: alias(RAM + 3, 7) } });
    core.bus.poke(RAM, 0xffff_ffff, 4);
    core.run();
    expect(core.word(RAM)).toBe(0x7fff_ffff);
  });

  it('reads, then writes a device', () => {
    const core = new LoneCore({ code: 'str r0, [r1]', r: { 0: 1, 1: alias(DEVICE + 0x10, 3) } });
    core.answer = () => 0x80;
    core.run();
    expect(core.accesses.map(({ kind, offset, value, bytes }) => [kind, offset, value, bytes])).toEqual([['read', 0x10, 0x80, 4], ['write', 0x10, 0x88, 4]]);
  });

  it.each(['cortex-m0', 'cortex-m7'] as const)('is not there on a %s', (core) => {
    expect(new LoneCore({ core, code: 'ldr r0, [r1]', r: { 1: alias(RAM, 0) } }).run(100).entered).toEqual([Exception.HardFault]);
  });

  it('can be left out of a Cortex-M3', () => {
    expect(new LoneCore({ core: 'cortex-m3', bitBand: false, code: 'ldr r0, [r1]', r: { 1: alias(RAM, 0) } }).run(100).entered).toEqual([Exception.HardFault]);
  });
});

describe('code in RAM', () => {
  const [one, two] = [0x2001, 0x2002]; // movs r0, #1 and #2
  const BX_LR = 0x4770;
  /** Calls RAM + 0x100, stores r2 to [r3] (a halfword), calls again: results in r5 and r6. */
  const CALL_CHANGE_CALL = 'mov r7, r4\nblx r4\nmov r5, r0\nstrh r2, [r3]\ndsb\nisb\nblx r7\nmov r6, r0';
  const at = RAM + 0x100;

  it.each([
    ['where it is', at, at],
    ['through a mirror', RAM_MIRROR + 0x100, at],
    ['executed through a mirror', at, RAM_MIRROR + 0x100],
  ])('changes when it is written %s', (_, written, executed) => {
    const core = new LoneCore({ code: CALL_CHANGE_CALL, r: { 2: two, 3: written, 4: executed | 1 } });
    core.bus.poke(at, one, 2);
    core.bus.poke(at + 2, BX_LR, 2);
    core.run();
    expect([core.r(5), core.r(6)]).toEqual([1, 2]);
  });

  it('changes by the second halfword of a 32-bit instruction', () => {
    const core = new LoneCore({ code: CALL_CHANGE_CALL, r: { 2: 2, 3: at + 2, 4: at | 1 } });
    core.bus.load(at, assemble('movw r0, #1\nbx lr'));
    core.run();
    expect([core.r(5), core.r(6)]).toEqual([1, 2]);
  });

  it('changes by a second halfword in a page where no instruction begins', () => {
    const place = RAM + PAGE - 2;
    const core = new LoneCore({ code: CALL_CHANGE_CALL, r: { 2: 0xbf83, 3: place + 2, 4: place | 1 } });
    core.bus.load(place - 0xfe, assemble('movs r0, #1\nbx lr\nnop\nnop\nmovs r0, #2\nbx lr'));
    core.bus.poke(place, 0xf7ff, 2); // f7ff bf7f is B.W . - 0xfe, f7ff bf83 is B.W . - 0xf6
    core.bus.poke(place + 2, 0xbf7f, 2);
    core.run();
    expect([core.r(5), core.r(6)]).toEqual([1, 2]);
  });

  it('changes right before it is executed', () => {
    const core = new LoneCore({ code: 'bx r4', r: { 0: 0, 2: two, 3: at + 6, 4: at | 1 } });
    core.bus.load(at, assemble(`strh r2, [r3]\nnop\nnop\nmovs r0, #1\n${END}`));
    core.run();
    expect(core.r(0)).toBe(2);
  });

  it('changes from outside: loader, debugger, DMA', () => {
    const core = new LoneCore({ code: 'blx r4\nmov r5, r0\nldr r1, [r6]\nblx r4', r: { 4: at | 1, 6: DEVICE } });
    core.bus.poke(at, one, 2);
    core.bus.poke(at + 2, BX_LR, 2);
    core.answer = () => { core.bus.write(at, two, 2); return 0; };
    core.run();
    expect([core.r(5), core.r(0)]).toEqual([1, 2]);
  });

  it('shares a page with its data', () => {
    const core = new LoneCore({ code: 'bx r4', r: { 0: 0, 1: at + 0x40, 2: 0, 4: at | 1 } });
    core.bus.load(at, assemble(`1: ldr r0, [r1]\nadds r0, #3\nstr r0, [r1]\nadds r2, #1\ncmp r2, #100\nbne 1b\n${END}`));
    core.run();
    expect([core.word(at + 0x40), core.r(2)]).toEqual([300, 100]);
  });
});

/** MPU_RASR: enabled, of so many bytes. B3.5.9. */
const rasr = (bytes: number, { AP, XN = 0 }: { AP: number; XN?: number }): number => (((XN << 28) | (AP << 24) | ((Math.log2(bytes) - 1) << 1) | 1) >>> 0);
const AP = { none: 0, privilegedOnly: 1, userReadOnly: 2, full: 3, readOnly: 6 };
interface RegionPlan { readonly base: number; readonly bytes: number; readonly AP: number; readonly XN?: number }

function protect(core: LoneCore, regions: readonly RegionPlan[]): void {
  regions.forEach(({ base, bytes, ...rights }, number) => {
    core.bus.write(REG.MPU_RBAR, base | (1 << 4) | number, 4);
    core.bus.write(REG.MPU_RASR, rasr(bytes, rights), 4);
  });
  core.bus.write(REG.MPU_CTRL, 5, 4); // ENABLE, PRIVDEFENA
}

describe('the MPU', () => {
  const guarded = RAM + 0x220;
  const small: RegionPlan = { base: guarded, bytes: 32, AP: AP.readOnly };
  it.each([
    ['just below', guarded - 4, false], ['at its start', guarded, true], ['at its end', guarded + 28, true], ['just above', guarded + 32, false],
    ['reaching in from below', guarded - 2, true], ['reaching out above', guarded + 30, true],
  ])('guards 32 bytes of a page from stores: %s', (_, address, isRefused) => {
    // The neighbours are stored to first, so that whatever is remembered of the page is remembered.
    const core = new LoneCore({ code: 'str r0, [r2]\nstr r0, [r3]\nstr r0, [r1]', r: { 0: 0x1111_1111, 1: address, 2: guarded - 32, 3: guarded + 64 } });
    protect(core, [small]);
    core.run(60);
    expect(core.faults.map(({ fault }) => fault.status)).toEqual(isRefused ? [CFSR.DACCVIOL] : []);
    // MMFAR may name any byte of an unaligned access (B3.2.18).
    if (isRefused) expect(Math.floor((core.faults[0].fault.address! - address) / 4)).toBe(0);
    expect([core.word(guarded), core.word(guarded + 28)]).toEqual([0, 0]);
  });

  it('still lets the guarded bytes be read', () => {
    const core = new LoneCore({ code: 'ldr r0, [r1]', r: { 1: guarded } });
    core.bus.poke(guarded, 77, 4);
    protect(core, [small]);
    expect(core.run().r(0)).toBe(77);
  });

  it('refuses to execute from XN memory, naming the instruction', () => {
    const core = new LoneCore({ code: 'bx r4', r: { 4: (RAM + 0x100) | 1 } });
    protect(core, [{ base: RAM, bytes: PAGE, AP: AP.full, XN: 1 }]);
    core.run(60);
    expect([core.faults[0]?.fault.status, core.faults[0]?.fault.address, core.faults[0]?.pc]).toEqual([CFSR.IACCVIOL, undefined, RAM + 0x100]);
  });

  it('refuses XN within a page of which another part is executed', () => {
    const core = new LoneCore({ code: 'bx r4', r: { 4: (RAM + 0x1f8) | 1 } });
    core.bus.load(RAM + 0x1f8, assemble('nop\nnop\nnop\nnop\nnop'));
    protect(core, [{ base: RAM + 0x200, bytes: 256, AP: AP.full, XN: 1 }]);
    core.run(60);
    expect([core.faults[0]?.fault.status, core.faults[0]?.pc]).toEqual([CFSR.IACCVIOL, RAM + 0x200]);
  });

  it('takes effect on memory that was used before', () => {
    const core = new LoneCore({ code: 'str r0, [r1]\nstr r2, [r3]\nstr r0, [r1]', r: { 0: 1, 1: guarded, 2: 5, 3: REG.MPU_CTRL } });
    protect(core, [small]);
    core.bus.write(REG.MPU_CTRL, 0, 4);
    core.run(60);
    expect([core.faults.length, core.word(guarded), core.faults[0]?.pc]).toEqual([1, 1, CODE + 4]);
  });
});

describe('without privilege', () => {
  const user = 'movs r7, #1\nmsr control, r7\nisb';
  it('PRIMASK and CONTROL cannot be written and read as they are', () => {
    const core = new LoneCore({ code: `${user}\ncpsid i\nmovs r0, #1\nmsr primask, r0\nmovs r0, #0\nmsr control, r0\nmrs r1, control\nmrs r2, primask` }).run();
    expect([core.r(1), core.r(2), core.faults]).toEqual([1, 0, []]);
  });

  it('the Private Peripheral Bus faults', () => {
    const core = new LoneCore({ code: `${user}\nldr r0, [r1]`, r: { 1: REG.ICSR } }).run(60);
    expect([core.faults[0]?.fault.exception, core.faults[0]?.fault.status]).toEqual([Exception.BusFault, CFSR.PRECISERR]);
  });

  it('privileged memory that was just used faults, and is free again in the handler', () => {
    const code = `str r0, [r1]\n${user}\nstr r0, [r1, #4]`;
    const core = new LoneCore({ code, handlers: { [Exception.HardFault]: `str r0, [r1, #8]\n${END}` }, r: { 0: 5, 1: RAM } });
    protect(core, [{ base: RAM, bytes: 256, AP: AP.privilegedOnly }, { base: 0, bytes: 0x1_0000, AP: AP.full }, { base: RAM + 0x4000, bytes: 0x4000, AP: AP.full }]);
    core.run(100);
    expect([core.word(RAM), core.word(RAM + 4), core.word(RAM + 8), core.faults.length]).toEqual([5, 0, 5, 1]);
  });

  it('LDRT and STRT ask for the rights of a user', () => {
    const regions = [{ base: RAM, bytes: 256, AP: AP.userReadOnly }, { base: 0, bytes: 0x1_0000, AP: AP.full }];
    const load = new LoneCore({ code: 'ldrt r0, [r1]\nstr r2, [r1]\nstrt r2, [r1]', r: { 1: RAM, 2: 6 } });
    load.bus.poke(RAM, 5, 4);
    protect(load, regions);
    load.run(60);
    expect([load.r(0), load.word(RAM), load.faults.map(({ pc }) => pc)]).toEqual([5, 6, [CODE + 6]]);
  });

  it('CONTROL.nPRIV is kept while a handler runs with privilege', () => {
    const core = new LoneCore({ code: `${user}\nsvc 0\nmrs r3, control`, handlers: { [Exception.SVCall]: `mrs r4, control\nldr r5, =${REG.ICSR}\nldr r5, [r5]\nbx lr` } }).run();
    expect([core.r(4), core.r(5) & 0x1ff, core.r(3), core.faults]).toEqual([1, Exception.SVCall, 1, []]);
  });
});
