/** Breakpoints in and beside hot code: the same stops on both engines, and full speed elsewhere. */
import { describe, expect, it } from 'vitest';
import type { StopReason } from '../../emulator/machine-api.js';
import { translatedBy } from '../support/early-translation.js';
import { CODE, EXIT, RAM, SmallMachine } from '../support/machine.js';
import { early, expectSame } from '../support/twins.js';

const ENGINES = ['interpreter', 'translator'] as const;

/** A loop with a call, an IT block and a branch in its middle. Offsets in the margin. */
const loopOf = (turns: number): string => `movw r0, #${turns}
1: adds r2, #1          @ 4
bl 2f                   @ 6
tst r2, #3              @ 10
itee eq                 @ 14
addeq r3, #1            @ 16
addne r4, #1            @ 18
addne r5, #2            @ 20
cmp r2, #77             @ 22
bne 3f                  @ 24
adds r6, #1             @ 26
3: subs r0, #1          @ 28
bne 1b                  @ 30
${EXIT}
.balign 4
2: adds r7, #3
bx lr`;
const LOOP = loopOf(200);
const PLACES = [4, 6, 10, 14, 16, 18, 20, 22, 26, 28, 30].map((offset) => CODE + offset);

const machines = (code = LOOP): SmallMachine[] => ENGINES.map((engine) => early({ code, engine }));

/** Runs to the exit. @returns how often each address was stopped at */
function stopsOf(small: SmallMachine, most = 2000): Map<number, number> {
  const counts = new Map<number, number>();
  for (let i = 0; i < most; i++) {
    const stop = small.run();
    if (stop.kind !== 'breakpoint') {
      expect(stop).toEqual({ kind: 'exit', code: 0 });
      return counts;
    }
    counts.set(stop.address, (counts.get(stop.address) ?? 0) + 1);
  }
  throw new Error('it never ended');
}

describe('a breakpoint', () => {
  it.each(PLACES)('at 0x%s stops every time it is reached, in both engines, with the same state', (address) => {
    const [interpreter, translator] = machines();
    for (const small of [interpreter, translator]) small.machine.setBreakpoint(address);
    for (;;) {
      const stops = [interpreter, translator].map((small) => small.run());
      expect(stops[1]).toEqual(stops[0]);
      expectSame(translator, interpreter);
      if (stops[0].kind !== 'breakpoint') break;
      expect(stops[0].address).toBe(address);
    }
  });

  it('changes neither cycles nor instructions, wherever it is', () => {
    const plain = new SmallMachine({ code: LOOP });
    plain.run();
    for (const small of machines()) {
      for (const address of PLACES) small.machine.setBreakpoint(address);
      const counts = stopsOf(small, 5000);
      expect(PLACES.map((address) => counts.get(address))).toEqual([...Array<number>(8).fill(200), 1, 200, 200]);
      expectSame(small, plain);
    }
  });

  it('set in the middle of hot code and cleared again leaves hot code as it was', () => {
    const [interpreter, translator] = machines(loopOf(50_000));
    let until = 0;
    for (const round of Array(30).keys()) {
      const address = PLACES[round % 8];
      const stops = [interpreter, translator].map((small): StopReason[] => {
        small.machine.setBreakpoint(address);
        const met = [small.run(until + 3000), small.run(until + 3000), small.run(until + 3000)];
        small.machine.clearBreakpoint(address);
        return [...met, small.run(until + 6000)];
      });
      expect(stops[0]).toEqual([...Array(3).fill({ kind: 'breakpoint', address }), { kind: 'deadline' }]);
      expect(stops[1]).toEqual(stops[0]);
      expectSame(translator, interpreter);
      until += 6000;
    }
    const { instructions } = translator.machine;
    const before = translatedBy(translator.machine);
    translator.run(until + 50_000);
    expect((translatedBy(translator.machine) - before) / (translator.machine.instructions - instructions)).toBeGreaterThan(0.99);
  });

  it('elsewhere leaves translated code in charge', () => {
    const small = early({ code: loopOf(20_000) });
    small.machine.setBreakpoint(CODE + 26); // met once in all turns
    const counts = stopsOf(small);
    expect(counts.size).toBe(1);
    expect(translatedBy(small.machine) / small.machine.instructions).toBeGreaterThan(0.9);
  });

  it('in the callee stops there, and behind the call', () => {
    for (const small of machines()) {
      const callee = CODE + calleeOffset(small);
      small.machine.setBreakpoint(callee);
      small.machine.setBreakpoint(CODE + 10);
      expect([...stopsOf(small)]).toEqual([[callee, 200], [CODE + 10, 200]]);
    }
  });

  it('on an undefined instruction stops before its fault', () => {
    for (const engine of ENGINES) {
      const small = new SmallMachine({ code: 'nop\n.short 0xde01, 0xe801\nnop', engine, stopOnFault: true });
      small.machine.setBreakpoint(CODE + 2);
      expect([small.run(), small.run()]).toMatchObject([{ kind: 'breakpoint', address: CODE + 2 }, { kind: 'fault', address: CODE + 2 }]);
    }
  });

  it('is met again when an interrupt comes first', () => {
    const systick = 'ldr r5, =0xe000e010\nldr r0, =99\nstr r0, [r5, #4]\nstr r0, [r5, #8]\nmovs r0, #7\nstr r0, [r5]';
    const [interpreter, translator] = ENGINES.map((engine) => early({ code: `${systick}\n1: adds r2, #1\nb 1b`, handlers: { 15: 'adds r3, #1\nbx lr' }, engine }));
    const loop = CODE + 14;
    for (const small of [interpreter, translator]) small.machine.setBreakpoint(loop);
    for (let i = 0; i < 300; i++) {
      const stops = [interpreter, translator].map((small) => small.run());
      expect(stops[0]).toEqual({ kind: 'breakpoint', address: loop });
      expect(stops[1]).toEqual(stops[0]);
      expectSame(translator, interpreter);
    }
    expect(interpreter.machine.exceptions[15]).toBeGreaterThan(5);
  });

  it('set by a listener in the middle of a run holds from the next instruction that is reached', () => {
    const uart = 'ldr r4, =0x40004000\nmovs r0, #16\nstr r0, [r4, #16]\nmovs r0, #1\nstr r0, [r4, #8]\nmovs r1, #65\nstr r1, [r4]';
    const stops = ENGINES.map((engine) => {
      const small = early({ code: `${uart}\n1: adds r2, #1\nnop\nb 1b`, engine });
      small.machine.serials[0].onByte(() => small.machine.setBreakpoint(CODE + 16));
      return [small.run(), small.machine.cycles];
    });
    expect(stops[0][0]).toEqual({ kind: 'breakpoint', address: CODE + 16 });
    expect(stops[1]).toEqual(stops[0]);
  });

  it('in code that is written anew stops before the new instruction', () => {
    for (const engine of ENGINES) {
      const small = new SmallMachine({ code: 'movs r0, #1\nmovs r0, #2\nb .', engine });
      small.machine.setBreakpoint(CODE + 2);
      small.run();
      small.machine.bus.poke(CODE + 2, 0x2009, 2); // movs r0, #9
      small.run(100);
      expect(small.machine.cortex.words[0]).toBe(9);
    }
  });

  it('on a page that is decoded twice, in RAM, is found by a jump', () => {
    for (const engine of ENGINES) {
      const small = early({ code: `ldr r0, =${RAM}\nldr r1, =0x47703201\nstr r1, [r0]\nadds r0, #1\n1: blx r0\nb 1b`, engine });
      small.run(2000);
      small.machine.setBreakpoint(RAM + 2);
      expect(small.run()).toEqual({ kind: 'breakpoint', address: RAM + 2 });
    }
  });
});

/** Where the callee of LOOP begins: behind the exit, its literal pool and padding. */
function calleeOffset({ machine }: SmallMachine): number {
  for (let offset = 32; offset < 80; offset += 2) if (machine.core.peek(CODE + offset, 2) === 0x3703) return offset;
  throw new Error('the callee is not where it should be');
}
