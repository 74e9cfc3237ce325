/** Expected values: ATmega328P data sheet DS40002061B, chapter 26: 26.8 (self-programming), 26.8.8 to 26.8.10 (fuses, lock bits, signature row), 26.9.1. */
import { describe, expect, it } from 'vitest';
import { AvrMachine, LOOP } from '../../support/avr-machine.js';

const SPMCSR = 0x57;
const SPMEN = 1, PGERS = 2, PGWRT = 4, BLBSET = 8, RWWSRE = 0x10, SIGRD = 0x20, RWWSB = 0x40, SPMIE = 0x80;
const BOOT = 0x7e00;
const LOCK = 0x83_0000;
const NOP = 0, SPM = 0x95e8;
const R = { r0: 0, r1: 1, r16: 16, ZL: 30, ZH: 31 };
/** The longest time of a page: table 28-10. */
const PAGE_SECONDS = 0.0045;

const ldi = (register: number, value: number): number => 0xe000 | ((value & 0xf0) << 4) | ((register - 16) << 4) | (value & 15);
const mov = (to: number, from: number): number => 0x2c00 | ((from & 16) << 5) | ((to & 16) << 4) | ((to & 15) << 4) | (from & 15);
const out = (address: number, register: number): number => { const A = address - 0x20; return 0xb800 | ((A & 0x30) << 5) | (register << 4) | (A & 15); };
const lpm = (register: number): number => 0x9004 | (register << 4);
const setZ = (address: number): number[] => [ldi(R.ZL, address & 0xff), ldi(R.ZH, address >> 8)];
/** R1:R0 = word. */
const setWord = (word: number): number[] => [ldi(R.r16, word & 0xff), mov(R.r0, R.r16), ldi(R.r16, word >> 8), mov(R.r1, R.r16)];
const operate = (operation: number): number[] => [ldi(R.r16, operation | SPMEN), out(SPMCSR, R.r16), SPM];

/** Runs in the boot section. */
const boot = (words: readonly number[], options: object = {}): AvrMachine => new AvrMachine({ program: { 0: [LOOP], [BOOT]: [...words, LOOP] }, ...options });
const flash = (on: AvrMachine, address: number): number => on.memory(address) | (on.memory(address + 1) << 8);
const register = (on: AvrMachine, n: number): number => on.machine.core.words[n];

describe('SPM in the boot section', () => {
  it('fills the buffer and writes a page; bits go from 1 to 0', () => {
    const on = boot([...setZ(0x102), ...setWord(0xbeef), ...operate(0), ...setZ(0x100), ...operate(PGWRT)]);
    on.run(0.001);
    expect([flash(on, 0x100), flash(on, 0x102)]).toEqual([0xffff, 0xbeef]);
  });

  it('erases the page that Z points into', () => {
    const on = new AvrMachine({ program: { 0: [LOOP], 0x180: [0x1234], 0x200: [0x5678], [BOOT]: [...setZ(0x1a6), ...operate(PGERS), LOOP] } });
    on.run(0.001);
    expect([flash(on, 0x180), flash(on, 0x200)]).toEqual([0xffff, 0x5678]);
  });

  it('takes a word of the buffer once', () => {
    const on = boot([...setZ(0x100), ...setWord(0x1111), ...operate(0), ...setWord(0x2222), ...operate(0), ...operate(PGWRT)]);
    on.run(0.001);
    expect(flash(on, 0x100)).toBe(0x1111);
  });

  it('keeps the RWW section busy until RWWSRE, and the core runs on', () => {
    const on = boot([...setZ(0x100), ...operate(PGERS)]);
    on.run(0.001);
    expect([on.read('SPMCSR') & (RWWSB | SPMEN | PGERS), on.machine.residency.stalled]).toEqual([RWWSB | SPMEN | PGERS, 0]);
    on.run(PAGE_SECONDS);
    expect(on.read('SPMCSR')).toBe(RWWSB);
  });

  it('lets RWWSRE open the section again', () => {
    const wait = Array.from({ length: 3 }, () => 0); // out of the way of the operation before
    const on = boot([...setZ(0x100), ...setWord(1), ...operate(0), ...wait, ...operate(RWWSRE)]);
    on.run(0.001);
    expect(on.read('SPMCSR')).toBe(0);
  });

  it('makes the core stand still while the NRWW section is written', () => {
    const on = boot([...setZ(0x7000), ...operate(PGERS)]);
    on.run(0.01);
    expect(on.machine.residency.stalled / on.machine.rootHz).toBeCloseTo(PAGE_SECONDS, 6);
  });

  it('needs SPM within four cycles', () => {
    const on = boot([...setZ(0x100), ldi(R.r16, SPMEN | PGERS), out(SPMCSR, R.r16), NOP, NOP, NOP, NOP, SPM], { });
    on.run(0.001);
    expect(on.read('SPMCSR')).toBe(0);
  });

  it.each([['boot section', 0xcf, BOOT + 0x80, 0xff], ['application section', 0xff & ~4, 0x80, 0xcf]])('does not write the %s where the lock bits forbid it', (_, lock, address) => {
    const on = new AvrMachine({ program: { 0: [LOOP], [address]: [0x1234], [BOOT]: [...setZ(address), ...operate(PGERS), LOOP] }, fuses: { lock } });
    on.run(0.001);
    expect(flash(on, address)).toBe(0x1234);
  });

  it('programs lock bits, and only those of the boot loader', () => {
    const on = boot([...setWord(0x00), ...setZ(1), ...operate(BLBSET)], { fuses: { lock: 0xff } });
    on.run(0.001);
    expect(on.memory(LOCK)).toBe(0xff & ~0x3c);
  });

  it('asks for its interrupt while nothing is under way', () => {
    const on = boot([0x9478]); // sei
    on.run(0.001);
    on.write('SPMCSR', SPMIE);
    on.run(0.0001);
    expect(on.machine.exceptions[25]).toBeGreaterThan(0);
  });
});

it('has no effect in the application section, and says so', () => {
  const on = new AvrMachine({ program: { 0: [...setZ(0x180), ...operate(PGERS), LOOP], 0x180: [0x1234] } });
  on.run(0.001);
  expect([flash(on, 0x180), on.warnings.length]).toEqual([0x1234, 1]);
  expect(on.warnings[0]).toContain('SPM has no effect outside the boot section, which begins at 0x7e00');
});

describe('LPM', () => {
  const read = (operation: number, address: number): number[] => [...setZ(address), ldi(R.r16, operation | SPMEN), out(SPMCSR, R.r16), lpm(20), LOOP];

  it.each([['low fuse', 0, 0xff], ['lock bits', 1, 0xcf], ['extended fuse', 2, 0xfd], ['high fuse', 3, 0xde]])('reads the %s after BLBSET', (_, address, value) => {
    const on = new AvrMachine({ program: { 0: read(BLBSET, address) } });
    on.run(0.001);
    expect(register(on, 20)).toBe(value);
  });

  it.each([[0, 0x1e], [2, 0x95], [4, 0x0f], [1, 0x9f]])('reads the signature row after SIGRD: byte %i', (address, value) => {
    const on = new AvrMachine({ program: { 0: read(SIGRD, address) } });
    on.run(0.001);
    expect(register(on, 20)).toBe(value);
  });

  it('reads flash once more after that', () => {
    const on = new AvrMachine({ program: { 0: [...read(SIGRD, 2).slice(0, -1), lpm(21), LOOP] } });
    on.run(0.001);
    expect(register(on, 21)).toBe(setZ(2)[1] & 0xff);
  });
});

it('goes on from a snapshot in the middle of a page', () => {
  const program = { program: { 0: [LOOP], [BOOT]: [...setZ(0x102), ...setWord(0xbeef), ...operate(0), ...operate(PGWRT), LOOP] } };
  const [one, other] = [new AvrMachine(program), new AvrMachine(program)];
  one.run(0.001);
  other.machine.restore(one.machine.snapshot());
  for (const on of [one, other]) on.run(0.01);
  expect([flash(other, 0x102), other.read('SPMCSR')]).toEqual([0xbeef, RWWSB]);
  expect(other.machine.snapshot()).toEqual(one.machine.snapshot());
});
