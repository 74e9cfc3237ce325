import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BoardError, parseBoard, parseChip } from '../../emulator/boards/index.js';

const CHIP = `
name: toy
source: this test
core: { name: cortex-m3, irqs: 32, priorityBits: 3, mpuRegions: 8, fpu: none, bitBand: true, clock: hfclk }
oscillators: { xtal: 16000000 }
clocks:
  hfclk: { from: xtal, multiply: 4 }
memories:
  - { name: flash, at: 0x00000000, bytes: 0x10000, kind: flash, initial: 0xff }
  - { name: sram,  at: 0x20000000, bytes: 0x4000, kind: ram }
  - { name: alias, at: 0x10000000, bytes: 0x4000, mirrorOf: sram }
peripherals:
  uart0: { block: cmsdk/uart, at: 0x40004000, irq: { rx: 0, tx: 1 }, clock: hfclk }
  timer0: { block: cmsdk/timer, at: 0x40000000, irq: 8, clock: xtal }
  gpio0: { block: cmsdk/gpio, at: 0x40010000, pulledUp: 0xff }
ports:
  P0.: { of: gpio0, pins: 16 }
`.trimStart();

const BOARD = `
name: Toy board
source: this test
chip: toy
console: { uart: uart0 }
crystals: { xtal: 12000000 }
pins: { D13: P0.13, A0: P0.04 }
leds: [{ name: red, pin: D13, active: low }]
i2c:
  - sda: P0.14
    scl: P0.15
    parts:
      - { part: lsm9ds1, address: [0x6b, 0x1e] }
      - { part: lps22hb, address: 0x5c, pins: { int_drdy: P0.1 } }
`.trimStart();

/** The text with one line replaced, and where that line is. */
function edited(text: string, from: string, to: string): string {
  expect(text).toContain(from);
  return text.replace(from, to);
}

function chipProblem(from: string, to: string): string {
  return messageOf(() => parseChip(edited(CHIP, from, to), 'toy.yaml'));
}

function boardProblem(from: string, to: string): string {
  return messageOf(() => parseBoard(edited(BOARD, from, to), 'board.yaml', () => ({ text: CHIP, fileName: 'toy.yaml' })));
}

function messageOf(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    if (error instanceof BoardError) return error.message;
    throw error;
  }
  return 'accepted';
}

describe('a chip description', () => {
  it('becomes plain values', () => {
    const chip = parseChip(CHIP, 'toy.yaml');
    expect(chip.core).toMatchObject({ name: 'cortex-m3', irqs: 32 });
    expect(chip.clocks['hfclk']).toEqual({ from: 'xtal', multiply: 4, divide: 1 });
    expect(chip.peripherals).toEqual([
      { name: 'uart0', block: 'cmsdk/uart', at: 0x40004000, bytes: 0x1000, from: 0, irqs: { rx: 0, tx: 1 }, clocks: { pclk: 'hfclk' }, dma: {}, options: { overrun: 'lose' } },
      { name: 'timer0', block: 'cmsdk/timer', at: 0x40000000, bytes: 0x1000, from: 0, irqs: { irq: 8 }, clocks: { pclk: 'xtal' }, dma: {}, options: {} },
      { name: 'gpio0', block: 'cmsdk/gpio', at: 0x40010000, bytes: 0x1000, from: 0, irqs: {}, clocks: {}, dma: {}, options: { pulledUp: 0xff } },
    ]);
    expect([chip.pin('P0.3'), chip.pin('P0.03'), chip.pin('P0.16'), chip.pin('P0.'), chip.pin('P1.0')]).toEqual([
      { name: 'P0.3', of: 'gpio0', index: 3 }, { name: 'P0.03', of: 'gpio0', index: 3 }, undefined, undefined, undefined,
    ]);
  });

  it('orders clocks by what they are made from', () => {
    const chip = parseChip(CHIP.replace('clocks:\n', 'clocks:\n  slow: { from: hfclk, divide: 8 }\n'), 'toy.yaml');
    expect(chip.clocksInOrder).toEqual([
      { name: 'hfclk', from: 'xtal', multiply: 4, divide: 1 }, { name: 'slow', from: 'hfclk', multiply: 1, divide: 8 },
    ]);
  });

  it.each([
    ['an unknown key', 'oscillators:', 'oscilators: {}\noscillators:', 'toy.yaml:4: unknown key "oscilators"; did you mean "oscillators"?'],
    ['an unknown key of a core', 'bitBand: true', 'bitBand: true, mpu: 8', 'toy.yaml:3: unknown key "mpu" in core; '],
    ['an unknown core', 'cortex-m3', 'cortex-m9', 'toy.yaml:3: core'],
    ['an unknown block', 'cmsdk/uart', 'cmsdk/uarts', 'toy.yaml:12: no block is called "cmsdk/uarts"; did you mean "cmsdk/uart"?'],
    ['an unknown option of a block', 'pulledUp', 'pullUp', 'toy.yaml:14: unknown key "pullUp" in peripherals.gpio0; did you mean "pulledUp"?'],
    ['an option out of range', 'pulledUp: 0xff', 'pulledUp: 0x1ffff', 'toy.yaml:14: peripherals.gpio0.pulledUp: '],
    ['an unknown interrupt line', 'tx: 1', 'txd: 1', 'toy.yaml:12: cmsdk/uart has no interrupt line "txd"; '],
    ['one number for several lines', 'irq: { rx: 0, tx: 1 }', 'irq: 0', 'toy.yaml:12: cmsdk/uart has several; write irq: { tx: ..., rx: ...'],
    ['an interrupt past the core', 'irq: 8', 'irq: 32', "toy.yaml:13: interrupt 32 is past the core's 32; use 0 to 31"],
    ['an unknown clock', 'clock: xtal', 'clock: xtall', 'toy.yaml:13: no clock is called "xtall"; did you mean "xtal"?'],
    ['a missing clock', ', clock: xtal', '', 'toy.yaml:13: timer0 needs a clock; add clock: <one of xtal, hfclk>'],
    ['a clock made from itself', 'from: xtal', 'from: hfclk', 'toy.yaml:6: clock "hfclk" is made from itself; start from an oscillator'],
    ['overlapping peripherals', 'at: 0x40004000', 'at: 0x40000800', 'toy.yaml:12: uart0 at 0x40000800 overlaps timer0, which ends at 0x40000fff; move or shorten one of them'],
    ['overlapping memories', 'at: 0x10000000', 'at: 0x2000', 'toy.yaml:10: alias at 0x00002000 overlaps flash'],
    ['a mirror of nothing', 'mirrorOf: sram', 'mirrorOf: ram', 'toy.yaml:10: no memory is called "ram"; '],
    ['a memory without a kind', ', kind: ram', '', 'toy.yaml:9: memory "sram" needs kind: rom, ram or flash, or mirrorOf'],
    ['a range past the address space', 'at: 0x20000000, bytes: 0x4000', 'at: 0xfffff000, bytes: 0x4000', 'toy.yaml:9: sram ends past the address space'],
    ['pins of nothing', 'of: gpio0', 'of: gpio1', 'toy.yaml:16: no peripheral is called "gpio1"; did you mean "gpio0"?'],
    ['a word where a number belongs', 'bytes: 0x10000', 'bytes: 64k', 'toy.yaml:8: memories.0.bytes: expected number, received string'],
    ['a missing key', 'source: this test\n', '', 'toy.yaml:1: source: is missing; add it as string'],
    ['a key that stands twice', 'source: this test\n', 'source: a\nsource: b\n', 'toy.yaml:3: Map keys must be unique'],
    ['broken YAML', 'fpu: none,', 'fpu: none, [', 'toy.yaml:'],
    ['anchors', 'source: this test', 'source: &a this test\nname2: *a', 'toy.yaml:'],
  ])('is refused for %s', (_, from, to, message) => expect(chipProblem(from, to)).toContain(message));

  it('is not confused by names that every object has', () => {
    expect(chipProblem('clock: xtal', 'clock: toString')).toContain('no clock is called "toString"');
    expect(chipProblem('from: xtal', 'from: constructor')).toContain('no clock or oscillator is called "constructor"');
  });

  it('reports every problem, one line each', () => {
    const message = messageOf(() => parseChip(CHIP.replace('kind: flash', 'kind: flush').replace('irqs: 32', 'irqs: many'), 'toy.yaml'));
    expect(message.split('\n').map((line) => line.slice(0, 11))).toEqual(['toy.yaml:3:', 'toy.yaml:8:']);
  });

  it.each([
    ['far too long', '#'.repeat(1_000_001), /^toy\.yaml:1: longer than/],
    ['of far too many lines', 'a\n'.repeat(50_000), /longer than 4000 lines/],
    ['nested far too deeply', '['.repeat(50_000), /nested more than 64 deep/],
    ['nested far too deeply over many lines', '[\n'.repeat(3000), /never closed/],
    ['made of unknown keys', Array.from({ length: 3000 }, (_, i) => `key${i}: 1`).join('\n'), /unknown key/],
    ['one map with a great many keys', `{${Array.from({ length: 20_000 }, (_, i) => `k${i}: 1`).join(',')}}`, /more than 6000 keys/],
    ['one map with many keys', `{${Array.from({ length: 2900 }, (_, i) => `k${i}: 1`).join(',')}}`, /unknown key/],
  ])('is refused quickly when it is %s', (_, text, message) => {
    const before = process.cpuUsage();
    expect(messageOf(() => parseChip(text, 'toy.yaml'))).toMatch(message);
    const { user, system } = process.cpuUsage(before); // whatever else the machine does meanwhile
    expect((user + system) / 1e6).toBeLessThan(2);
  }, 20_000);

  it('is accepted or refused, never anything else, however it is mangled', () => {
    fc.assert(fc.property(fc.nat(CHIP.length), fc.nat(30), fc.string({ unit: fc.constantFrom(...'{}[]:,-#&*!|>\'"%@ \n09xa.~') }), (at, cut, insert) => {
      expect(messageOf(() => parseChip(CHIP.slice(0, at) + insert + CHIP.slice(at + cut), 'toy.yaml'))).toMatch(/^(accepted$|toy\.yaml:\d+: )/);
    }), { seed: 0x79616d6c, numRuns: 500 });
  });
});

describe('a board description', () => {
  it('becomes plain values, with its chip', () => {
    const board = parseBoard(BOARD, 'board.yaml', () => ({ text: CHIP, fileName: 'toy.yaml' }));
    expect(board.chip.name).toBe('toy');
    expect(board.oscillators).toEqual({ xtal: 12_000_000 });
    expect(board.consoles).toEqual([{ name: 'console', uart: 'uart0' }]);
    expect(board.pin('D13')).toEqual({ name: 'P0.13', of: 'gpio0', index: 13 });
    expect(board.pin('P0.13')).toEqual(board.pin('D13'));
    expect(board.pin('constructor')).toBe(undefined);
    expect(board.i2c[0]?.parts[1]).toEqual({ part: 'lps22hb', address: 0x5c, pins: { int_drdy: 'P0.1' } });
  });

  it.each([
    ['an unknown key', 'leds:', 'led:', 'board.yaml:7: unknown key "led"; did you mean "leds"?'],
    ['an unknown key of a part', 'part: lps22hb', 'part: lps22hb, adress: 1', 'board.yaml:13: unknown key "adress" in i2c.0.parts.1; did you mean "address"?'],
    ['an unknown pin', 'pin: D13', 'pin: D12', 'board.yaml:7: no pin "D12" on toy or among the board\'s pins; did you mean "D13"?'],
    ['a pin the chip lacks', 'A0: P0.04', 'A0: P1.04', 'board.yaml:6: no pin "P1.04" on toy'],
    ['an unknown pin of a bus', 'sda: P0.14', 'sda: P0.44', 'board.yaml:9: no pin "P0.44"'],
    ['an unknown pin of a part', 'int_drdy: P0.1 ', 'int_drdy: P9.1 ', 'board.yaml:13: no pin "P9.1"'],
    ['a shared I2C address', 'address: 0x5c', 'address: 0x1e', 'board.yaml:13: address 0x1e is taken by lsm9ds1 on the same bus; move one of them'],
    ['an I2C part without an address', ', address: 0x5c', '', 'board.yaml:13: lps22hb on an I2C bus needs an address; add address: 0x..'],
    ['an unknown console', 'uart: uart0', 'uart: uart1', 'board.yaml:4: toy has no peripheral "uart1"; did you mean "uart0"?'],
    ['a bootloader that writes where nothing is', 'crystals:', 'bootloader: { application: 0x4000, source: this test, writes: [{ at: 0x40020000, value: 1 }] }\ncrystals:', 'board.yaml:5: no peripheral of toy is at 0x40020000'],
    ['a bootloader that writes half a word', 'crystals:', 'bootloader: { application: 0x4000, source: this test, writes: [{ at: 0x40000002, value: 1 }] }\ncrystals:', 'must be a multiple of 4'],
    ['an unknown crystal', 'xtal: 12', 'lfxo: 12', 'board.yaml:5: toy has no oscillator "lfxo"; '],
    ['an unknown level', 'active: low', 'active: down', 'board.yaml:7: leds.0.active: '],
  ])('is refused for %s', (_, from, to, message) => expect(boardProblem(from, to)).toContain(message));

  it('is refused when nobody has its chip', () => {
    expect(messageOf(() => parseBoard(BOARD, 'board.yaml', () => undefined))).toBe('board.yaml:3: no chip is called "toy"; add boards/chips/toy.yaml or name one that is there');
  });

  it('names the chip file when the chip is wrong', () => {
    const text = CHIP.replace('cmsdk/timer', 'cmsdk/clock');
    expect(messageOf(() => parseBoard(BOARD, 'board.yaml', () => ({ text, fileName: 'toy.yaml' })))).toMatch(/^toy\.yaml:13: no block/);
  });
});
