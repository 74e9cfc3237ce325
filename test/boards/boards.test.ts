/** Every board in the folder, whoever added it: adding a file adds its tests. */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseBoard, type Board, type SourceText } from '../../emulator/boards/index.js';
import { EmulatedMachine } from '../../emulator/machine.js';
import { BLOCKS } from '../../emulator/peripherals/index.js';
import { fakeChip } from '../support/block-context.js';

const FOLDER = new URL('../../boards/', import.meta.url);
const ORACLE = new URL('./oracle/', import.meta.url);

function boardNames(): string[] {
  return readdirSync(FOLDER).filter((file) => file.endsWith('.yaml')).map((file) => file.replace(/\.yaml$/, '')).sort();
}

function load(name: string): Board {
  return parseBoard(readFileSync(new URL(`${name}.yaml`, FOLDER), 'utf8'), `boards/${name}.yaml`, chipText);
}

function chipText(name: string): SourceText {
  return { text: readFileSync(new URL(`chips/${name}.yaml`, FOLDER), 'utf8'), fileName: `boards/chips/${name}.yaml` };
}

describe.each(boardNames())('%s', (name) => {
  it('is accepted', () => {
    const board = load(name);
    expect(board.name).not.toBe('');
    for (const { pin } of [...board.leds, ...board.buttons]) expect(board.pin(pin), pin).toBeDefined();
  });

  it('has blocks that can all be made', () => {
    const board = load(name);
    const { chip } = board;
    if (chip.core.name === 'avr') {
      // Blocks that look at fuses and act on the core need both.
      expect(new EmulatedMachine(board, { seed: 0 }).devices.size).toBe(chip.peripherals.length);
      return;
    }
    const bench = fakeChip({ now: () => 0 }, { rootHz: 512_000_000 });
    for (const { name: instance, block, at, from, bytes, options } of chip.peripherals) {
      const context = { ...bench.contextFor(instance, at), size: from + bytes };
      const device = BLOCKS[block].create(context, options);
      device.reset();
      expect(device.snapshot(), instance).toBeTypeOf('object');
    }
  });
});

type Range = readonly [from: number, to: number];

/** Ranges sorted, neighbours joined. */
function joined(ranges: readonly Range[]): string[] {
  const sorted = [...ranges].sort((a, b) => a[0] - b[0]);
  const result: [number, number][] = [];
  for (const [from, to] of sorted) {
    const last = result[result.length - 1];
    if (last !== undefined && from <= last[1]) last[1] = Math.max(last[1], to);
    else result.push([from, to]);
  }
  return result.map(([from, to]) => `${from.toString(16)}-${to.toString(16)}`);
}

describe.each(['mps2-an385', 'mps2-an386', 'mps2-an500'])('the address map of %s, against QEMU 7.2', (name) => {
  const { chip } = load(name);
  const oracle = readFileSync(new URL(`${name}.mtree.txt`, ORACLE), 'utf8').split('\n').filter((line) => /^[0-9a-f]{8} /.test(line))
    .map((line) => line.split(' ')).map(([from, to, kind]) => ({ range: [parseInt(from, 16), parseInt(to, 16) + 1] as Range, kind }));
  const of = ({ at, bytes }: { at: number; bytes: number }): Range => [at, at + bytes];

  it('has RAM at the same addresses', () => {
    expect(joined(chip.memories.map(of))).toEqual(joined(oracle.filter(({ kind }) => kind === 'ram').map(({ range }) => range)));
  });

  it('answers at the same addresses and faults at the same', () => {
    expect(joined([...chip.memories, ...chip.peripherals, ...chip.reserved].map(of))).toEqual(joined(oracle.map(({ range }) => range)));
  });
});

/** Interrupts as measured on QEMU 7.2 by raising each block's request and reading NVIC_ISPR. */
it.each(['mps2-an385', 'mps2-an386', 'mps2-an500'])('interrupt numbers of %s', (name) => {
  const irqs = Object.fromEntries(load(name).chip.peripherals.map((peripheral) => [peripheral.name, peripheral.irqs]));
  expect(irqs).toMatchObject({
    uart0: { rx: 0, tx: 1, overflow: 12 }, uart1: { tx: 3, overflow: 12 }, uart2: { tx: 5, overflow: 12 }, uart3: { tx: 19 }, uart4: { tx: 21 },
    timer0: { irq: 8 }, timer1: { irq: 9 }, dualtimer: { combined: 10 }, watchdog: { irq: 'nmi' },
    spi0: { combined: 11 }, spi1: { combined: 11 }, spi2: { combined: 22 }, ethernet: { irq: 13 },
  });
  expect(irqs['uart3']).not.toHaveProperty('overflow');
});

/** Arm's application notes give the images one memory map; QEMU has no machine for these two, so their sister stands for it. */
describe.each([['mps2-an382', 'cortex-m0'], ['mps2-an383', 'cortex-m0plus']])('%s', (name, core) => {
  const [{ chip }, { chip: sister }] = [load(name), load('mps2-an385')];

  it('differs from mps2-an385 in the core and in what identifies the image', () => {
    const others = (of: typeof chip): object => of.peripherals.map((peripheral) => (peripheral.name === 'scc' ? { ...peripheral, options: { ...peripheral.options, id: 0 } } : peripheral));
    expect([chip.memories, chip.reserved, chip.clocks, others(chip)]).toEqual([sister.memories, sister.reserved, sister.clocks, others(sister)]);
  });

  // Armv6-M: 32 interrupts, two bits of priority.
  it('has an Armv6-M core', () => expect(chip.core).toMatchObject({ name: core, irqs: 32, priorityBits: 2, fpu: 'none' }));
});
