import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { FirmwareError, UF2_FAMILIES, loadFirmware, type LoadOptions } from '../../emulator/loader/index.js';
import { md5 } from '../../emulator/loader/md5.js';
import { writeUf2, type Uf2BlockPlan } from '../support/uf2-writer.js';

const RP2040 = UF2_FAMILIES['RP2040'];
const page = (fill: number, length = 256): Uint8Array => new Uint8Array(length).fill(fill);
const pages = (family: number | undefined, count: number, base = 0x1000_0000): Uf2BlockPlan[] =>
  Array.from({ length: count }, (_, i) => ({ address: base + 256 * i, payload: page(i), number: i, total: count, ...(family === undefined ? {} : { family }) }));

function refusal(blocks: readonly Uf2BlockPlan[] | Uint8Array, options: LoadOptions = {}): string {
  try {
    loadFirmware(blocks instanceof Uint8Array ? blocks : writeUf2(blocks), options);
  } catch (error) {
    expect(error).toBeInstanceOf(FirmwareError);
    return (error as FirmwareError).message;
  }
  throw new Error('the file was accepted');
}

describe('UF2 blocks', () => {
  it('are joined by address, in any order', () => {
    const image = loadFirmware(writeUf2([...pages(RP2040, 3)].reverse()));
    expect(image.segments.map((s) => [s.address, s.bytes.length, s.bytes[0], s.bytes[767]])).toEqual([[0x1000_0000, 768, 0, 2]]);
    expect(image).toMatchObject({ format: 'uf2', architecture: 'arm', uf2: { familyId: RP2040, familyName: 'RP2040' } });
  });

  it('carry up to 476 bytes', () => {
    const image = loadFirmware(writeUf2([{ address: 0, payload: page(1, 476) }, { address: 476, payload: page(2, 476) }]));
    expect(image.segments.map((s) => s.bytes.length)).toEqual([952]);
    expect(refusal([{ address: 0, payload: page(1, 480) }])).toMatch(/480 data bytes, only 476 fit/);
  });

  it('marked "not main flash" are left out', () =>
    expect(loadFirmware(writeUf2([{ address: 0, payload: page(1) }, { address: 0x100, payload: page(2), flags: 1 }])).segments.map((s) => s.bytes.length)).toEqual([256]));

  it('of a file container are no firmware', () => expect(refusal([{ address: 0, payload: page(1), flags: 0x1000, after: [0x61, 0] }])).toMatch(/container of files/));

  it.each<[string, Uf2BlockPlan[] | Uint8Array, RegExp]>([
    ['missing from the middle', pages(RP2040, 4).filter((b) => b.number !== 2), /lacks block 2 of 4/],
    ['missing from the end', pages(RP2040, 4).slice(0, 3), /lacks block 3 of 4/],
    ['of two files', [...pages(RP2040, 2), ...pages(RP2040, 3)], /two files were mixed/],
    ['numbered past their total', [{ address: 0, payload: page(0), number: 7, total: 4 }], /number 7 of 4/],
    ['past 4 GiB', [{ address: 0xffff_ff80, payload: page(0) }], /past the end/],
    ['cut off', writeUf2(pages(RP2040, 2)).slice(0, 700), /ends inside a block/],
    ['without their end magic', writeUf2(pages(RP2040, 2)).fill(0, 1020), /block at offset 0x200 lacks its magic/],
    ['that disagree', [{ address: 0, payload: page(1) }, { address: 128, payload: page(2) }], /disagree about the byte at 0x00000080/],
    ['of a RISC-V chip', pages(UF2_FAMILIES['ESP32C3'], 1), /ESP32C3.*RISC-V/],
  ])('%s are refused', (_, blocks, message) => expect(refusal(blocks)).toMatch(message));
});

describe('UF2 families', () => {
  const mixed = writeUf2([...pages(RP2040, 2), ...pages(UF2_FAMILIES['NRF52840'], 1, 0x2_7000)]);

  it('mixed in one file must be chosen from', () => expect(refusal(mixed)).toMatch(/several families: RP2040 \(0xe48bff56\), NRF52840 \(0xada52840\)/));

  it.each<[string | number, number]>([['rp2040', 0x1000_0000], ['NRF52840', 0x2_7000], [0xada52840, 0x2_7000]])('are chosen by %s', (uf2Family, address) =>
    expect(loadFirmware(mixed, { uf2Family }).segments[0].address).toBe(address));

  it('not in the file are refused', () => expect(refusal(mixed, { uf2Family: 'SAMD21' })).toMatch(/not for SAMD21/));

  it('not known by name are refused', () => expect(refusal(mixed, { uf2Family: 'Z80' })).toMatch(/no UF2 family is called "Z80"/));

  it('do not count the block that works around RP2350-E10', () => {
    const e10: Uf2BlockPlan = { address: 0x10ff_ff00, payload: page(0xef), family: UF2_FAMILIES['RP2XXX_ABSOLUTE'], number: 0, total: 2 };
    expect(loadFirmware(writeUf2([e10, ...pages(UF2_FAMILIES['RP2350_ARM_S'], 2)]))).toMatchObject({ uf2: { familyName: 'RP2350_ARM_S' }, segments: [{ address: 0x1000_0000 }] });
  });
});

describe('UF2 extras', () => {
  it('extension tags: the specification\'s example', () => {
    const tags = [0x09, 0xbc, 0xc7, 0x9f, ...Buffer.from('0.1.2'), 0, 0, 0, 0x14, 0x9d, 0x0d, 0x65, ...Buffer.from('ACME Toaster mk3'), 0xff, 0xff, 0xff, 0xff];
    expect(loadFirmware(writeUf2([{ address: 0, payload: page(0), flags: 0x8000, after: tags }])).uf2).toMatchObject({ version: '0.1.2', device: 'ACME Toaster mk3' });
  });

  it('an extension tag longer than its block is refused', () => expect(refusal([{ address: 0, payload: page(0, 468), flags: 0x8000, after: [0xfe, 1, 2, 3] }])).toMatch(/extension tag at offset 0x1f4/));

  const region = { start: 0, length: 512, sum: new Uint8Array(createHash('md5').update(page(0)).update(page(1)).digest()) };
  it('an MD5 sum is compared', () => {
    const blocks = pages(undefined, 2, 0).map((b) => ({ ...b, md5: region }));
    expect(loadFirmware(writeUf2(blocks)).warnings).toEqual([]);
    expect(refusal([blocks[0], { ...blocks[1], payload: page(9) }])).toMatch(/do not have the MD5 sum/);
  });

  it.each([0, 1, 55, 56, 63, 64, 65, 1000])('MD5 of %i bytes is that of node:crypto', (length) => {
    const bytes = Uint8Array.from({ length }, (_, i) => (i * 31) & 0xff);
    expect(Buffer.from(md5(bytes)).toString('hex')).toBe(createHash('md5').update(bytes).digest('hex'));
  });
});
