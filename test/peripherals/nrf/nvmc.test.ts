/**
 * Nordic NVMC, ACL and nRF51's MPU: nRF52840 Product Specification v1.1, NVMC and ACL; nRF51 Reference Manual v3.0, MPU;
 * nRF51822 Product Specification v3.3 for its times. 25 ticks are 1 us.
 */
import { describe, expect, it } from 'vitest';
import { BusError } from '../../../emulator/bus/types.js';
import { ACL } from '../../../emulator/peripherals/nrf/acl.js';
import { NRF51_MPU } from '../../../emulator/peripherals/nrf/nrf51-mpu.js';
import { NVMC } from '../../../emulator/peripherals/nrf/nvmc.js';
import { BLOCKS } from '../../../emulator/peripherals/index.js';
import { bench, BENCH_HZ } from '../bench.js';

const MICROSECOND = BENCH_HZ / 1_000_000;
const WEN = 1;
const EEN = 2;

function controller(family: 'nrf51' | 'nrf52833' | 'nrf52840' = 'nrf52840') {
  const on = bench(NVMC, 'nrf/nvmc', { family });
  const { flash } = on.chip;
  return {
    ...on,
    /** A store of the core's. */
    store: (offset: number, value: number, bytes: 1 | 2 | 4 = 4) => flash.onStore!(offset, value, bytes),
    word: (offset: number) => new DataView(flash.data.buffer).getUint32(offset, true),
    put: (offset: number, value: number) => new DataView(flash.data.buffer).setUint32(offset, value, true),
  };
}

describe('a store to flash', () => {
  it('clears bits and sets none', () => {
    const { write, store, word } = controller();
    write('CONFIG', WEN);
    store(0x100, 0xff00_ff00);
    store(0x100, 0x0ff0_0ff0);
    expect(word(0x100)).toBe(0x0f00_0f00);
  });

  it('is a bus error while CONFIG does not enable writing', () => {
    const { store } = controller();
    expect(() => store(0x100, 0)).toThrow(BusError);
  });

  it.each([1, 2] as const)('is a bus error with %i bytes', (bytes) => {
    const { write, store } = controller();
    write('CONFIG', WEN);
    expect(() => store(0x100, 0, bytes)).toThrow(/whole words/);
  });

  it.each([['nrf52840', 41], ['nrf52833', 42.5], ['nrf51', 46.3]] as const)('holds the core of %s for %f us', (family, microseconds) => {
    const { write, store, chip } = controller(family);
    write('CONFIG', WEN);
    store(0x100, 0);
    expect(chip.stalls).toEqual([Math.ceil(microseconds * MICROSECOND)]);
  });

  it('makes READY and READYNEXT busy until it is done', () => {
    const { write, store, read, tick } = controller();
    write('CONFIG', WEN);
    store(0x100, 0);
    tick(41 * MICROSECOND - 1);
    const before = [read('READY'), read('READYNEXT')];
    tick(1);
    expect([before, read('READY'), read('READYNEXT')]).toEqual([[0, 0], 1, 1]);
  });

  it('warns at the third to one word without an erase', () => {
    const { write, store, warnings } = controller();
    write('CONFIG', WEN);
    store(0x100, 0xff);
    store(0x100, 0xf);
    const before = warnings.length;
    store(0x100, 0);
    expect([before, warnings.length]).toEqual([0, 1]);
  });
});

describe('an erase', () => {
  it('sets the page of 4 KB that holds the address, and nothing else', () => {
    const { write, put, word } = controller();
    for (const at of [0x0ffc, 0x1000, 0x1ffc, 0x2000]) put(at, 0);
    write('CONFIG', EEN);
    write('ERASEPAGE', 0x1000);
    expect([0x0ffc, 0x1000, 0x1ffc, 0x2000].map(word)).toEqual([0, 0xffff_ffff, 0xffff_ffff, 0]);
  });

  it('has pages of 1 KB on nRF51', () => {
    const { write, put, word } = controller('nrf51');
    for (const at of [0x400, 0x7fc, 0x800]) put(at, 0);
    write('CONFIG', EEN);
    write('ERASEPAGE', 0x400);
    expect([0x400, 0x7fc, 0x800].map(word)).toEqual([0xffff_ffff, 0xffff_ffff, 0]);
  });

  it('does nothing while CONFIG does not enable it, and says so', () => {
    const { write, put, word, warnings } = controller();
    put(0, 0);
    write('ERASEPAGE', 0);
    write('ERASEALL', 1);
    expect([word(0), warnings.length]).toEqual([0, 2]);
  });

  it.each([
    ['nrf52840', 'ERASEPAGE', 0, 85_000], ['nrf52840', 'ERASEALL', 1, 169_000], ['nrf52840', 'ERASEPAGEPARTIAL', 0, 10_000],
    ['nrf51', 'ERASEPAGE', 0, 22_300], ['nrf51', 'ERASEALL', 1, 22_300],
  ] as const)('of %s by %s holds the core for its time', (family, register, value, microseconds) => {
    const { write, chip } = controller(family);
    write('CONFIG', EEN);
    write(register, value);
    expect(chip.stalls).toEqual([microseconds * MICROSECOND]);
  });

  it('in parts is one when their durations reach 85 ms', () => {
    const { write, put, word } = controller();
    put(0x1000, 0);
    write('CONFIG', EEN);
    const seen = Array.from({ length: 9 }, () => {
      write('ERASEPAGEPARTIAL', 0x1000);
      return word(0x1000);
    });
    expect(seen).toEqual([...Array<number>(8).fill(0), 0xffff_ffff]);
  });

  it('of everything clears all of flash', () => {
    const { write, chip } = controller();
    chip.flash.data.fill(0);
    write('CONFIG', EEN);
    write('ERASEALL', 1);
    expect(chip.flash.data.every((byte) => byte === 0xff)).toBe(true);
  });
});

describe('ACL', () => {
  const locked = (perm: number) => {
    const on = controller();
    const acl = BLOCKS['nrf/acl'].create(on.chip.contextFor('acl', 0x4001_e000), {});
    acl.write(ACL.offsetOf('ACL_ADDR', 2), 0x1000, 4);
    acl.write(ACL.offsetOf('ACL_SIZE', 2), 0x1000, 4);
    acl.write(ACL.offsetOf('ACL_PERM', 2), perm, 4);
    on.write('CONFIG', WEN);
    return { ...on, acl };
  };

  it('forbids writing in its region, up to its last word', () => {
    const { store } = locked(2);
    expect([0x1000, 0x1ffc].map((at) => { try { store(at, 0); return 'written'; } catch { return 'refused'; } })).toEqual(['refused', 'refused']);
  });

  it('lets its neighbours be written', () => {
    const { store, word } = locked(2);
    store(0x0ffc, 0);
    store(0x2000, 0);
    expect([word(0x0ffc), word(0x2000)]).toEqual([0, 0]);
  });

  it('forbids the erase of a page', () => {
    const { write } = locked(2);
    write('CONFIG', EEN);
    expect(() => write('ERASEPAGE', 0x1000)).toThrow(BusError);
  });

  it('cannot be taken back before a reset', () => {
    const { acl, store } = locked(2);
    acl.write(ACL.offsetOf('ACL_PERM', 2), 0, 4);
    expect(() => store(0x1000, 0)).toThrow(BusError);
    acl.reset();
    expect(() => store(0x1000, 0)).not.toThrow();
  });
});

describe("nRF51's MPU", () => {
  it('forbids writing a block of 4 KB from when its bit is set until a reset', () => {
    const { chip, write, store } = controller('nrf51');
    const mpu = BLOCKS['nrf/nrf51-mpu'].create(chip.contextFor('mpu', 0x4000_0000), {});
    mpu.write(NRF51_MPU.offsetOf('PROTENSET0'), 1 << 3, 4);
    write('CONFIG', WEN);
    const isRefused = (at: number): boolean => { try { store(at, 0); return false; } catch { return true; } };
    const seen = [0x2ffc, 0x3000, 0x3ffc, 0x4000].map(isRefused);
    mpu.reset();
    expect([seen, isRefused(0x3000)]).toEqual([[false, true, true, false], false]);
  });
});
