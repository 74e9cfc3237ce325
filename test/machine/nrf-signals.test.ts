/** A signal through TIMER, PPI, GPIOTE and a wire on an nRF52840, set up by firmware that then keeps the core busy. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseBoard } from '../../emulator/boards/index.js';
import { EmulatedMachine } from '../../emulator/machine.js';
import { Pin } from '../../emulator/wires/net.js';
import { program } from '../support/machine.js';

const boardOf = (chip: string): ReturnType<typeof parseBoard> => parseBoard(`name: Signals\nsource: none, a board for tests\nchip: ${chip}\n`, 'signals.yaml', () => ({
  fileName: `${chip}.yaml`, text: readFileSync(new URL(`../../boards/chips/${chip}.yaml`, import.meta.url), 'utf8'),
}));

const TIMER0 = 0x4000_8000;
const TIMER1 = 0x4000_9000;
const GPIOTE = 0x4000_6000;
const EGU0 = 0x4001_4000;
const PPI = 0x4001_f000;
const CC2_OF_TIMER1 = TIMER1 + 0x548;
const TICKS = 1000;

/** Channel 2 starts both timers at one tick; 0 leads COMPARE[0] to OUT[0] on P0.03, 1 IN[1] on P0.04 to CAPTURE[2]. */
const WRITES: readonly (readonly [number, number])[] = [
  [TIMER0 + 0x508, 3], [TIMER0 + 0x510, 0], [TIMER0 + 0x540, TICKS],
  [TIMER1 + 0x508, 3], [TIMER1 + 0x510, 0],
  [GPIOTE + 0x510, 0x30003 | (3 << 8)], [GPIOTE + 0x514, 0x30001 | (4 << 8)],
  [PPI + 0x510, TIMER0 + 0x140], [PPI + 0x514, GPIOTE + 0x000],
  [PPI + 0x518, GPIOTE + 0x104], [PPI + 0x51c, TIMER1 + 0x048],
  [PPI + 0x520, EGU0 + 0x100], [PPI + 0x524, TIMER0 + 0x000], [PPI + 0x918, TIMER1 + 0x000],
  [PPI + 0x504, 7], [EGU0 + 0x000, 1],
];

const SETUP = `
  adr r0, table
next:
  ldm r0!, {r1, r2}
  cbz r1, busy
  str r2, [r1]
  b next
busy:
  ldr r5, =0x20001000
  mvn r6, #0
  mov r7, #3
`;
const TABLE = `.align 2\ntable:\n${[...WRITES, [0, 0]].map(([address, value]) => `.word ${address}, ${value}`).join('\n')}\n`;

const BUSY = {
  'loads of eight registers': 'ldm r5, {r0-r3, r8-r11}',
  'divisions': 'udiv r0, r6, r7',
  'stores that stall': 'stm r5, {r0-r3, r8-r11}\npush {r0-r3}\npop {r0-r3}',
  'peripheral reads': 'ldr r0, =0x40008504\nldr r0, [r0]\nsmull r0, r1, r6, r6',
};

describe.each(['interpreter', 'translator'] as const)('on the %s', (engine) => {
  it.each(Object.entries(BUSY))('captures two ticks of 16 MHz after the compare, the core busy with %s', (_name, instructions) => {
    const machine = new EmulatedMachine(boardOf('nrf52840'), { seed: 1, engine, hot: 16 });
    const wire = new Pin('wire', machine.pins.net('P0.04')!);
    machine.pins.net('P0.03')!.onEdge((level) => wire.drive(level));
    machine.load(program(`${SETUP}loop:\n${instructions}\nb loop\n${TABLE}`));
    machine.run(100_000);
    expect(machine.bus.peek(CC2_OF_TIMER1, 4)).toBe(TICKS + 2);
  });
});

/** Offsets and reset values that tell the blocks apart, from each chip's own specification. */
it.each([
  ['nrf52840', [[0x4001_c508, 0x3ff], [0x4002_d508, 0x3ff], [0x4000_75f0, 1], [0x4001_3508, 4], [0x4001_2540, 0x10], [0x4001_9300, 0]]],
  ['nrf52833', [[0x4001_c508, 0x3ff], [0x4002_d508, 0x3ff], [0x4000_75f0, 1], [0x4001_3508, 4], [0x4001_2540, 0x10], [0x4001_9300, 0]]],
  ['nrf51822', [[0x4000_7504, 0x18], [0x4001_2540, 0x10], [0x4001_3508, 0], [0x4000_6510, 0], [0x4001_f500, 0]]],
] as const)('%s has its signal blocks where its specification says', (chip, registers) => {
  const machine = new EmulatedMachine(boardOf(chip), { seed: 1 });
  expect(registers.map(([address]) => machine.bus.peek(address, 4))).toEqual(registers.map(([, reset]) => reset));
});
