/** Translated code where it could go wrong: code that changes, permissions, limits, deep calls. Both engines must agree at every deadline. */
import { describe, expect, it } from 'vitest';
import { Word } from '../../emulator/cores/cortex-m/state.js';
import type { StopReason } from '../../emulator/machine-api.js';
import { assembleEach } from '../support/assembler.js';
import { CODE, EXIT, imageOf, program, RAM, SmallMachine, type SmallMachineOptions } from '../support/machine.js';
import { Random } from '../support/random.js';

const ENGINES = ['interpreter', 'translator'] as const;
const DEADLINE = 777;

function state({ machine }: SmallMachine): unknown {
  const words = machine.cortex.words.slice(0, Word.S0 + 32);
  words[Word.LIMIT] = 0;
  return { words: words.join(), cycles: machine.cycles, instructions: machine.instructions };
}

const ram = ({ machine }: SmallMachine): Buffer => {
  const region = machine.bus.find(RAM);
  if (region?.kind !== 'memory') throw new Error('no RAM');
  return Buffer.from(machine.bus.buffer, region.offset, region.bytes);
};

function expectSame(translator: SmallMachine, interpreter: SmallMachine): void {
  expect(state(translator)).toEqual(state(interpreter));
  expect(ram(translator).equals(ram(interpreter))).toBe(true);
}

/** Runs both engines from deadline to deadline. @returns the machine with the translator, and how it ended */
function inLockStep(options: SmallMachineOptions, { cycles = 300_000, at = () => {} }: { cycles?: number; at?: (machine: SmallMachine, deadline: number) => void } = {}): { machine: SmallMachine; end: StopReason } {
  const [interpreter, translator] = ENGINES.map((engine) => new SmallMachine({ ...options, engine }));
  for (let deadline = 1; ; deadline++) {
    for (const machine of [interpreter, translator]) at(machine, deadline);
    const end = interpreter.run(deadline * DEADLINE);
    expect(translator.run(deadline * DEADLINE)).toEqual(end);
    expectSame(translator, interpreter);
    if (end.kind === 'deadline' && deadline * DEADLINE < cycles) continue;
    expect(translator.printed).toBe(interpreter.printed);
    expect(translator.machine.exceptions).toEqual(interpreter.machine.exceptions);
    return { machine: translator, end };
  }
}

const translated = ({ machine }: SmallMachine): number => machine.cortex.interpreter.translatedInstructions;
const r = ({ machine }: SmallMachine, n: number): number => machine.core.words[n];

/** Copies the code from label `from` to `to` (words, not empty) to RAM + 0x1000 and leaves its Thumb address in R6. */
const COPY = `
  ldr r0, =${RAM + 0x1000}
  adr r1, from
  adr r2, to
1: ldr r3, [r1], #4
  str r3, [r0], #4
  cmp r1, r2
  blo 1b
  ldr r6, =${RAM + 0x1001}`;

describe('code that changes', () => {
  it('is seen when hot code in RAM is rewritten, again and again', () => {
    // the immediate of `adds r0, #1` counts up
    const code = `${COPY}
      movs r0, #0
      movs r5, #40
    2: movs r4, #150
    3: blx r6
      subs r4, #1
      bne 3b
      ldrh r1, [r6, #-1]
      adds r1, #1
      strh r1, [r6, #-1]
      subs r5, #1
      bne 2b
      ${EXIT}
      .balign 4
    from: adds r0, #1
      bx lr
    to:`;
    const { machine, end } = inLockStep({ code });
    expect(end.kind).toBe('exit');
    expect(machine.word(RAM + 0x1000) & 0xff).toBe(41);
    expect(translated(machine)).toBeGreaterThan(1000);
  });

  it('is seen when a loop stores over its own next instruction', () => {
    const code = `${COPY}
      movs r0, #0
      movs r7, #0
      ldr r4, =600
      blx r6
      mov r8, r0
      ${EXIT}
      .balign 4
    from: ldrh r2, [r6, #13]    @ the adds below
      eor r2, #3                @ #1 and #2 in turn
      strh r2, [r6, #13]
      nop
    here: adds r7, #1
      subs r4, #1
      bne from
      mov r0, r7
      bx lr
      .balign 4
    to:`;
    const { machine, end } = inLockStep({ code });
    expect(end.kind).toBe('exit');
    expect(r(machine, 8)).toBe(900);
  });

  it('is seen when data on the page of hot code is written, and the code stays', () => {
    const code = `${COPY}
      ldr r4, =3000
      ldr r5, =${RAM + 0x1200}
      blx r6
      ${EXIT}
      .balign 4
    from: ldr r0, [r5]
      adds r0, #1
      str r0, [r5]
      subs r4, #1
      bne from
      bx lr
      .balign 4
    to:`;
    const { machine, end } = inLockStep({ code });
    expect(end.kind).toBe('exit');
    expect(machine.word(RAM + 0x1200)).toBe(3000);
    expect(translated(machine)).toBeGreaterThan(2000); // the store itself is the interpreter's
  });

  it('is seen when a literal pool inside a hot function is written', () => {
    const code = `${COPY}
      movs r0, #0
      ldr r4, =1000
    2: blx r6
      ldr r1, [r6, #7]
      adds r1, #1
      str r1, [r6, #7]
      subs r4, #1
      bne 2b
      mov r8, r0
      ${EXIT}
      .balign 4
    from: ldr r1, value
      add r0, r1
      bx lr
      .balign 4
    value: .word 1
      .word 0
    to:`;
    const { machine, end } = inLockStep({ code });
    expect(end.kind).toBe('exit');
    expect(r(machine, 8)).toBe(500_500);
  });

  it('is translated only so often when it changes for ever, so that memory stays bounded', () => {
    // each round stores one of 64 instructions at one of 64 places and runs it until it is hot
    const code = `
      ldr r6, =${RAM + 0x1001}
      ldr r7, =0x47703000      @ adds r0, #imm; bx lr
      ldr r5, =1500
    2: and r1, r5, #63
      lsl r2, r1, #5
      add r2, r6
      uxtb r3, r5
      orr r3, r7
      str r3, [r2, #-1]
      movs r4, #80
    3: blx r2
      subs r4, #1
      bne 3b
      subs r5, #1
      bne 2b
      ${EXIT}`;
    const { machine, end } = inLockStep({ code }, { cycles: 4_000_000 });
    expect(end.kind).toBe('exit');
    expect(translated(machine)).toBeGreaterThan(1000);
    const { translator } = (machine.machine.cortex.interpreter as unknown as { translation: { translator: { moduleBytes: number; regions: number } } }).translation;
    expect(translator.regions).toBeLessThan(64 * 9);
    expect(translator.moduleBytes).toBeLessThan(1 << 20);
  });
});

describe('permissions', () => {
  it('make hot code a fault when the MPU forbids its execution, and go on when it may run again', () => {
    const code = `${COPY}
      movs r0, #0
      ldr r1, =0xe000ed94       @ MPU_CTRL
      ldr r2, =${(RAM | 0x10) >>> 0}
      str r2, [r1, #8]          @ region 0 at RAM
      ldr r3, =0x1300001f       @ XN, full access, 64 KB
      str r3, [r1, #12]
      movs r5, #6
    2: movs r4, #200
    3: blx r6
      subs r4, #1
      bne 3b
      movs r3, #5
      str r3, [r1]              @ MPU on: the next call faults, and the handler switches it off
      dsb
      isb
      blx r6
      subs r5, #1
      bne 2b
      ${EXIT}
      .balign 4
    from: adds r0, #1
      bx lr
    to:`;
    const handlers = { 3: 'ldr r1, =0xe000ed94\nmovs r3, #0\nstr r3, [r1]\nadd r11, #1\nbx lr' };
    const { machine, end } = inLockStep({ code, handlers });
    expect(end.kind).toBe('exit');
    expect(r(machine, 11)).toBe(6);
    expect(translated(machine)).toBeGreaterThan(300);
  });
});

describe('Q', () => {
  it('is made of an accumulator as it was before the instruction', () => {
    const code = `
      ldr r5, =0x7fffffff
      ldr r12, =0x200006f0
      ldr r6, =0x7c54fd5a
      movs r7, #0
      movs r4, #200
    1: cmp r4, #1
      ite eq
      moveq r8, r6
      movne r8, r7
      smlawt r8, r12, r5, r8   @ saturates nothing, and overflows in the last round
      subs r4, #1
      bne 1b
      ${EXIT}`;
    const { machine } = inLockStep({ code });
    expect(r(machine, 8)).toBe(0x8c54_e0d1 | 0); // as Unicorn says
    expect(r(machine, Word.Q)).toBe(1);
    expect(translated(machine)).toBeGreaterThan(500);
  });
});

describe('calls', () => {
  it('go 10,000 frames deep and come back', () => {
    const code = `
      ldr r1, =${RAM + 0xff00}
      mov sp, r1
      movs r5, #3
    1: ldr r0, =10000
      bl deep
      subs r5, #1
      bne 1b
      ${EXIT}
    deep: push {lr}
      cbz r0, 2f
      subs r0, #1
      bl deep
      add r4, r0, r4, ror #1
    2: pop {pc}`;
    const { machine, end } = inLockStep({ code }, { cycles: 2_000_000 });
    expect(end.kind).toBe('exit');
    expect(translated(machine)).toBeGreaterThan(10_000);
  });

  it('may be left by longjmp', () => {
    const code = `
      ldr r5, =2000
      movs r7, #0
    1: mov r8, sp
      bl outer
    back: adds r7, #1
      subs r5, #1
      bne 1b
      ${EXIT}
    outer: push {r4, lr}
      bl inner
      pop {r4, pc}
    inner: push {r4, lr}
      tst r5, #1
      beq 2f
      mov sp, r8            @ longjmp
      adr r0, back
      adds r0, #1
      bx r0
    2: pop {r4, pc}
      .balign 4`;
    // `adr` needs a word-aligned target: back is placed so
    const { machine, end } = inLockStep({ code: code.replace('back: adds', '.balign 4\nback: adds') });
    expect(end.kind).toBe('exit');
    expect(r(machine, 7)).toBe(2000);
  });

  it('through LR itself go where LR pointed', () => {
    const code = `
      ldr r5, =500
      movs r7, #0
    1: adr lr, target
      add lr, #1
      blx lr
      subs r5, #1
      bne 1b
      ${EXIT}
      .balign 4
    target: adds r7, #1
      bx lr`;
    const { machine, end } = inLockStep({ code });
    expect(end.kind).toBe('exit');
    expect(r(machine, 7)).toBe(500);
  });

  it('may be interrupted by SysTick anywhere, and faults inside them are taken where they arise', () => {
    const code = `
      ldr r6, =0xe000e010
      ldr r0, =330
      str r0, [r6, #4]
      str r0, [r6, #8]
      movs r0, #7
      str r0, [r6]
      ldr r5, =3000
      ldr r4, =${RAM}
    1: and r0, r5, #31
      bl work
      subs r5, #1
      bne 1b
      ${EXIT}
    work: push {r5, lr}
      movs r1, #0
    2: adds r1, #3
      cmp r0, #17
      it eq
      udfeq #0
      cmp r1, #20
      ite lo
      addlo r8, #1
      subhs r8, #2
      blo 2b
      str r1, [r4, r0, lsl #2]
      pop {r5, pc}`;
    const handlers = {
      15: 'add r9, #1\nbx lr',
      3: 'add r10, #1\nldr r1, [sp, #24]\nadds r1, #2\nstr r1, [sp, #24]\nldr r1, [sp, #28]\nldr r2, =0x0600fc00\nbic r1, r2\nstr r1, [sp, #28]\nbx lr',
    };
    const { machine, end } = inLockStep({ code, handlers }, { cycles: 400_000 });
    expect(end.kind).toBe('exit');
    expect(r(machine, 10)).toBeGreaterThan(80);
    expect(r(machine, 9)).toBeGreaterThan(100);
    expect(translated(machine)).toBeGreaterThan(20_000);
  });
});

const HOT_LOOP = `
  ldr r4, =${RAM}
  movs r0, #0
1: ldr r1, [r4]
  adds r1, #7
  str r1, [r4]
  adds r0, #1
  eor r2, r1, r0, lsl #3
  b 1b`;

it('exceptions go to the new table after VTOR has moved, also out of hot code', () => {
  // the table is copied to RAM with another SVCall handler
  const code = `
    ldr r0, =${RAM + 0x2000}
    movs r1, #0
  1: ldr r2, [r1]
    str r2, [r0, r1]
    adds r1, #4
    cmp r1, #192
    blo 1b
    adr r2, other
    adds r2, #1
    str r2, [r0, #44]
    ldr r3, =0xe000ed08
    ldr r5, =400
  2: tst r5, #8
    ite eq
    moveq r2, #0
    movne r2, r0
    str r2, [r3]
    svc #0
    subs r5, #1
    bne 2b
    ${EXIT}
    .balign 4
  other: add r9, #1
    bx lr`;
  const { machine, end } = inLockStep({ code, handlers: { 11: 'add r8, #1\nbx lr' } });
  expect(end.kind).toBe('exit');
  expect([r(machine, 8), r(machine, 9)]).toEqual([200, 200]);
});

describe('from outside', () => {
  it('a breakpoint set on a hot loop stops it, and the loop is translated again when it is gone', () => {
    const machine = new SmallMachine({ code: HOT_LOOP });
    machine.run(20_000);
    expect(translated(machine)).toBeGreaterThan(5000);
    const loop = CODE + 6; // after MOV.W and MOVS
    machine.machine.setBreakpoint(loop);
    expect(machine.run(40_000)).toEqual({ kind: 'breakpoint', address: loop });
    const count = r(machine, 0);
    expect(machine.run(40_000)).toEqual({ kind: 'breakpoint', address: loop });
    expect(r(machine, 0)).toBe(count + 1);
    machine.machine.clearBreakpoint(loop);
    const before = translated(machine);
    machine.run(60_000);
    expect(translated(machine)).toBeGreaterThan(before + 5000);
    const reference = new SmallMachine({ code: HOT_LOOP, engine: 'interpreter' });
    reference.run(60_000);
    expectSame(machine, reference);
  });

  it('code first run under observation is translated later', () => {
    const machine = new SmallMachine({ code: HOT_LOOP });
    machine.machine.core.onInstruction!(() => {});
    machine.run(1000);
    expect(translated(machine)).toBe(0);
    machine.machine.core.onInstruction!(undefined);
    machine.run(20_000);
    expect(translated(machine)).toBeGreaterThan(5000);
  });

  it.each([['interpreter', 'translator'], ['translator', 'interpreter']] as const)('a snapshot of the %s in hot code goes on in the %s', (from, to) => {
    const [first, second] = [new SmallMachine({ code: HOT_LOOP, engine: from }), new SmallMachine({ code: HOT_LOOP, engine: to })];
    second.run(12_345); // has translated something else
    first.run(31_337);
    second.machine.restore(first.machine.snapshot());
    for (const machine of [first, second]) machine.run(90_001);
    expectSame(first, second);
    expect(Buffer.from(second.machine.snapshot()).equals(Buffer.from(first.machine.snapshot()))).toBe(true);
  });

  it('a device that stops the machine does so after the same instruction', () => {
    const code = `
      ldr r4, =0x40004000
      movs r0, #16
      str r0, [r4, #16]
      movs r0, #1
      str r0, [r4, #8]
      ldr r5, =400
    1: adds r6, #1
      tst r6, #63
      it eq
      streq r6, [r4]
      b 1b`;
    const ends = ENGINES.map((engine) => {
      const machine = new SmallMachine({ code, engine });
      machine.machine.serials[0].onByte(() => machine.machine.stop());
      const at: unknown[] = [];
      for (let i = 0; i < 20; i++) at.push(machine.run(100_000).kind, state(machine));
      return at;
    });
    expect(ends[1]).toEqual(ends[0]);
    expect(ends[0][0]).toBe('stopped');
  });
});

/** Blocks that count, compare, and branch to random blocks, some through IT blocks and calls. */
function randomFlow(random: Random, p: string): string {
  const blocks = random.between(2, 11);
  const block = (i: number): string => {
    const lines = [`${p}b${i}: adds r0, #${random.below(200)}`, `eor r1, r0, r1, ror #${random.between(1, 31)}`, 'subs r7, #1', `beq.w ${p}end`, `lsls r2, r1, #${random.below(31)}`];
    const condition = random.pick(['eq', 'ne', 'cs', 'cc', 'mi', 'pl', 'gt', 'le']);
    const opposite = { eq: 'ne', ne: 'eq', cs: 'cc', cc: 'cs', mi: 'pl', pl: 'mi', gt: 'le', le: 'gt' }[condition];
    if (random.chance(30)) lines.push(`ite ${condition}`, `add${condition} r3, #1`, `sub${opposite} r3, r1`);
    if (random.chance(25)) lines.push(`it ${condition}`, `bl${condition} ${p}sub`);
    if (random.chance(15)) lines.push(`bl ${p}sub`);
    if (random.chance(20)) lines.push('udiv r5, r1, r0', 'str r5, [r4]');
    if (random.chance(70)) lines.push(`b${condition}.w ${p}b${random.below(blocks)}`);
    lines.push(`b.w ${p}b${random.below(blocks)}`);
    return lines.join('\n');
  };
  const body = Array.from({ length: blocks }, (_, i) => block(i)).join('\n');
  return `ldr r4, =${RAM}\nldr r7, =4000\nb.w ${p}b0\n${body}\n${p}end: ${EXIT}\n${p}sub: push {r0, lr}\nadds r3, #5\ntst r3, #4\nit ne\npopne {r0, pc}\nadds r3, #1\npop {r0, pc}`;
}

describe('flow of control', () => {
  it('is that of the interpreter in random graphs, reducible or not', { timeout: 60_000 }, () => {
    const random = new Random(7);
    const sources = Array.from({ length: 16 }, (_, i) => randomFlow(random, `p${i}_`));
    assembleEach(sources).forEach((bytes, i) => {
      const vectors = program('nop').segments[0];
      const { end } = inLockStep({ image: imageOf([vectors, { address: CODE, bytes }]) }, { cycles: 200_000 });
      expect(end.kind, sources[i]).toBe('exit');
    });
  });
});
