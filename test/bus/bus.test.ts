import { describe, expect, it } from 'vitest';
import { Bus } from '../../emulator/bus/bus.js';
import { BusError, type BusDevice } from '../../emulator/bus/types.js';

/** A device that keeps what was asked of it. */
class Recorder implements BusDevice {
  readonly seen: unknown[] = [];
  read(offset: number, bytes: number): number { this.seen.push(['read', offset, bytes]); return -1; }
  write(offset: number, value: number, bytes: number): void { this.seen.push(['write', offset, value, bytes]); }
  peek(): number { return 0x55; }
  poke(offset: number, value: number): void { this.seen.push(['poke', offset, value]); }
}

function makeBus() {
  const bus = new Bus(new ArrayBuffer(0x1000));
  const device = new Recorder();
  bus.addMemory({ name: 'rom', base: 0, bytes: 0x100, offset: 0, isWritable: false });
  bus.addMemory({ name: 'ram', base: 0x2000_0000, bytes: 0x100, offset: 0x100 });
  bus.addMemory({ name: 'mirror', base: 0x2000_0100, bytes: 0x100, offset: 0x100 });
  bus.addMemory({ name: 'words', base: 0x3000_0000, bytes: 0x100, offset: 0x200, widths: [4] });
  bus.addDevice({ name: 'device', base: 0x4000_0000, bytes: 0x10, device });
  bus.addMemory({ name: 'top', base: 0xffff_ff00, bytes: 0x100, offset: 0x300 });
  return { bus, device };
}

describe('guest accesses', () => {
  it('are little-endian and unsigned, through mirrors too', () => {
    const { bus } = makeBus();
    bus.write(0x2000_0004, 0x8899_aabb, 4);
    expect([bus.read(0x2000_0104, 4), bus.read(0x2000_0104, 2), bus.read(0x2000_0107, 1)]).toEqual([0x8899_aabb, 0xaabb, 0x88]);
  });

  it('reach a device by offset and width, values unsigned', () => {
    const { bus, device } = makeBus();
    expect(bus.read(0x4000_0004, 2)).toBe(0xffff_ffff);
    bus.write(0x4000_0008, -2, 4);
    expect(device.seen).toEqual([['read', 4, 2], ['write', 8, 0xffff_fffe, 4]]);
  });

  it('reach the last byte of the address space, given signed or unsigned', () => {
    const { bus } = makeBus();
    bus.write(-4, 7, 4);
    expect([bus.read(0xffff_fffc, 4), bus.read(-4, 4)]).toEqual([7, 7]);
  });

  it.each([
    ['between regions', 0x1000, 4, /0x00001000: nothing is mapped/], ['over the end of a region', 0x4000_000e, 4, /nothing is mapped/], ['of a width the memory lacks', 0x3000_0000, 2, /words takes no 16-bit access/],
  ] as const)('fail %s', (_, address, bytes, message) => {
    const { bus } = makeBus();
    expect(() => bus.read(address, bytes)).toThrow(BusError);
    expect(() => bus.write(address, 0, bytes)).toThrow(message);
  });

  it('cannot write read-only memory', () => {
    const { bus } = makeBus();
    expect(() => bus.write(0x10, 1, 4)).toThrow(/rom is read-only/);
  });
});

describe('a debugger', () => {
  it('sees and changes everything without side effects, at any alignment', () => {
    const { bus, device } = makeBus();
    expect(bus.poke(0x11, 0xdead_beef, 4)).toBe(true);
    expect([bus.peek(0x11, 4), bus.peek(0x4000_0000, 4), bus.peek(0x1000, 1), bus.poke(0x1000, 1, 1)]).toEqual([0xdead_beef, 0x55, undefined, false]);
    expect(device.seen).toEqual([]);
  });
});

describe('loading', () => {
  it('fills read-only memory, and goes on from one memory into the next', () => {
    const { bus } = makeBus();
    expect(bus.load(0xfe, Uint8Array.of(1, 2))).toBeUndefined();
    expect(bus.load(0x2000_00fe, Uint8Array.of(3, 4, 5, 6))).toBeUndefined();
    expect([bus.peek(0xfe, 2), bus.peek(0x2000_00fe, 2), bus.peek(0x2000_0000, 2)]).toEqual([0x0201, 0x0403, 0x0605]);
  });

  it.each([[0xfe, 0x100], [0x1000, 0x1000], [0x4000_0000, 0x4000_0000]])('from %i names the first address without memory', (from, missing) => {
    expect(makeBus().bus.load(from, new Uint8Array(4))).toBe(missing);
  });
});

describe('changes of memory', () => {
  it('are told with address and length, by whoever writes past the core', () => {
    const { bus } = makeBus();
    const told: number[][] = [];
    bus.onMemoryChanged = (...change) => told.push(change);
    bus.write(0x2000_0000, 1, 2);
    bus.poke(0x2000_0004, 1, 4);
    bus.load(0x10, new Uint8Array(3));
    bus.write(0x4000_0000, 1, 4);
    expect(told).toEqual([[0x2000_0000, 2], [0x2000_0004, 4], [0x10, 3]]);
  });
});

describe('a map', () => {
  it.each([
    ['overlaps', { base: 0xf0, bytes: 0x20, offset: 0 }, /new at 0x000000f0 overlaps rom at 0x00000000/],
    ['leaves the memory', { base: 0x1000, bytes: 0x20, offset: 0xff0 }, /new leaves the machine's memory/],
    ['passes the address space', { base: 0xffff_fff0, bytes: 0x20, offset: 0 }, /does not fit the address space/],
    ['is empty', { base: 0x1000, bytes: 0, offset: 0 }, /does not fit/],
  ])('refuses a region that %s', (_, region, message) => {
    expect(() => makeBus().bus.addMemory({ name: 'new', ...region })).toThrow(message);
  });

  it('finds the region of every address, and none between', () => {
    const { bus } = makeBus();
    const names = [0, 0xff, 0x100, 0x1fff_ffff, 0x2000_0000, 0x2000_00ff, 0x2000_0100, 0x4000_000f, 0x4000_0010, 0xffff_ffff].map((address) => bus.find(address)?.name);
    expect(names).toEqual(['rom', 'rom', undefined, undefined, 'ram', 'ram', 'mirror', 'device', undefined, 'top']);
  });
});
