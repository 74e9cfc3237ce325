import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { bitTime } from '../../emulator/wires/bit-time.js';
import { I2cBus } from '../../emulator/wires/i2c-bus.js';
import type { I2cTarget } from '../../emulator/wires/i2c-bus.js';
import { I2cController } from '../../emulator/wires/i2c-controller.js';
import { Net, Pin } from '../../emulator/wires/net.js';
import { ManualTime } from '../support/manual-time.js';

const BIT = 160; // 16 MHz root, 100 kHz

/** A memory with an address pointer, as most sensors are; it writes down all it hears. */
class Memory implements I2cTarget {
  readonly bytes = Array.from({ length: 256 }, (_, i) => (i * 37 + 11) & 0xff);
  pointer = 0;
  #isFirst = false;
  constructor(readonly note: (what: string) => void, readonly holdTicks = 0, readonly refuses = -1) {}
  start(read: boolean): boolean {
    this.note(read ? 'start read' : 'start write');
    this.#isFirst = !read;
    return true;
  }
  write(byte: number): boolean {
    this.note(`write ${byte}`);
    if (this.#isFirst) this.pointer = byte;
    else this.bytes[this.pointer++ & 0xff] = byte;
    this.#isFirst = false;
    return byte !== this.refuses;
  }
  read(): number {
    this.note('read');
    return this.bytes[this.pointer++ & 0xff];
  }
  stop(): void {
    this.note('stop');
  }
  hold(): number {
    return this.holdTicks;
  }
}

type Op = ['start'] | ['stop'] | ['write', number] | ['read', boolean];

function bench({ hold = 0, refuses = -1, bit = bitTime(BIT) } = {}) {
  const time = new ManualTime(16_000_000);
  const [sda, scl] = [new Net('SDA', time), new Net('SCL', time)];
  const bus = new I2cBus(time.queue, sda, scl);
  const log: [number, ...unknown[]][] = [];
  const note = (...what: unknown[]) => log.push([time.now(), ...what]);
  const memory = new Memory((what) => note('target', what), hold, refuses);
  bus.attach(memory, { address: 0x1e });
  const ops: Op[] = [];
  const next = () => {
    const op = ops.shift();
    if (op === undefined) return;
    if (op[0] === 'write') controller.write(op[1]);
    else if (op[0] === 'read') controller.read(op[1]);
    else controller[op[0]]();
  };
  const ended = (...what: unknown[]) => { note(...what); next(); };
  const controller = new I2cController(time.queue, {
    started: () => ended('started'), wrote: (ack) => ended('wrote', ack), received: (byte) => ended('received', byte),
    stopped: () => ended('stopped'), arbitrationLost: () => note('lost'),
  });
  controller.configure(bit);
  const pins = [new Pin('controller SDA', sda), new Pin('controller SCL', scl)] as const;
  controller.attach(...pins);
  return { time, sda, scl, bus, memory, log, ops, next, controller, pins, run: (list: Op[]) => { ops.push(...list); next(); } };
}

const READ_ONE: Op[] = [['start'], ['write', 0x3c], ['write', 0x0f], ['start'], ['write', 0x3d], ['read', false], ['stop']];

describe('an I2C transaction', () => {
  it('reads a register of a target, each operation with its duration', () => {
    const { time, log, run, memory } = bench();
    run(READ_ONE);
    time.advance(100 * BIT);
    expect(log.filter(([, who]) => who !== 'target').map(([at, ...what]) => [at / BIT, ...what])).toEqual([
      [1, 'started'], [10, 'wrote', true], [19, 'wrote', true], [20.5, 'started'], [29.5, 'wrote', true], [38.5, 'received', memory.bytes[0x0f]], [40, 'stopped'],
    ]);
    expect(log.filter(([, who]) => who === 'target').map(([, , what]) => what)).toEqual(['start write', 'write 15', 'start read', 'read', 'stop']);
  });

  it('has the levels of the standard when somebody watches', () => {
    const { time, run, sda, scl } = bench();
    const edges: unknown[] = [];
    sda.onEdge((level, at) => edges.push([at / BIT, level ? 'SDA high' : 'SDA low']));
    scl.onEdge((level, at) => { if (at < 2 * BIT || at > 9.5 * BIT) edges.push([at / BIT, level ? 'SCL high' : 'SCL low']); });
    run([['start'], ['write', 0x3c], ['stop']]); // 0011 1100, acknowledged
    time.advance(100 * BIT);
    expect(edges).toEqual([
      [0.5, 'SDA low'], [1, 'SCL low'], [1.5, 'SCL high'],
      [3.25, 'SDA high'], [7.25, 'SDA low'],
      // The last bit is 0, and the target pulls SDA at the same fall of SCL: no edge. It lets go as the ninth bit ends.
      [10, 'SCL low'], [10, 'SDA high'], [10.25, 'SDA low'], [10.5, 'SCL high'], [11, 'SDA high'],
    ]);
  });

  it('of an address that nobody has is not acknowledged, and reads as ones', () => {
    for (const watched of [false, true]) {
      const { time, log, run, sda } = bench();
      if (watched) sda.onEdge(() => undefined);
      run([['start'], ['write', 0x41], ['read', false], ['stop']]);
      time.advance(100 * BIT);
      expect(log.map(([, ...what]) => what)).toEqual([['started'], ['wrote', false], ['received', 0xff], ['stopped']]);
    }
  });

  it('waits for a target that holds SCL', () => {
    const { time, log, run } = bench({ hold: 10 * BIT });
    run([['start'], ['write', 0x3c], ['stop']]);
    time.advance(100 * BIT);
    // SCL falls at 9, is let go at 19 instead of rising at 9.5, so the ninth bit ends at 19.5.
    expect(log).toContainEqual([19.5 * BIT, 'wrote', true]);
  });

  const transaction = fc.record({
    address: fc.constantFrom(0x1e, 0x1e, 0x1e, 0x77), read: fc.boolean(), bytes: fc.array(fc.nat(255), { minLength: 1, maxLength: 4 }), stop: fc.boolean(),
  });
  const toOps = (list: { address: number; read: boolean; bytes: number[]; stop: boolean }[]): Op[] => [
    ...list.flatMap(({ address, read, bytes, stop }): Op[] => [
      ['start'], ['write', (address << 1) | Number(read)],
      ...bytes.map((byte, i): Op => (read ? ['read', i < bytes.length - 1] : ['write', byte])),
      ...(stop ? [['stop'] as Op] : []),
    ]),
    ['stop'],
  ];

  it('gives the same bytes at the same ticks whether watched, not watched, or watched for a while', () => {
    fc.assert(fc.property(fc.array(transaction, { minLength: 1, maxLength: 3 }), fc.constantFrom(0, 0, 50, 1000), fc.integer({ min: 100, max: 300 }), fc.integer({ min: 1, max: 3 }), fc.nat(20_000), fc.nat(20_000),
      (list, hold, num, den, from, length) => {
        const last = list.at(-1)!;
        const ops = toOps([...list.slice(0, -1), { ...last, stop: false }]);
        const logs = (['never', 'always', 'a while'] as const).map((watched) => {
          const { time, log, run, scl } = bench({ hold, bit: bitTime(num, den), refuses: 0x55 });
          if (watched === 'always') scl.onEdge(() => undefined);
          run(ops);
          if (watched === 'a while') {
            time.advanceTo(from);
            const end = scl.onEdge(() => undefined);
            time.advance(length);
            end();
          }
          time.advanceTo(300_000);
          return log;
        });
        expect(logs[1]).toEqual(logs[0]);
        expect(logs[2]).toEqual(logs[0]);
        expect(logs[0].at(-1)).toContain('stopped');
      }), { numRuns: 300 });
  });

  it('keeps its bytes and its rate while the core looks at events late', () => {
    for (const watched of [false, true]) {
      const { time, log, run, sda, memory } = bench();
      if (watched) sda.onEdge(() => undefined);
      run(READ_ONE);
      time.advanceInSteps(7, 100 * BIT);
      const [received, stopped] = log.filter(([, what]) => what === 'received' || what === 'stopped') as [number, string, number][];
      expect(received[2]).toBe(memory.bytes[0x0f]);
      expect(stopped[0]).toBe(Math.ceil(40 * BIT / 7) * 7);
    }
  });

  it('comes back from a snapshot at any tick', () => {
    fc.assert(fc.property(fc.nat(40 * BIT), fc.boolean(), fc.constantFrom(0, 500), (at, watched, hold) => {
      const [one, two] = [bench({ hold }), bench({ hold })];
      for (const { scl } of [one, two]) if (watched) scl.onEdge(() => undefined);
      one.run(READ_ONE);
      one.time.advanceTo(at);
      two.time.jump(at);
      two.ops.push(...one.ops);
      two.log.push(...one.log);
      two.memory.pointer = one.memory.pointer;
      (['sda', 'scl'] as const).forEach((net) => two[net].restore(one[net].snapshot()));
      two.time.queue.restore(one.time.queue.snapshot());
      two.bus.restore(one.bus.snapshot());
      two.controller.restore(one.controller.snapshot());
      for (const { time } of [one, two]) time.advance(200 * BIT);
      expect(two.log.map(([when, ...what]) => [when, what[0]])).toEqual(one.log.map(([when, ...what]) => [when, what[0]]));
    }));
  });
});

describe('10-bit addresses', () => {
  it.each([false, true])('reach their target for writing and, after a repeated START, for reading (watched: %s)', (watched) => {
    const { time, bus, log, run, scl } = bench();
    if (watched) scl.onEdge(() => undefined);
    const heard: string[] = [];
    const ten = new Memory((what) => heard.push(what));
    bus.attach(ten, { address: 0x2a5, tenBit: true });
    // 11110 10 0, 1010 0101; then 11110 10 1.
    run([['start'], ['write', 0xf4], ['write', 0xa5], ['write', 7], ['start'], ['write', 0xf5], ['read', false], ['stop']]);
    time.advance(100 * BIT);
    expect(heard).toEqual(['start write', 'write 7', 'start read', 'read', 'stop']);
    expect(log.map(([, ...what]) => what)).toContainEqual(['received', ten.bytes[7]]);
  });

  it('that differ in the second byte are not acknowledged', () => {
    const { time, bus, log, run } = bench();
    bus.attach(new Memory(() => undefined), { address: 0x2a5, tenBit: true });
    run([['start'], ['write', 0xf4], ['write', 0xa6], ['stop']]);
    time.advance(100 * BIT);
    expect(log.map(([, ...what]) => what)).toEqual([['started'], ['wrote', true], ['wrote', false], ['stopped']]);
  });
});

describe('several parts on a bus', () => {
  it('cannot share an address', () => expect(() => bench().bus.attach(new Memory(() => undefined), { address: 0x1e })).toThrow(/0x1e is taken/));

  it('hear a general call if they listen to it', () => {
    const { time, bus, run, log } = bench();
    const heard: string[] = [];
    bus.attach(new Memory((what) => heard.push(what)), { address: 0x40, generalCall: true });
    run([['start'], ['write', 0], ['write', 6], ['stop']]);
    time.advance(100 * BIT);
    expect(heard).toEqual(['start write', 'write 6', 'stop']);
    expect(log.filter(([, who]) => who === 'target')).toEqual([]);
  });

  it('arbitrate: the controller whose address bit is 1 where the other sends 0 loses', () => {
    const { time, sda, scl, log, run } = bench();
    const other: unknown[] = [];
    const second = new I2cController(time.queue, { started: () => second.write(0x3e), wrote: () => other.push('wrote'), arbitrationLost: () => other.push(['lost', time.now() / BIT]) });
    second.configure(bitTime(BIT));
    second.attach(new Pin('second SDA', sda), new Pin('second SCL', scl));
    run([['start'], ['write', 0x3c], ['stop']]);
    second.start();
    time.advance(100 * BIT);
    // 0x3c and 0x3e first differ in bit 1, the seventh sent, sampled as SCL rises in the middle of it.
    expect(other).toEqual([['lost', 7.5]]);
    expect(log.map(([, ...what]) => what).filter(([who]) => who !== 'target')).toEqual([['started'], ['wrote', true], ['stopped']]);
  });
});

describe('firmware that bangs its pins', () => {
  it('may do what it likes: targets hear bytes only between their start and their stop', () => {
    const action = fc.tuple(fc.constantFrom('sda', 'scl', 'other scl'), fc.boolean());
    fc.assert(fc.property(fc.array(action, { maxLength: 300 }), fc.constantFrom(0, 20), (actions, hold) => {
      const { time, bus, controller, pins: [sda, scl], scl: clock } = bench({ hold });
      controller.attach(undefined, undefined);
      const pins = { sda, scl, 'other scl': new Pin('other', clock) };
      let isStarted = false;
      const target = new Memory((what) => {
        if (what.startsWith('start')) isStarted = true;
        expect(isStarted).toBe(true);
        if (what === 'stop') isStarted = false;
      });
      for (let address = 0; address < 0x78; address++) if (address !== 0x1e) bus.attach(target, { address });
      for (const [which, level] of actions) {
        pins[which as 'sda'].openDrain(level);
        time.advance(7);
      }
    }));
  });

  it('reads a register', () => {
    const { time, controller, pins: [sda, scl], log } = bench();
    controller.attach(undefined, undefined);
    const wait = () => time.advance(40);
    const clock = (level: boolean): boolean => {
      sda.openDrain(level);
      wait();
      scl.openDrain(true);
      wait();
      const sampled = sda.level;
      scl.openDrain(false);
      wait();
      return sampled;
    };
    const write = (byte: number) => {
      for (let i = 7; i >= 0; i--) clock(((byte >> i) & 1) === 1);
      return !clock(true);
    };
    const read = () => {
      let byte = 0;
      for (let i = 0; i < 8; i++) byte = (byte << 1) | Number(clock(true));
      clock(true);
      return byte;
    };
    const start = () => { sda.openDrain(true); wait(); scl.openDrain(true); wait(); sda.openDrain(false); wait(); scl.openDrain(false); wait(); };
    const stop = () => { sda.openDrain(false); wait(); scl.openDrain(true); wait(); sda.openDrain(true); wait(); };
    start();
    const acknowledges = [write(0x3c), write(0x0f)];
    start();
    acknowledges.push(write(0x3d));
    expect([...acknowledges, read()]).toEqual([true, true, true, (0x0f * 37 + 11) & 0xff]);
    stop();
    expect(log.map(([, , what]) => what)).toEqual(['start write', 'write 15', 'start read', 'read', 'stop']);
  });
});
