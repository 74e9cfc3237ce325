/** Hot code that changes in ways of its own: by interrupts, across pages, through mirrors, with tables and from outside. */
import { describe, expect, it } from 'vitest';
import { translatedBy } from '../support/early-translation.js';
import { CODE, EXIT, RAM, RAM_BYTES, type SmallMachine } from '../support/machine.js';
import { early, expectSame, register, twins } from '../support/twins.js';

/** Copies the words from label `from` to `to` to an address and leaves it, with the Thumb bit, in R6. */
const copyTo = (address: number): string => `
  ldr r0, =${address}
  adr r1, from
  adr r2, to
1: ldr r3, [r1], #4
  str r3, [r0], #4
  cmp r1, r2
  blo 1b
  ldr r6, =${address | 1}`;

describe('code in RAM', () => {
  it('that an interrupt handler rewrites under the loop it interrupts', () => {
    const code = `${copyTo(RAM + 0x1000)}
      ldr r0, =0xe000e010
      ldr r1, =613
      str r1, [r0, #4]
      str r1, [r0, #8]
      movs r1, #7
      str r1, [r0]
      movs r7, #0
      ldr r4, =20000
      blx r6
      ${EXIT}
      .balign 4
    from: adds r7, #1
      eor r5, r7, r5, ror #3
      subs r4, #1
      bne from
      bx lr
      .balign 4
    to:`;
    const handler = `ldr r0, =${RAM + 0x1000}\nldrb r1, [r0]\nadd r1, #3\nstrb r1, [r0]\nadd r9, #1\nbx lr`;
    const { machine, end, translated } = twins({ code, handlers: { 15: handler } });
    expect(end.kind).toBe('exit');
    expect(register(machine, 9)).toBeGreaterThan(50);
    expect(register(machine, 7)).toBeGreaterThan(20_000);
    expect(translated).toBeGreaterThan(1000);
  });

  it('whose instruction across a page border is rewritten, each half by itself', () => {
    // `add.w r0, r0, #imm8` lies at ...ffe; its second half on the next page holds the immediate, its first the operation
    const code = `${copyTo(RAM + 0x1ff8)}
      movs r0, #0
      ldr r4, =2000
    2: blx r6
      ldr r5, =${RAM + 0x2000}
      strb r4, [r5]
      ldr r5, =${RAM + 0x1ffe}
      tst r4, #16
      ite eq
      ldreq r1, =0xf100        @ add.w
      ldrne r1, =0xf1a0        @ sub.w
      strh r1, [r5]
      subs r4, #1
      bne 2b
      mov r8, r0
      ${EXIT}
      .balign 4
    from: eor r2, r0, r2, ror #1
      nop
      add.w r0, r0, #1
      eor r3, r0, r3, ror #9
      bx lr
      .balign 4
    to:`;
    const { machine, end } = twins({ code });
    expect(end.kind).toBe('exit');
    let expected = 1;
    for (let n = 2000; n > 1; n--) expected = (expected + (n & 16 ? -1 : 1) * (n & 0xff)) >>> 0;
    expect(register(machine, 8)).toBe(expected);
  });

  it('that runs at an address and at its mirror, and is rewritten at either', () => {
    const code = `${copyTo(RAM + 0x1000)}
      add r8, r6, #${RAM_BYTES}
      movs r7, #0
      ldr r5, =60
    2: movs r4, #40
    3: blx r6
      blx r8
      subs r4, #1
      bne 3b
      tst r5, #1
      ite eq
      moveq r1, r6
      movne r1, r8
      ldrb r2, [r1, #-1]
      adds r2, #1
      strb r2, [r1, #-1]
      subs r5, #1
      bne 2b
      ${EXIT}
      .balign 4
    from: adds r7, #1
      bx lr
    to:`;
    const { machine, end, translated } = twins({ code });
    expect(end.kind).toBe('exit');
    expect(register(machine, 7)).toBe(80 * (60 * 61) / 2);
    expect(translated).toBeGreaterThan(5000);
  });

  it('that overwrites later instructions of the loop it is in, in every round', () => {
    const code = `${copyTo(RAM + 0x1000)}
      movs r7, #0
      ldr r4, =1500
      blx r6
      ${EXIT}
      .balign 4
    from: uxtb r1, r4
      strb r1, [r6, #11]       @ the immediate of adds
      eor r2, r4, r2, ror #3
      b 1f
    1: nop
      adds r7, #0
      subs r4, #1
      bne from
      bx lr
      .balign 4
    to:`;
    const { machine, end } = twins({ code });
    expect(end.kind).toBe('exit');
    let expected = 0;
    for (let n = 1; n <= 1500; n++) expected += n & 0xff;
    expect(register(machine, 7)).toBe(expected);
  });

  it('that jumps into the middle of its own 32-bit instructions', () => {
    const code = `
      ldr r4, =1500
      movs r0, #0
      adr r5, wide
      adds r5, #3
    1: bl wide
      blx r5
      subs r4, #1
      bne 1b
      ${EXIT}
      .balign 4
    wide: .inst.w 0xf2433001  @ movw r0, #0x3301; its second half alone is adds r0, #1
      eor r7, r0, r7, ror #1
      bx lr`;
    const { end, translated } = twins({ code });
    expect(end.kind).toBe('exit');
    expect(translated).toBeGreaterThan(5000);
  });
});

it('a branch table in RAM is followed as it changes', () => {
  const code = `
    ldr r4, =1200
    ldr r5, =${RAM + 0x800}
  1: and r0, r4, #3
    lsrs r1, r4, #4
    add r1, r0
    and r1, #3
    adds r1, #2              @ halfwords past the TBB: 2 to 5
    strb r1, [r5, r0]
    bl switch
    subs r4, #1
    bne 1b
    ${EXIT}
  switch: tbb [r5, r0]
    nop
    nop
    adds r7, #1
    adds r7, #2
    adds r7, #3
    adds r7, #4
    bx lr`;
  const { machine, end, translated } = twins({ code });
  expect(end.kind).toBe('exit');
  let expected = 0;
  for (let n = 1; n <= 1200; n++) expected += [10, 9, 7, 4][((n >> 4) + (n & 3)) & 3];
  expect(register(machine, 7)).toBe(expected);
  expect(translated).toBeGreaterThan(10_000);
});

const LOOP = `
  ldr r4, =${RAM}
  movs r0, #0
1: ldr r1, [r4]
  adds r1, #7
  str r1, [r4]
  adds r0, #1
  cmp r0, r1
  it hi
  eorhi r2, r1, r0, lsl #3
  bl sub
  b 1b
sub: add r3, r2, r3, ror #5
  bx lr`;
/** Addresses of instructions of LOOP: `ldr r4` (32 bits), `movs`, and so on. */
const [STORE, COMPARE, SUB] = [CODE + 8 + 2, CODE + 14, CODE + 26];

describe('observed from outside', () => {
  const pair = (): SmallMachine[] => (['interpreter', 'translator'] as const).map((engine) => early({ code: LOOP, engine }));

  it('breakpoints set and cleared while code is hot are met at exactly their instructions', () => {
    const [interpreter, translator] = pair();
    let until = 0;
    for (let round = 0; round < 40; round++) {
      const at = [STORE, COMPARE, SUB][round % 3];
      const stops = [interpreter, translator].map((small) => {
        small.run(until + 1711);
        small.machine.setBreakpoint(at);
        const stop = small.run(until + 5000);
        const again = small.run(until + 5000);
        small.machine.clearBreakpoint(at);
        small.run(until + 5000);
        return [stop, again];
      });
      expect(stops[0]).toEqual([{ kind: 'breakpoint', address: at }, { kind: 'breakpoint', address: at }]);
      expect(stops[1]).toEqual(stops[0]);
      expectSame(translator, interpreter);
      until += 5000;
    }
    expect(translatedBy(translator.machine)).toBeGreaterThan(50_000);
  });

  it('a trace switched on and off shows the same instructions', () => {
    const traces = pair().map((small) => {
      const seen: number[] = [];
      for (let round = 1; round <= 20; round++) {
        small.machine.core.onInstruction!(round % 2 === 0 ? (address) => seen.push(address, small.machine.cycles) : undefined);
        small.run(round * 1511);
      }
      return { small, seen };
    });
    expect(traces[1].seen).toEqual(traces[0].seen);
    expect(traces[0].seen.length).toBeGreaterThan(10_000);
    expectSame(traces[1].small, traces[0].small);
  });

  it('a snapshot out of hot code goes on in a new machine to the same end', () => {
    for (const at of [4001, 9999, 20_011]) {
      const [interpreter, translator] = pair();
      const fresh = early({ code: LOOP });
      translator.run(at);
      fresh.machine.restore(translator.machine.snapshot());
      for (const small of [interpreter, translator, fresh]) small.run(60_000);
      expectSame(translator, interpreter);
      expectSame(fresh, interpreter);
      expect(Buffer.from(fresh.machine.snapshot()).equals(Buffer.from(interpreter.machine.snapshot()))).toBe(true);
    }
  });

  it('an instruction patched from outside takes effect at once, in flash and under translated callers', () => {
    const [interpreter, translator] = pair();
    for (let round = 1; round <= 30; round++) {
      for (const small of [interpreter, translator]) {
        small.run(round * 2003);
        const adds = COMPARE - 2; // adds r0, #1
        small.machine.bus.poke(adds, 0x3000 | round, 2);
      }
      expectSame(translator, interpreter);
    }
    expect(register(translator, 0)).toBeGreaterThan(10_000);
    expect(translatedBy(translator.machine)).toBeGreaterThan(5000);
  });

  it('a value poked into RAM is what hot code reads next', () => {
    const [interpreter, translator] = pair();
    for (let round = 1; round <= 30; round++) {
      for (const small of [interpreter, translator]) {
        small.run(round * 1999);
        small.machine.bus.poke(RAM, 0x1000_0000 + round, 4);
      }
      expectSame(translator, interpreter);
    }
    expect(register(translator, 1)).toBeGreaterThanOrEqual(0x1000_0000);
  });
});
