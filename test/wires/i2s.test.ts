/** I2S transmitters, clocked by hand. Slots and edges: I2S bus specification (Philips, 1996). */
import { describe, expect, it } from 'vitest';
import { I2sTransmitter, type I2sTransmitterOptions } from '../../emulator/wires/i2s.js';
import { Net, Pin } from '../../emulator/wires/net.js';
import { ManualTime } from '../support/manual-time.js';

const ROOT_HZ = 16_000_000;
const SAMPLE = 0b1010_1100_1110_0001_0000_1111 - 2 ** 24; // its highest bit set: negative

function bench(options: Partial<I2sTransmitterOptions> = {}) {
  const time = new ManualTime(ROOT_HZ);
  const [sck, ws, sd, enable] = ['SCK', 'WS', 'SD', 'EN'].map((name) => new Net(name, time));
  const [clock, select, power] = [new Pin('sck', sck), new Pin('ws', ws), new Pin('en', enable)];
  power.drive(true);
  const transmitter = new I2sTransmitter(time.queue, { sample: () => SAMPLE }, { sck, ws, sd, bits: 24, slotLevel: () => false, changesOn: 'falling', supply: { net: enable, activeHigh: true }, ...options });
  clock.drive(false);
  select.drive(true);
  /** A clock: the word select changes with its falling edge. @returns what is on the wire just before it rises */
  const cycle = (wsLevel: boolean, ticks = 8): string => {
    clock.drive(false);
    select.drive(wsLevel);
    time.advance(ticks);
    const { state } = sd;
    clock.drive(true);
    time.advance(ticks);
    return state;
  };
  const slot = (level: boolean, count = 32): string => Array.from({ length: count }, (_, n) => cycle(n === count - 1 ? !level : level)).join('');
  return { transmitter, cycle, slot, power, time };
}

const BITS = (SAMPLE >>> 0).toString(2).slice(-24);

describe('an I2S transmitter', () => {
  it('sends in its slot, the highest bit a clock after the word select changed, and lets go after its bits', () => {
    const { slot } = bench();
    slot(true);
    expect([slot(false), slot(true)]).toEqual([`${BITS}zzzzzzzz`, 'z'.repeat(32)]);
  });

  it('sends in the other slot when it is the right one', () => {
    const { slot } = bench({ slotLevel: () => true });
    slot(true);
    slot(false);
    expect(slot(true)).toBe(`${BITS}zzzzzzzz`);
  });

  it('gives each bit a clock late to who samples on the edge that it changes on', () => {
    const { slot } = bench({ changesOn: 'rising' });
    slot(true);
    expect(slot(false)).toBe(`z${BITS}zzzzzzz`);
  });

  it('cuts a sample off at the end of a shorter slot', () => {
    const { slot } = bench();
    slot(true, 16);
    expect([slot(false, 16), slot(true, 16)]).toEqual([BITS.slice(0, 16), 'z'.repeat(16)]);
  });

  it('sleeps while the clock is slower than it needs', () => {
    const { cycle, slot } = bench({ sleepsBelowHz: 200_000 });
    for (let n = 0; n < 70; n++) cycle(n % 64 >= 32, 50);
    slot(true);
    const slow = Array.from({ length: 20 }, () => cycle(false, 50)).join('');
    expect(slow.slice(3)).toBe('z'.repeat(17));
  });

  it('sends zeros while it wakes up', () => {
    const { slot } = bench({ sleepsBelowHz: 200_000, wakeUpSeconds: 0.001 });
    slot(true);
    const first = slot(false);
    for (let n = 0; n < 40; n++) slot(n % 2 === 0);
    expect([first, slot(true) && slot(false)]).toEqual([`${'0'.repeat(24)}zzzzzzzz`, `${BITS}zzzzzzzz`]);
  });

  it('lets go without supply', () => {
    const { slot, power } = bench();
    slot(true);
    slot(false, 5);
    power.drive(false);
    expect(slot(false)).toBe('z'.repeat(32));
  });

  it('tells that it wakes up and, when no clock comes, that it sleeps', () => {
    const heard: boolean[] = [];
    const { slot, time } = bench({ sleepsBelowHz: 200_000, onAwake: (isAwake) => heard.push(isAwake) });
    slot(true);
    time.advance(ROOT_HZ / 10);
    expect(heard).toEqual([true, false]);
  });
});
