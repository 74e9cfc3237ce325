/** An SD card in SPI mode, by the Physical Layer Simplified Specification, chapter 7. */
import { describe, expect, it } from 'vitest';
import { crc16, crc7 } from '../../../emulator/sensors/actuators/sd-registers.js';
import { pinBench, type PinBench } from './pin-bench.js';

const IDLE = 0x01, ILLEGAL = 0x04, CRC = 0x08, ERASE_SEQUENCE = 0x10, ADDRESS = 0x20, PARAMETER = 0x40;
const FILLED = Array.from({ length: 512 }, (_, index) => (index * 7) & 0xff);

class Host {
  readonly bench: PinBench;

  constructor(options: Record<string, unknown> = {}, image?: Uint8Array) {
    this.bench = pinBench('sd-card', { ...options, ...(image && { image: 'card.img' }) }, [], image ? { file: () => image } : {});
    this.bench.select(true);
  }

  /** @returns R1 and as many bytes after it */
  command(index: number, argument = 0, more = 0, crc?: number): number[] {
    const bytes = [0x40 | index, argument >>> 24, (argument >> 16) & 0xff, (argument >> 8) & 0xff, argument & 0xff];
    this.bench.exchange(0xff, ...bytes, crc ?? ((crc7(bytes) << 1) | 1));
    return this.answer(more);
  }

  application(index: number, argument = 0, more = 0): number[] {
    this.command(55);
    return this.command(index, argument, more);
  }

  answer(more = 0): number[] {
    for (let waited = 0; waited < 8; waited++) {
      const [byte] = this.bench.exchange(0xff);
      if ((byte & 0x80) === 0) return [byte, ...this.bench.exchange(...Array<number>(more).fill(0xff))];
    }
    return [];
  }

  /** A data block with its checksum, or nothing within 10 ms. */
  block(length = 512): number[] {
    for (let waited = 0; waited < 100; waited++) {
      const [byte] = this.bench.exchange(0xff);
      if (byte === 0xfe) {
        const bytes = this.bench.exchange(...Array<number>(length + 2).fill(0xff));
        const data = bytes.slice(0, length);
        return crc16(data) === ((bytes[length] << 8) | bytes[length + 1]) ? data : [-1];
      }
      this.bench.microseconds(100);
    }
    return [];
  }

  /** @returns the data response's low five bits */
  send(token: number, data: readonly number[], crc = crc16(data)): number {
    this.bench.exchange(token, ...data, crc >> 8, crc & 0xff);
    return this.bench.exchange(0xff)[0] & 0x1f;
  }

  /** @returns milliseconds of busy level */
  busy(): number {
    const start = this.bench.now();
    while (this.bench.exchange(0xff)[0] === 0 && this.bench.now() - start < 500_000) this.bench.microseconds(100);
    return (this.bench.now() - start) / 1000;
  }

  initialise(): this {
    this.command(0);
    this.command(8, 0x1aa, 4);
    this.application(41, 0x4000_0000);
    this.bench.microseconds(50_000);
    this.application(41, 0x4000_0000);
    return this;
  }
}

// 4.5, examples.
it('has the checksums of the specification\'s examples', () => {
  expect([crc7([0x40, 0, 0, 0, 0]), crc7([0x51, 0, 0, 0, 0]), crc7([0x11, 0, 0, 0x09, 0]), crc16(Array<number>(512).fill(0xff))]).toEqual([0b1001010, 0b0101010, 0b0110011, 0x7fa1]);
});

describe('on its way up', () => {
  it('answers nothing until CMD0 with its checksum', () => {
    const host = new Host();
    expect([host.command(58, 0, 4), host.command(0, 0, 0, 0x01), host.command(0, 0, 0, 0x95)]).toEqual([[], [], [IDLE]]);
  });

  it('gives back voltage and check pattern for CMD8', () => {
    const host = new Host();
    host.command(0);
    expect([host.command(8, 0x1aa, 4), host.command(8, 0x1aa, 0, 0x01)]).toEqual([[IDLE, 0, 0, 1, 0xaa], [IDLE | CRC]]);
  });

  it('is idle for 50 ms after the first ACMD41, then ready and of high capacity', () => {
    const host = new Host();
    host.command(0);
    const first = host.application(41, 0x4000_0000);
    host.bench.microseconds(49_000);
    const early = [host.application(41, 0x4000_0000), host.command(58, 0, 4)];
    host.bench.microseconds(1000);
    expect([first, early, host.application(41, 0x4000_0000), host.command(58, 0, 4)]).toEqual([[IDLE], [[IDLE], [IDLE, 0, 0xff, 0x80, 0]], [0], [0, 0xc0, 0xff, 0x80, 0]]);
  });

  it('knows no other command before, nor ACMD41 without CMD55', () => {
    const host = new Host();
    host.command(0);
    expect([host.command(17), host.command(41), host.command(60)]).toEqual([[IDLE | ILLEGAL], [IDLE | ILLEGAL], [IDLE | ILLEGAL]]);
  });

  it('checks commands after CMD59', () => {
    const host = new Host().initialise();
    const before = host.command(13, 0, 1, 0x01);
    host.command(59, 1);
    expect([before, host.command(13, 0, 0, 0x01), host.command(13, 0, 1)]).toEqual([[0, 0], [CRC], [0, 0]]);
  });
});

describe('its registers', () => {
  it('CSD 2.0 says the capacity: (C_SIZE + 1) * 512 KiB', () => {
    const host = new Host({ size: 100 }).initialise();
    host.command(9);
    const csd = host.block(16);
    const size = ((csd[7] & 0x3f) << 16) | (csd[8] << 8) | csd[9];
    expect([csd[0] >> 6, (size + 1) / 2, (csd[15] >> 1) === crc7(csd.slice(0, 15))]).toEqual([1, 100, true]);
  });

  // 5.3.2: (C_SIZE + 1) * 2^(C_SIZE_MULT + 2) * 2^READ_BL_LEN.
  it.each([1, 8, 100, 1024])('CSD 1.0 says the capacity of %s MiB', (size) => {
    const host = new Host({ size, type: 'sdsc' }).initialise();
    host.command(9);
    const csd = host.block(16);
    const cSize = ((csd[6] & 3) << 10) | (csd[7] << 2) | (csd[8] >> 6);
    const multiplier = ((csd[9] & 3) << 1) | (csd[10] >> 7);
    expect([csd[0] >> 6, ((cSize + 1) * 2 ** (multiplier + 2 + (csd[5] & 0xf))) / 2 ** 20]).toEqual([0, size]);
  });

  it('CID has a name and a checksum', () => {
    const host = new Host().initialise();
    host.command(10);
    const cid = host.block(16);
    expect([String.fromCharCode(...cid.slice(3, 8)), (cid[15] >> 1) === crc7(cid.slice(0, 15))]).toEqual(['THUMB', true]);
  });

  it('SCR says physical layer 2 and four lines, SD status speed class 4', () => {
    const host = new Host().initialise();
    host.application(51);
    const scr = host.block(8);
    const answer = host.application(13, 0, 1);
    expect([scr.slice(0, 2), answer, host.block(64)[8]]).toEqual([[0x02, 0x35], [0, 0], 2]);
  });
});

describe('blocks', () => {
  it('come from the image by block number, zeros past its end', () => {
    const image = new Uint8Array(1024).fill(0x11, 0, 512).fill(0x22, 512);
    const host = new Host({}, image).initialise();
    const read = (block: number): number => {
      host.command(17, block);
      return host.block()[0];
    };
    expect([read(0), read(1), read(2)]).toEqual([0x11, 0x22, 0]);
  });

  it('come by byte number from an SDSC card, in lengths that CMD16 sets', () => {
    const host = new Host({ type: 'sdsc' }, Uint8Array.from([...FILLED, ...FILLED])).initialise();
    host.command(16, 4);
    host.command(17, 514);
    expect([host.block(4), host.command(17, 510), host.command(16, 513)]).toEqual([[14, 21, 28, 35], [ADDRESS], [PARAMETER]]);
  });

  it('are written, which takes a millisecond, and read back; the image stays', () => {
    const image = new Uint8Array(512);
    const host = new Host({}, image).initialise();
    host.command(24, 0);
    const response = host.send(0xfe, FILLED);
    const busy = host.busy();
    host.command(17, 0);
    expect([response, Math.round(busy), host.block(), image.every((byte) => byte === 0)]).toEqual([0x05, 1, FILLED, true]);
  });

  it('are refused with a wrong checksum when checksums are on', () => {
    const host = new Host().initialise();
    host.command(59, 1);
    host.command(24, 5);
    const response = host.send(0xfe, FILLED, 0x1234);
    host.busy();
    host.command(17, 5);
    expect([response, host.block()[1]]).toEqual([0x0b, 0]);
  });

  it('are read one after the other until CMD12', () => {
    const image = new Uint8Array(2048).map((_, index) => index >> 9);
    const host = new Host({}, image).initialise();
    host.command(18, 1);
    const blocks = [host.block()[0], host.block()[0], host.block()[0]];
    expect([blocks, host.command(12), host.command(13, 0, 1)]).toEqual([[1, 2, 3], [0], [0, 0]]);
  });

  it('are written one after the other until the stop token, and ACMD22 counts them', () => {
    const host = new Host().initialise();
    host.application(23, 3);
    host.command(25, 7);
    const responses = [1, 2, 3].map((value) => {
      const response = host.send(0xfc, Array<number>(512).fill(value));
      host.busy();
      return response;
    });
    host.bench.exchange(0xfd, 0xff);
    host.busy();
    host.application(22);
    const count = host.block(4);
    const read = [7, 8, 9, 10].map((block) => {
      host.command(17, block);
      return host.block()[0];
    });
    expect([responses, count, read]).toEqual([[5, 5, 5], [0, 0, 0, 3], [1, 2, 3, 0]]);
  });

  it('stop by themselves after as many as CMD23 said', () => {
    const host = new Host({}, new Uint8Array(2048)).initialise();
    host.command(23, 2);
    host.command(18, 0);
    expect([host.block().length, host.block().length, host.block().length]).toEqual([512, 512, 0]);
  });

  it('past the end are refused', () => {
    const host = new Host({ size: 1 }).initialise();
    expect([host.command(17, 2047), host.command(17, 2048), host.command(24, 2048)]).toEqual([[0], [PARAMETER], [PARAMETER]]);
  });

  it('are erased to zeros by CMD32, CMD33 and CMD38 in this order', () => {
    const host = new Host({}, new Uint8Array(2048).fill(9)).initialise();
    const wrong = [host.command(33, 2), host.command(38)];
    host.command(32, 1);
    host.command(33, 2);
    host.command(38);
    const busy = Math.round(host.busy());
    const read = [0, 1, 2, 3].map((block) => {
      host.command(17, block);
      return host.block()[0];
    });
    expect([wrong, busy, read]).toEqual([[[ERASE_SEQUENCE], [ERASE_SEQUENCE]], 10, [9, 0, 0, 9]]);
  });

  it('are all in its contents', () => {
    const host = new Host({}, new Uint8Array(600).fill(1)).initialise();
    host.command(24, 1);
    host.send(0xfe, FILLED);
    const contents = host.bench.part.contents!();
    expect([contents.length, contents[0], contents[513], host.bench.shows()]).toEqual([512 * 1024, 1, 7, { kind: 'storage', bytes: 512 * 1024, changedBlocks: 1 }]);
  });

  it('goes on from a snapshot in the middle of a block', () => {
    const [first, second] = [new Host({ size: 1 }), new Host({ size: 1 })];
    first.initialise();
    first.command(24, 3);
    first.bench.exchange(0xfe, ...FILLED.slice(0, 100));
    second.bench.restore(first.bench.snapshot());
    for (const host of [first, second]) host.bench.exchange(...FILLED.slice(100), 0, 0);
    // By bytes: the expectation's own comparison goes through a million elements.
    expect([Buffer.compare(second.bench.part.contents!(), first.bench.part.contents!()), first.bench.part.contents!()[3 * 512 + 1]]).toEqual([0, 7]);
  });
});

it.each([
  ['an SDSC card that is too large', { type: 'sdsc', size: 2048 }, 'use type sdhc'],
  ['an image that nobody gives', { image: 'x.img' }, 'there is no file "x.img"'],
])('refuses %s', (_, options, message) => {
  expect(() => pinBench('sd-card', options)).toThrow(message);
});
