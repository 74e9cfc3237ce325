/** What a machine does with firmware it cannot run, and where it starts what it can. */
import { describe, expect, it } from 'vitest';
import { Word } from '../../emulator/cores/cortex-m/state.js';
import type { EmulatedMachine } from '../../emulator/machine.js';
import { MachineError } from '../../emulator/machine/machine-error.js';
import { assemble } from '../support/assembler.js';
import { CODE, EXIT, imageOf, program, RAM, RAM_BYTES, SmallMachine, STACK } from '../support/machine.js';

const words = (...values: number[]): Uint8Array => new Uint8Array(Uint32Array.from(values).buffer);

describe('an image is refused', () => {
  const outside = imageOf([{ address: 0, bytes: words(STACK, CODE | 1) }, { address: 0x0800_0000, bytes: words(0) }]);
  const over = imageOf([{ address: 0x1_fffc, bytes: words(0, 0) }]);
  const nothing = imageOf([{ address: 0x2000, bytes: words(0, 0) }]);
  const entryOutside = imageOf([{ address: 0x2000, bytes: words(0, 0) }], { entry: 0x3000 });
  const avr = imageOf([{ address: 0, bytes: words(0) }], { architecture: 'avr' });
  it.each([
    ['for a segment outside every memory', outside, /segment at 0x8000000 \(4 bytes\) leaves the board's memory at 0x8000000: link it for small/],
    ['for a segment that leaves its memory', over, /segment at 0x1fffc \(8 bytes\) leaves the board's memory at 0x20000/],
    ['without vectors and entry', nothing, /no vector table at 0x0 or at the start of the image, and no entry point inside it: nothing to start/],
    ['when a raw binary has no vectors', { ...nothing, format: 'bin' as const }, /nothing to start; is the address the one it was linked for\? .* use its ELF file$/],
    ['with an entry outside its segments', entryOutside, /nothing to start/],
    ['when it is for AVR', avr, /this is AVR firmware.*choose an AVR board/],
  ])('%s', (_, image, message) => {
    expect(() => new SmallMachine({ image })).toThrow(MachineError);
    expect(() => new SmallMachine({ image })).toThrow(message);
    expect(() => new SmallMachine({ image })).toThrow(/^[^\n]+$/);
  });
});

describe('a firmware starts', () => {
  it('with SP and PC of its vector table', () => {
    const { machine } = new SmallMachine({ code: 'nop' });
    expect([machine.cortex.words[Word.SP], machine.cortex.words[Word.PC], machine.cortex.words[Word.T]]).toEqual([STACK, CODE, 1]);
  });

  it('behind a bootloader: at the table at the start of the image, with VTOR there', () => {
    const code = assemble(`ldr r0, =0xe000ed08\nldr r4, [r0]\nldr r5, =${RAM}\nstr r4, [r5]\n${EXIT}`);
    const small = new SmallMachine({ image: imageOf([{ address: 0x4000, bytes: words(STACK - 64, 0x4101) }, { address: 0x4100, bytes: code }]) });
    expect([small.run(), small.word(RAM)]).toEqual([{ kind: 'exit', code: 0 }, 0x4000]);
  });

  it('at its entry without vectors, with the stack at the end of RAM and the FPU open', () => {
    const code = assemble(`mov r4, sp\nldr r5, =${RAM}\nstr r4, [r5]\nvmov.f32 s0, #1.0\nvadd.f32 s0, s0, s0\nvstr s0, [r5, #4]\n${EXIT}`);
    const small = new SmallMachine({ image: imageOf([{ address: 0x2000, bytes: code }], { entry: 0x2000 }) });
    expect([small.run(), small.word(RAM), small.word(RAM + 4)]).toEqual([{ kind: 'exit', code: 0 }, RAM + RAM_BYTES, 0x4000_0000]);
  });

  it('again from a clean state when it is loaded again', () => {
    const small = new SmallMachine({ code: `ldr r5, =${RAM}\nldr r0, [r5]\nadds r0, #1\nstr r0, [r5]\n${EXIT}` });
    small.run();
    small.machine.load(program(`ldr r5, =${RAM}\nldr r0, [r5]\nadds r0, #5\nstr r0, [r5]\n${EXIT}`));
    expect([small.machine.now(), small.machine.instructions]).toEqual([0, 0]);
    small.run();
    expect(small.word(RAM)).toBe(5);
  });
});

describe('memory', () => {
  const CLEAN = program('nop');
  it.each([
    ['the host wrote there', (machine: EmulatedMachine) => { machine.bus.poke(RAM, 7, 4); }],
    ['a device did', (machine: EmulatedMachine) => { machine.bus.write(RAM, 7, 4); }],
    ['an earlier image lay there', (machine: EmulatedMachine) => { machine.bus.load(RAM, words(7)); }],
    ['a snapshot was restored', (machine: EmulatedMachine) => {
      const other = new SmallMachine({ code: 'nop' });
      other.machine.bus.poke(RAM, 7, 4);
      machine.restore(other.machine.snapshot());
    }],
  ])('is as at power-on after a load, though %s', (_, change) => {
    const small = new SmallMachine();
    change(small.machine);
    small.machine.load(CLEAN);
    expect(small.word(RAM)).toBe(0);
  });

  it('holds its initial value where the image has none', () => {
    const small = new SmallMachine({ code: 'nop' });
    expect([small.word(0x1_0000), small.word(RAM)]).toEqual([0xffff_ffff, 0]);
  });

  it('of the image is counted per memory', () => {
    const { machine } = new SmallMachine({ image: imageOf([{ address: 0, bytes: words(STACK, 0x9) }, { address: 8, bytes: words(0xe7fe) }]) });
    expect(machine.memoryUse().map(({ name, loadedBytes }) => [name, loadedBytes])).toEqual([['flash', 12], ['ram', 0]]);
  });
});
