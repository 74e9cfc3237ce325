/** What is translated: code that has run so much that it pays, and never much at once. */
import { describe, expect, it } from 'vitest';
import { Word } from '../../emulator/cores/cortex-m/state.js';
import { SmallMachine } from '../support/machine.js';
import { translatedBy } from '../support/early-translation.js';

const NOTHING = { modules: 0, regions: 0, instructions: 0, bytes: 0 };
const LOOP = 'movs r0, #0\nagain: adds r0, #1\nb again';
/** Functions in RAM, one behind the other, each called over and over before the next. */
const MANY_FUNCTIONS = `
  ldr r4, =0x20001000
  ldr r5, =0x30013001         @ ADDS R0, #1 twice
  ldr r6, =0x4770             @ BX LR
  mov r7, #200
write: str r5, [r4], #4
  str r5, [r4], #4
  str r6, [r4], #4
  subs r7, #1
  bne write
  ldr r4, =0x20001001
  mov r7, #200
next: mov r8, #7000
again: blx r4
  subs r8, #1
  bne again
  adds r4, #12
  subs r7, #1
  bne next
stop: b stop`;

function ended(code: string, cycles: number, engine: 'interpreter' | 'translator' = 'translator'): SmallMachine {
  const small = new SmallMachine({ code, engine, hot: undefined });
  small.run(cycles);
  return small;
}

describe('as shipped', () => {
  it('nothing is translated in a run of some hundred thousand instructions', () => {
    expect(ended(LOOP, 900_000).machine.translation).toEqual(NOTHING);
  });

  it('a loop that runs on is, and then executed by translated code', () => {
    const { machine } = ended(LOOP, 9_000_000);
    expect(machine.translation).toMatchObject({ modules: 1, regions: 1, instructions: 2 });
    expect(translatedBy(machine) / machine.instructions).toBeGreaterThan(0.6);
  });

  it('much that is run a little is translated in part: a module, which counts as 100 instructions and more, for 500 times as many', () => {
    const { machine } = ended(MANY_FUNCTIONS, 20_000_000);
    expect(machine.cortex.words[Word.R0]).toBeGreaterThan(200 * 7000);
    expect(machine.translation!.modules).toBeGreaterThan(10);
    expect(machine.translation!.modules).toBeLessThan(machine.instructions / (100 * 500));
  });

  it('a machine without a translator has no figures of one', () => {
    expect(ended(LOOP, 10_000, 'interpreter').machine.translation).toBeUndefined();
  });
});

describe('when a number of passes is asked for', () => {
  it('code is translated after so many', () => {
    const small = new SmallMachine({ code: LOOP, hot: 10 });
    small.run(1000);
    expect(small.machine.translation).toMatchObject({ modules: 1, instructions: 2 });
  });
});
