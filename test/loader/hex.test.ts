import { describe, expect, it } from 'vitest';
import { FirmwareError, loadFirmware, type LoadOptions } from '../../emulator/loader/index.js';
import { END_OF_FILE, hexRecord, text, universalSection } from '../support/hex-writer.js';

const eight = [1, 2, 3, 4, 5, 6, 7, 8];

function load(lines: readonly string[], options: LoadOptions = {}, ending = '\n') {
  return loadFirmware(text(lines, ending), { format: 'hex', ...options });
}

function pieces(lines: readonly string[], options: LoadOptions = {}) {
  return load(lines, options).segments.map(({ address, bytes }) => [address, [...bytes]]);
}

function refusal(lines: readonly string[], options: LoadOptions = {}): string {
  try {
    load(lines, options);
  } catch (error) {
    expect(error).toBeInstanceOf(FirmwareError);
    return (error as FirmwareError).message;
  }
  throw new Error('the file was accepted');
}

describe('Intel HEX records', () => {
  it('of data go to the base of record type 04', () =>
    expect(pieces([hexRecord(4, 0, [0x08, 0x00]), hexRecord(0, 0x10, eight), END_OF_FILE])).toEqual([[0x0800_0010, eight]]));

  it('of data carry on past 64 KiB after type 04', () =>
    expect(pieces([hexRecord(4, 0, [0x08, 0x00]), hexRecord(0, 0xfffc, eight), END_OF_FILE])).toEqual([[0x0800_fffc, eight]]));

  it('of data wrap inside their 64 KiB segment after type 02', () =>
    expect(pieces([hexRecord(2, 0, [0x10, 0x00]), hexRecord(0, 0xfffc, eight), END_OF_FILE])).toEqual([[0x1_0000, [5, 6, 7, 8]], [0x1_fffc, [1, 2, 3, 4]]]));

  it.each([
    ['03 as CS:IP', hexRecord(3, 0, [0x30, 0x00, 0x22, 0x51]), 0x3_2251],
    ['05 as a linear address', hexRecord(5, 0, [0x00, 0x01, 0x8e, 0x21]), 0x0001_8e21],
  ])('of type %s give the entry', (_, record, entry) => expect(load([hexRecord(0, 0, eight), record, END_OF_FILE]).entry).toBe(entry));

  it('are joined when adjacent, whatever their order', () =>
    expect(pieces([hexRecord(0, 8, eight), hexRecord(0, 0, eight), hexRecord(0, 0x100, [9]), END_OF_FILE])).toEqual([[0, [...eight, ...eight]], [0x100, [9]]]));

  it('may repeat bytes that agree', () =>
    expect(pieces([hexRecord(0, 0, eight), hexRecord(0, 4, [5, 6, 7, 8, 9]), END_OF_FILE])).toEqual([[0, [...eight, 9]]]));

  it('spanning 4 GiB take memory for their bytes only', () =>
    expect(pieces([hexRecord(0, 0, [1]), hexRecord(4, 0, [0xff, 0xff]), hexRecord(0, 0xffff, [2]), END_OF_FILE])).toEqual([[0, [1]], [0xffff_ffff, [2]]]));
});

describe('Intel HEX text', () => {
  const lines = [hexRecord(0, 0, [0xab, 0xcd]), END_OF_FILE];
  it.each([['LF', '\n'], ['CRLF', '\r\n'], ['CR', '\r'], ['blank lines', '\n\n'], ['trailing blanks', '  \n']])('may end lines in %s', (_, ending) =>
    expect([...load(lines, {}, ending).segments[0].bytes]).toEqual([0xab, 0xcd]));

  it('may be lower case', () => expect([...load(lines.map((line) => line.toLowerCase())).segments[0].bytes]).toEqual([0xab, 0xcd]));

  it('may start with a byte order mark', () => expect(loadFirmware(Uint8Array.of(0xef, 0xbb, 0xbf, ...text(lines))).format).toBe('hex'));

  it('without an end-of-file record loads with a warning', () => expect(load(lines.slice(0, 1)).warnings).toEqual([expect.stringContaining('end-of-file record')]));

  it('after the end-of-file record is ignored with a warning', () => expect(load([...lines, 'anything']).warnings).toEqual([expect.stringContaining('line 3')]));
});

describe('Intel HEX refusals', () => {
  it.each<[string, string[], RegExp]>([
    ['a wrong checksum', [hexRecord(0, 0, eight), hexRecord(0, 8, [1], 0x00)], /line 2 \(offset 0x1c\).*checksum is 0x00, the record adds up to 0xf6/],
    ['a short line', [':10000000AABB'], /line 1.*before its 16 data bytes/],
    ['a line cut in its header', [':0400'], /header/],
    ['half a byte', [':0100000A1'], /odd number/],
    ['text after the checksum', [`${hexRecord(0, 0, [1])}xyz`], /after the checksum/],
    ['other text', ['hello', hexRecord(0, 0, [1])], /line 1.*colon/],
    ['an unknown type', [hexRecord(7, 0, [])], /type 0x07/],
    ['a base of the wrong length', [hexRecord(4, 0, [1])], /1 data bytes instead of 2/],
    ['bytes that disagree', [hexRecord(0, 0, [1, 2]), hexRecord(0, 1, [3])], /disagree about the byte at 0x00000001 \(0x2 and 0x3\)/],
    ['data past 4 GiB', [hexRecord(4, 0, [0xff, 0xff]), hexRecord(0, 0xffff, [1, 2])], /past the end/],
    ['no data', [END_OF_FILE], /no data/],
    ['board-specific data outside a block', [hexRecord(0x0d, 0, [1])], /outside a Universal Hex block/],
  ])('%s', (_, lines, message) => expect(refusal(lines)).toMatch(message));
});

describe('micro:bit Universal Hex', () => {
  const both = [
    ...universalSection(0x9900, [{ address: 0, data: [1, 1, 1, 1] }, { address: 0x1000_10c0, data: [1, 2] }]),
    ...universalSection(0x9903, [{ address: 0, data: [2, 2, 2, 2] }]),
    END_OF_FILE,
  ];

  it('asks for a board', () => expect(refusal(both)).toMatch(/microbit-v1 \(0x9900\) and microbit-v2 \(0x9903\): choose a board/));

  it.each<[NonNullable<LoadOptions['boardTarget']>, number, unknown]>([
    ['microbit-v1', 0x9900, [[0, [1, 1, 1, 1]], [0x1000_10c0, [1, 2]]]],
    ['microbit-v2', 0x9903, [[0, [2, 2, 2, 2]]]],
    [0x9903, 0x9903, [[0, [2, 2, 2, 2]]]],
  ])('gives the half for %s', (boardTarget, board, expected) => {
    expect(pieces(both, { boardTarget })).toEqual(expected);
    expect(load(both, { boardTarget })).toMatchObject({ architecture: 'arm', universalHexBoard: board });
  });

  it('refuses a board it has nothing for', () => expect(refusal(both, { boardTarget: 0x1234 })).toMatch(/not for board 0x1234/));

  it('with one board needs no choice', () => expect(pieces([...universalSection(0x9903, [{ address: 0, data: [5] }]), END_OF_FILE])).toEqual([[0, [5]]]));

  // Both from the specification's block example, the data lines shortened.
  const blocks = [
    ':020000040000FA', ':0400000A9900C0DEBB', ':1000A000DF010000E9010000F3010000FD01000094', ':0C00000BDEADC0DEDEADC0DEDEADC0DE6E',
    ':020000040000FA', ':0400000A9903C0DEB8', ':1000A00DDF010000E9010000F3010000FD01000087', ':0C00000BDEADC0DEDEADC0DEDEADC0DE6E',
    ':020000040000FA', ':0400000A9903C0DEB8', ':1000B00D07020000110200001B02000025020000D3', ':0C00000BDEADC0DEDEADC0DEDEADC0DE6E', END_OF_FILE,
  ];
  it('in 512-byte blocks repeats its block starts', () => {
    expect(load(blocks, { boardTarget: 'microbit-v2' }).segments.map((s) => [s.address, s.bytes.length])).toEqual([[0xa0, 32]]);
    expect(load(blocks, { boardTarget: 'microbit-v1' }).segments.map((s) => [s.address, s.bytes.length])).toEqual([[0xa0, 16]]);
  });

  it('without Universal Hex ignores the board that is asked for', () => expect(load([hexRecord(0, 0, [1]), END_OF_FILE], { boardTarget: 'microbit-v2' }).universalHexBoard).toBeUndefined());
});
