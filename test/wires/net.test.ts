import { describe, expect, it } from 'vitest';
import { SteadyVoltage, quantize } from '../../emulator/wires/analog.js';
import { OrLine, SignalLine } from '../../emulator/wires/line.js';
import { Net, Pin } from '../../emulator/wires/net.js';
import { ManualTime } from '../support/manual-time.js';

function net() {
  const time = new ManualTime();
  const warnings: string[] = [];
  const made = new Net('P0.03', time, { warnings: { warn: (_, text) => warnings.push(text) } });
  return { time, warnings, net: made, a: new Pin('a', made), b: new Pin('b', made) };
}

describe('a net', () => {
  it.each([
    //  a drives   a pulls  b drives  b pulls   state  level
    ['high',      'none',  'z',      'none',   '1',   true],
    ['low',       'none',  'z',      'none',   '0',   false],
    ['z',         'up',    'z',      'none',   '1',   true],
    ['z',         'down',  'z',      'none',   '0',   false],
    ['z',         'up',    'low',    'none',   '0',   false],
    ['high',      'none',  'z',      'down',   '1',   true],
    ['high',      'none',  'high',   'none',   '1',   true],
    ['high',      'none',  'low',    'none',   'x',   false],
    ['z',         'none',  'z',      'none',   'z',   false],
  ] as const)('with a %s (pull %s) and b %s (pull %s) is %s', (aDrive, aPull, bDrive, bPull, state, level) => {
    const { net: node, a, b } = net();
    for (const [pin, drive, pull] of [[a, aDrive, aPull], [b, bDrive, bPull]] as const) {
      pin.pull(pull);
      if (drive === 'z') pin.release();
      else pin.drive(drive === 'high');
    }
    expect([node.state, node.level]).toEqual([state, level]);
  });

  it('keeps its level while floating, and between pulls against each other', () => {
    const { net: node, a, b } = net();
    a.drive(true);
    a.release();
    expect([node.state, node.level]).toEqual(['z', true]);
    a.pull('up');
    b.pull('down');
    expect(node.level).toBe(true);
  });

  it('of open drains is low while any is', () => {
    const { net: node, a, b } = net();
    a.pull('up');
    a.openDrain(false);
    b.openDrain(false);
    a.openDrain(true);
    expect(node.level).toBe(false);
    b.openDrain(true);
    expect(node.level).toBe(true);
  });

  it('warns of drivers against each other, naming them', () => {
    const { a, b, warnings } = net();
    a.drive(true);
    b.drive(false);
    expect(warnings).toEqual(['net P0.03: drivers against each other (a high, b low); it reads low']);
  });

  it('tells edges with their tick, in order even when a listener makes the next', () => {
    const { net: node, time, a } = net();
    const seen: unknown[] = [];
    node.onEdge((level) => { if (level) a.drive(false); });
    const end = node.onEdge((level, at) => seen.push([level, at]));
    time.jump(5);
    a.drive(true);
    end();
    a.drive(true);
    expect(seen).toEqual([[true, 5], [false, 5]]);
  });

  it('gives volts to analog inputs and levels with hysteresis to digital ones', () => {
    const { net: node, a } = net();
    const source = new SteadyVoltage(1.65);
    a.driveAnalog(source);
    expect([node.volts(), node.level]).toEqual([1.65, false]);
    a.release();
    a.drive(true);
    expect(node.volts()).toBe(3.3);
    a.driveAnalog(source); // between 0.3 and 0.7 of the supply: keeps its level
    expect(node.level).toBe(true);
    source.set(0.9);
    expect(node.level).toBe(false);
  });

  it('comes back from a snapshot', () => {
    const [one, two] = [net(), net()];
    one.a.pull('up');
    one.b.openDrain(false);
    two.net.restore(one.net.snapshot());
    expect([two.net.level, two.a.pulled, two.b.driven]).toEqual([false, 'up', 'low']);
    two.b.openDrain(true);
    expect(two.net.level).toBe(true);
    expect(() => two.net.restore({ level: true, pins: [['c', 'z', 'none']] })).toThrow(/other pins/);
  });
});

describe('lines', () => {
  it('tell changes only, and an OR of them is high while any is', () => {
    const irq = new SignalLine('irq');
    const seen: boolean[] = [];
    irq.subscribe((level) => seen.push(level));
    const or = new OrLine(irq);
    const [a, b] = [or.input(), or.input()];
    a.set(true);
    b.set(true);
    a.set(false);
    b.set(false);
    expect(seen).toEqual([true, false]);
  });
});

describe('an ideal converter', () => {
  it.each([[0, 0], [0.6, 2048], [1.2, 4095], [-1, 0], [5, 4095]])('gives %s V of 1.2 V the 12-bit code %i', (volts, code) => expect(quantize(volts, 1.2, 12)).toBe(code));
});

describe('who follows levels of a net', () => {
  it('hears each edge, in the order of joining, also beside one that asks for the time', () => {
    const { net: node, a, time } = net();
    const heard: unknown[] = [];
    node.followLevel((level) => heard.push(['first', level]));
    a.drive(true);
    node.follow((level, at) => heard.push(['second', level, at]));
    time.jump(7);
    a.drive(false);
    expect(heard).toEqual([['first', true], ['first', false], ['second', false, 7]]);
  });

  it('is no watcher: links may leave edges out', () => {
    const { net: node } = net();
    node.followLevel(() => undefined);
    expect(node.isWatched).toBe(false);
  });
});
