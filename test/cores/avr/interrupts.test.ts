/** DS40002061B 7.7 (Reset and Interrupt Handling), 10 (sleep), 12 (Interrupts); DS40002211A for the 22-bit PC. */
import { describe, expect, it } from 'vitest';
import { Word } from '../../../emulator/cores/avr/state.js';
import { LoneAvr } from '../../support/lone-avr.js';

/** Vectors of the ATmega328P are two words apart: vector 2 is INT1 at word 4. */
const HANDLERS = `
  rjmp start
  .org 0x08
  ldi r16, 2
  reti
  .org 0x10
  ldi r17, 4
  reti
  .org 0x68
start:
`;

describe('an interrupt', () => {
  it('takes four cycles: the return address is pushed, I is cleared, the vector is the next instruction', () => {
    const avr = new LoneAvr({ code: `${HANDLERS} sei\n nop\n nop\n nop` });
    avr.core.run(4); // rjmp, sei, nop
    avr.core.setInterrupt(2, true);
    avr.core.run(1);
    expect({ cycles: avr.words[Word.CYCLES], pc: avr.pcWords, sp: avr.sp, sreg: avr.sreg & 0x80, stack: [...avr.ram.subarray(0x8fe, 0x900)] })
      .toEqual({ cycles: 4, pc: 4, sp: 0x8fd, sreg: 0, stack: [0x00, 0x36] }); // word 0x36 follows the first NOP; its low byte lies highest
  });

  it('takes five cycles and three bytes with a 22-bit PC', () => {
    const avr = new LoneAvr({ chip: 'atmega2560', code: `${HANDLERS} sei\n nop\n nop\n nop` });
    avr.core.run(4);
    avr.core.setInterrupt(2, true);
    avr.core.run(1);
    expect({ cycles: avr.words[Word.CYCLES], pc: avr.pcWords, sp: avr.sp, stack: [...avr.ram.subarray(0x21fd, 0x2200)] })
      .toEqual({ cycles: 5, pc: 4, sp: 0x21fc, stack: [0x00, 0x00, 0x36] });
  });

  it.each([
    ['SEI', 'sei'],
    ['a write of SREG that sets I', 'ldi r18, 0x80\n out 0x3f, r18'],
    ['RETI', 'rjmp 2f\n1: reti\n2: rcall 1b'],
  ])('waits for the instruction after %s', (_, enable) => {
    const avr = new LoneAvr({ code: `${HANDLERS} ${enable}\n inc r20\n inc r20\n inc r20` });
    avr.core.setInterrupt(2, true);
    let atEntry: number | undefined;
    avr.core.interpreter.onInstruction = (address) => { if (address === 8) atEntry ??= avr.r(20); };
    avr.core.setInterrupt(2, true);
    avr.core.run(30);
    expect(atEntry).toBe(1);
  });

  it('waits for the instruction after SEI when a run ends between them, too', () => {
    const avr = new LoneAvr({ code: `${HANDLERS} sei\n inc r20\n inc r20` });
    avr.core.run(3); // rjmp, sei
    avr.core.setInterrupt(2, true);
    avr.words[Word.CYCLES] = 0; // as the machine does between runs
    avr.core.run(1);
    expect({ r20: avr.r(20), pc: avr.pcWords }).toEqual({ r20: 1, pc: 0x36 });
    avr.core.run(1);
    expect(avr.pcWords).toBe(4);
  });

  it('is taken in the order of vectors, and tells which', () => {
    const taken: number[] = [];
    const avr: LoneAvr = new LoneAvr({ code: `${HANDLERS} sei\n nop\n nop`, surroundings: { onInterruptTaken: (vector) => { taken.push(vector); avr.core.setInterrupt(vector, false); } } });
    avr.core.setInterrupt(4, true);
    avr.core.setInterrupt(2, true);
    avr.core.run(40);
    expect(taken).toEqual([2, 4]);
  });

  it('lets one instruction of the program run between two of them', () => {
    const avr = new LoneAvr({ code: `${HANDLERS} sei\n inc r20\n inc r20\n inc r20`, surroundings: { onBreak: () => {} } });
    const seen: number[] = [];
    avr.core.interpreter.onInstruction = (address) => { if (address === 8) seen.push(avr.r(20)); };
    avr.core.setInterrupt(2, true); // a level that nobody takes away
    avr.core.run(40);
    expect(seen.slice(0, 3)).toEqual([1, 2, 3]);
  });

  it('is no longer asked for when its line falls', () => {
    const avr = new LoneAvr({ code: `${HANDLERS} nop\n sei\n nop` });
    avr.core.setInterrupt(2, true);
    avr.core.setInterrupt(2, false);
    avr.run();
    expect(avr.r(16)).toBe(0);
  });

  it('goes where IVSEL puts the vectors', () => {
    const avr = new LoneAvr({ code: `${HANDLERS} sei\n nop\n nop`, surroundings: { vectorsWords: () => 0x3800 } });
    avr.core.setInterrupt(2, true);
    avr.core.run(5);
    expect(avr.pcWords).toBe(0x3804);
  });

  it('ends a run under way that a device raises it in: it is taken after that instruction', () => {
    const avr = new LoneAvr({ code: `${HANDLERS} sei\n out 0x05, r1\n inc r20\n inc r20`, onWrite: ({ core }) => core.setInterrupt(2, true) });
    let atEntry: number | undefined;
    avr.core.interpreter.onInstruction = (address) => { if (address === 8) atEntry ??= avr.r(20); };
    avr.core.run(30);
    expect(atEntry).toBe(0);
  });

  it('must have a vector', () => {
    const avr = new LoneAvr({ code: 'nop' });
    expect(() => avr.core.setInterrupt(26, true)).toThrow('atmega328p has no interrupt vector 26');
    expect(() => avr.core.setInterrupt(0, true)).toThrow(RangeError);
  });

  it('has 56 sources on an ATmega2560', () => {
    const avr = new LoneAvr({ chip: 'atmega2560', code: 'sei\n nop\n nop' });
    avr.core.setInterrupt(56, true);
    avr.core.run(6);
    expect(avr.pcWords).toBe(112);
  });
});

describe('SLEEP', () => {
  it('does nothing when sleep is not enabled', () => {
    const avr = new LoneAvr({ code: 'sleep', surroundings: { onSleep: () => false } });
    expect(avr.run()).toBe(1);
    expect(avr.hasEnded).toBe(true);
  });

  it('ends the run, and later runs have nothing to do', () => {
    const avr = new LoneAvr({ code: 'sei\n sleep\n nop', surroundings: { onSleep: () => true } });
    avr.core.run(100);
    expect([avr.words[Word.CYCLES], avr.core.isAsleep]).toEqual([2, true]);
    avr.core.run(100);
    expect(avr.words[Word.CYCLES]).toBe(0);
  });

  it('is ended by an enabled interrupt: four more cycles, then its response; the handler returns behind SLEEP', () => {
    const woken: string[] = [];
    const avr = new LoneAvr({ code: `${HANDLERS} sei\n sleep\n nop`, surroundings: { onSleep: () => true, onWake: () => woken.push('woken') } });
    avr.core.run(100);
    avr.core.setInterrupt(2, true);
    expect(avr.core.isAsleep).toBe(false);
    avr.core.run(1);
    expect([avr.words[Word.CYCLES], avr.pcWords, avr.ram[0x8ff], woken]).toEqual([8, 4, 0x36, ['woken']]);
  });

  it('is not ended by an interrupt while I is clear', () => {
    const avr = new LoneAvr({ code: 'sleep\n nop', surroundings: { onSleep: () => true } });
    avr.core.run(100);
    avr.core.setInterrupt(2, true);
    expect(avr.core.isAsleep).toBe(true);
  });

  it('comes after SEI before any interrupt: no wake-up is lost', () => {
    const avr = new LoneAvr({ code: `${HANDLERS} sei\n sleep\n nop`, surroundings: { onSleep: () => true } });
    avr.core.setInterrupt(2, true);
    avr.core.run(5); // rjmp 2, sei 1, sleep 1, wake-up 4, response 4
    expect([avr.words[Word.CYCLES], avr.pcWords]).toEqual([12, 4]);
  });
});
