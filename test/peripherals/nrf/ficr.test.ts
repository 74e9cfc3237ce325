/** Nordic FICR, and UICR as the blocks read it: nRF52840 Product Specification v1.1, FICR, UICR; nRF51 Reference Manual v3.0, FICR. */
import { describe, expect, it } from 'vitest';
import type { ChipMemory } from '../../../emulator/peripherals/block.js';
import { BLOCKS } from '../../../emulator/peripherals/index.js';
import { FICR } from '../../../emulator/peripherals/nrf/ficr.js';
import { resetPinOf, UICR_BASE } from '../../../emulator/peripherals/nrf/uicr.js';
import { bench } from '../bench.js';

const NRF52840 = { part: 0x52840, variant: 'AAD0', package: 4, ramKilobytes: 256, flashKilobytes: 1024, pageBytes: 4096 };
const NRF51822 = { part: 0x51822, variant: 'QFAA', package: 0xd1, ramKilobytes: 16, flashKilobytes: 256, pageBytes: 1024 };

describe('FICR', () => {
  it('describes an nRF52840', () => {
    const { read } = bench(FICR, 'nrf/ficr', NRF52840);
    expect(['CODEPAGESIZE', 'CODESIZE', 'INFO_PART', 'INFO_VARIANT', 'INFO_PACKAGE', 'INFO_RAM', 'INFO_FLASH'].map(read))
      .toEqual([4096, 256, 0x52840, 0x4141_4430, 0x2004, 256, 1024]);
  });

  it('has the specification\'s temperature coefficients, with ones above them', () => {
    const { read } = bench(FICR, 'nrf/ficr', NRF52840);
    expect(['TEMP_A0', 'TEMP_B5', 'TEMP_T4'].map(read)).toEqual([0xffff_f320, 0xffff_3e10, 0xffff_ff50]);
  });

  it('describes an nRF51822', () => {
    const { read } = bench(FICR, 'nrf/ficr', NRF51822);
    expect(['CODEPAGESIZE', 'CODESIZE', 'NUMRAMBLOCK', 'SIZERAMBLOCK[0]', 'CONFIGID', 'INFO_PART'].map(read))
      .toEqual([1024, 256, 2, 8192, 0xffff_00d1, 0xffff_ffff]);
  });

  it('gives another seed another identity, and the same seed the same', () => {
    const { chip } = bench(FICR, 'nrf/ficr', NRF52840);
    const identity = (seed: number): number => {
      const ficr = BLOCKS['nrf/ficr'].create({ ...chip.context, seed }, BLOCKS['nrf/ficr'].options.parse(NRF52840));
      return ficr.read(FICR.offsetOf('DEVICEID'), 4);
    };
    expect([identity(5) === identity(5), identity(5) === identity(6)]).toEqual([true, false]);
  });

  it('has a random address of 48 bits', () => {
    const { read } = bench(FICR, 'nrf/ficr', NRF52840);
    expect([read('DEVICEADDRTYPE') & 1, read('DEVICEADDR[1]') >>> 16]).toEqual([1, 0xffff]);
  });

  it('cannot be written', () => {
    const { read, write } = bench(FICR, 'nrf/ficr', NRF52840);
    write('INFO_PART', 0);
    expect(read('INFO_PART')).toBe(0x52840);
  });
});

describe('PSELRESET', () => {
  const uicr = (first: number, second: number): number => {
    const data = new Uint8Array(0x1000).fill(0xff);
    new DataView(data.buffer).setUint32(0x200, first, true);
    new DataView(data.buffer).setUint32(0x204, second, true);
    const memory: ChipMemory = { name: 'uicr', kind: 'flash', base: UICR_BASE, bytes: 0x1000, data, changed: () => undefined, onStore: undefined };
    return resetPinOf({ find: (address) => (address >= UICR_BASE ? memory : undefined) });
  };

  it('chooses a pin where both registers agree', () => {
    expect(uicr(18, 18)).toBe(18);
  });

  it('chooses none where they do not', () => {
    expect(uicr(18, 19)).toBe(0xffff_ffff);
  });
});
