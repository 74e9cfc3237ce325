import { describe, expect, it } from 'vitest';
import { FirmwareError, loadFirmware, type LoadOptions } from '../../emulator/loader/index.js';
import { writeElf } from '../support/elf-writer.js';
import { END_OF_FILE, hexRecord, text } from '../support/hex-writer.js';
import { writeUf2 } from '../support/uf2-writer.js';

const bytes = Uint8Array.of(0, 0x40, 0, 0x20, 0xc1, 0, 0, 0);
const elf = writeElf({ segments: [{ address: 0, bytes }] });
const hex = text([hexRecord(0, 0, [1]), END_OF_FILE]);
const uf2 = writeUf2([{ address: 0, payload: bytes }]);
const ascii = (content: string): Uint8Array => Uint8Array.from(content, (c) => c.charCodeAt(0));

describe('the format is read from the content', () => {
  it.each<[string, Uint8Array, LoadOptions]>([
    ['elf', elf, { name: 'firmware.hex' }], ['hex', hex, { name: 'firmware.bin', address: 0 }], ['uf2', uf2, { name: 'firmware' }], ['bin', bytes, { address: 0x0800_0000 }],
    ['bin', ascii(':00 is no record'), { name: 'data.bin', address: 0 }],
  ])('%s', (format, content, options) => expect(loadFirmware(content, options).format).toBe(format));

  it('unless a format is given', () => expect(loadFirmware(hex, { format: 'bin', address: 0 }).format).toBe('bin'));

  it('a raw binary lies where it is told to', () => expect(loadFirmware(bytes, { address: 0x0800_0000, architecture: 'arm' })).toMatchObject({ architecture: 'arm', segments: [{ address: 0x0800_0000, bytes }] }));
});

describe('what is no firmware is called by its name', () => {
  it.each<[string, Uint8Array, LoadOptions, RegExp]>([
    ['an empty file', new Uint8Array(), {}, /empty/],
    ['a ZIP archive', ascii('PK\x03\x04......'), { name: 'firmware.zip' }, /ZIP archive/],
    ['a model', ascii('\x1c\0\0\0TFL3....'), {}, /TensorFlow Lite model/],
    ['S-records', ascii('S00600004844521B'), {}, /objcopy/],
    ['a web page', ascii('<!DOCTYPE html>'), { name: 'firmware.hex' }, /web page/],
    ['a library', ascii('!<arch>\nlibc.o'), {}, /link it/],
    ['a wrong name', bytes, { name: 'firmware.elf' }, /name says an ELF file.*00 40 00 20/],
    ['a raw binary without an address', bytes, { name: 'firmware.bin' }, /give the address of its first byte, --address/],
    ['unknown bytes', bytes, {}, /neither ELF, Intel HEX nor UF2/],
    ['a damaged HEX file', ascii(':0100000001FF'), {}, /checksum/],
    ['a negative address', bytes, { address: -4 }, /-4 is no 32-bit address/],
    ['an address too high', bytes, { address: 0xffff_fffc }, /past the end/],
  ])('%s', (_, content, options, message) => {
    expect(() => loadFirmware(content, options)).toThrow(FirmwareError);
    expect(() => loadFirmware(content, options)).toThrow(message);
  });
});
