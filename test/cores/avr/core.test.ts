/** DS40002198B (instructions); DS40002061B chapters 7, 8, 11; DS40002211A for the ATmega2560. */
import { describe, expect, it } from 'vitest';
import { Word } from '../../../emulator/cores/avr/state.js';
import { LoneAvr } from '../../support/lone-avr.js';

describe('cycles', () => {
  it.each([
    ['sleep', 1], ['wdr', 1], ['nop', 1], ['spm', 1], ['sbi 0x05, 0', 2], ['cbi 0x05, 0', 2], ['lpm r0, Z', 3], ['adiw r24, 1', 2], ['lds r0, 0x0100', 2],
    ['cpse r0, r1\n nop', 2], ['cpse r0, r1\n lds r2, 0x0100', 3], ['sbrs r0, 0\n nop', 2], ['rcall .+0', 3], ['call 1f\n1:', 4], ['sez\n breq .+0', 3], ['clz\n breq .+0', 2],
  ])('of %s on an ATmega328P', (code, cycles) => {
    expect(new LoneAvr({ code }).run()).toBe(cycles);
  });

  it.each([['rcall .+0', 4], ['call 1f\n1:', 5], ['elpm r0, Z', 3]])('of %s on an ATmega2560', (code, cycles) => {
    expect(new LoneAvr({ chip: 'atmega2560', code }).run()).toBe(cycles);
  });

  it('are those of a whole loop', () => {
    // ldi 1, nine times dec 1 + taken brne 2, once dec 1 + brne 1
    expect(new LoneAvr({ code: 'ldi r16, 10\n1: dec r16\n brne 1b' }).run()).toBe(1 + 9 * 3 + 2);
  });
});

describe('a device', () => {
  it.each([
    ['in r16, 0x05', 0], ['lds r16, 0x25', 1], ['ld r16, X', 1], ['sbic 0x05, 0\n nop', 0],
    ['out 0x05, r16', 1], ['sts 0x25, r16', 2], ['st X, r16', 2],
  ])('is read as the last cycle of its instruction begins, and written as it ends: %s', (code, cycle) => {
    const avr = new LoneAvr({ code, r: { 26: 0x25 } });
    avr.run();
    expect(avr.accesses.map((access) => [access.address, access.cycle])).toEqual([[0x25, cycle]]);
  });

  it('sees SBI and CBI as a read and a write of the whole register', () => {
    const avr = new LoneAvr({ code: 'sbi 0x05, 3\n cbi 0x05, 0' });
    avr.answers[0x25] = 0x81;
    avr.run();
    expect(avr.accesses.map(({ kind, value }) => [kind, value])).toEqual([['read', 0x81], ['write', 0x89], ['read', 0x81], ['write', 0x80]]);
  });

  it('with bits that act when one is written sees the single bit of SBI, and nothing of CBI: PINB, DS40002061B 14.2.2', () => {
    const avr = new LoneAvr({ code: 'sbi 0x03, 3\n cbi 0x03, 0' });
    avr.answers[0x23] = 0x81;
    avr.run();
    expect(avr.accesses.map(({ kind, value }) => [kind, value])).toEqual([['write', 0x08]]);
  });

  it('is not at an address that it does not declare: 0 is read, and one warning names the address', () => {
    const avr = new LoneAvr({ code: 'lds r16, 0x60\n sts 0x61, r16', r: { 16: 7 }, declares: (address) => address === 0x25 });
    avr.run();
    expect([avr.r(16), avr.accesses, avr.warnings]).toEqual([0, [], ['nothing is at data address 0x0060: it reads as 0', 'nothing is at data address 0x0061: what is written there is lost']]);
  });

  it('has its address to itself', () => {
    const avr = new LoneAvr({ code: 'nop', declares: (address) => address === 0x25 });
    expect(() => avr.core.dataSpace.add('other', { declares: (address) => address === 0x25, read: () => 0, write: () => {}, peek: () => 0, poke: () => {} })).toThrow('other declares 0x0025');
  });

  // A write counts from the end of its cycle, and so meets what is due there.
  it.each([
    ['lds r16, 0x25', 2, 0], ['lds r16, 0x25', 1, 1], ['sts 0x25, r16', 3, 0], ['sts 0x25, r16', 2, 1],
  ])('accessed by %s in a run of %i cycles: what is due comes first %i times', (code, cycles, times) => {
    const late: number[] = [];
    const avr = new LoneAvr({ code: `${code}\n nop`, surroundings: { onLate: () => late.push(avr.accesses.length) } });
    avr.core.run(cycles);
    expect([late, avr.accesses.length]).toEqual([new Array<number>(times).fill(0), 1]);
  });

  it('may make the CPU stand', () => {
    const avr = new LoneAvr({ code: 'out 0x1f, r0\n nop', onWrite: ({ core }) => core.stall(4) }); // EERE: DS40002061B 8.6.3
    expect(avr.run()).toBe(6);
  });

  it('may end the run early', () => {
    const avr = new LoneAvr({ code: 'nop\n out 0x05, r0\n nop\n nop\n nop', onWrite: ({ core }) => core.shorten(3) });
    avr.core.run(100);
    expect(avr.words[Word.CYCLES]).toBe(3);
  });
});

describe('the data space', () => {
  it('holds R0 to R31, SP and SREG', () => {
    const avr = new LoneAvr({ code: 'ldi r16, 0x5a\n sts 0x0003, r16\n lds r17, 0x0010\n ldi r18, 0x34\n sts 0x5d, r18\n in r19, 0x3d\n sec\n lds r20, 0x5f\n ldi r21, 0x12\n out 0x3e, r21\n lds r22, 0x5e' });
    avr.run();
    expect([avr.r(3), avr.r(17), avr.r(19), avr.r(20) & 1, avr.r(22), avr.sp]).toEqual([0x5a, 0x5a, 0x34, 1, 0x12, 0x1234]);
    expect(avr.accesses).toEqual([]);
  });

  it('has RAMPZ and EIND on an ATmega2560, with the bits that it has, and not on an ATmega328P', () => {
    const code = 'ldi r16, 0xff\n out 0x3b, r16\n out 0x3c, r16\n in r17, 0x3b\n in r18, 0x3c';
    const [large, small] = [new LoneAvr({ chip: 'atmega2560', code }), new LoneAvr({ code })];
    large.run();
    small.run();
    expect([large.r(17), large.r(18), large.accesses.length, small.accesses.length]).toEqual([3, 1, 0, 4]);
  });

  it('ends at RAMEND', () => {
    const avr = new LoneAvr({ code: 'ldi r16, 1\n sts 0x08ff, r16\n sts 0x0900, r16\n lds r17, 0x0900' });
    avr.run();
    expect([avr.ram[0x8ff], avr.ram[0x900], avr.r(17), avr.warnings.length]).toEqual([1, 0, 0, 2]);
  });

  it('can be looked at and changed from outside without effects', () => {
    const avr = new LoneAvr({ code: 'nop' });
    const { dataSpace } = avr.core;
    dataSpace.poke(0x100, 9);
    dataSpace.poke(5, 8);
    dataSpace.poke(0x25, 7);
    expect([dataSpace.peek(0x100), avr.r(5), dataSpace.peek(0x25), dataSpace.peek(0x900), dataSpace.poke(0x900, 1), avr.accesses]).toEqual([9, 8, 7, undefined, false, []]);
  });
});

describe('program memory', () => {
  it('begins anew behind its end', () => {
    const avr = new LoneAvr({ code: 'inc r16\n sbrc r16, 1\n break\n jmp 0x7ffe' });
    avr.flash.set([0x03, 0x95], 0x7ffe); // inc r16
    avr.run();
    expect([avr.r(16), avr.hasEnded]).toEqual([3, true]);
  });

  it('may be changed: what was decoded there is forgotten, and what a skip before it knew of its length', () => {
    const avr = new LoneAvr({ code: 'sbrs r0, 0\n nop\n ldi r16, 1', r: { 0: 1 } });
    avr.run();
    avr.flash.set([0x00, 0x91, 0x00, 0x01], 2); // lds r16, 0x0100 over the nop and the ldi
    avr.core.programChanged(2, 4);
    avr.words[Word.PC] = 0;
    avr.words[Word.R0 + 16] = 9;
    avr.run();
    expect(avr.r(16)).toBe(9);
  });

  it('is read as something else while it is hooked: fuses, lock bits, signature', () => {
    const avr = new LoneAvr({ code: 'lpm r16, Z\n lpm r17, Z+', r: { 30: 1, 31: 0 }, surroundings: { onLoadProgram: (address) => (address === 1 ? 0xa5 : undefined) } });
    avr.core.hookProgram(true);
    avr.run();
    expect([avr.r(16), avr.r(17)]).toEqual([0xa5, 0xa5]);
  });

  it('is written by SPM through the chip: RAMPZ:Z and R1:R0', () => {
    const stored: number[][] = [];
    const avr = new LoneAvr({ chip: 'atmega2560', code: 'ldi r16, 2\n out 0x3b, r16\n spm', r: { 0: 0x34, 1: 0x12, 30: 0xcd, 31: 0xab }, surroundings: { onStoreProgram: (address, data) => stored.push([address, data]) } });
    avr.run();
    expect(stored).toEqual([[0x2abcd, 0x1234]]);
  });

  it('with no instruction in it warns and goes on', () => {
    const avr = new LoneAvr({ code: '.word 0x0001\n .word 0x9204\n ldi r16, 1' }); // unallocated; XCH of AVRxm
    avr.run();
    expect([avr.r(16), avr.warnings]).toEqual([1, ['0x0001 at 0x0 is no instruction of atmega328p: it does nothing', '0x9204 at 0x2 is no instruction of atmega328p: it does nothing']]);
  });
});

describe('a reset', () => {
  it('begins where BOOTRST says, with SP at RAMEND, interrupts off and awake', () => {
    const avr = new LoneAvr({ code: 'sei\n sleep', surroundings: { onSleep: () => true, resetWords: () => 0x3f00 } });
    avr.words[Word.PC] = 0;
    avr.run();
    avr.core.reset('watchdog');
    expect([avr.pcWords, avr.sp, avr.sreg, avr.words[Word.SLEEPING]]).toEqual([0x3f00, 0x8ff, 0, 0]);
  });

  it('leaves R0 to R31 as they are, save the one at power-on', () => {
    const avr = new LoneAvr({ code: 'ldi r16, 7' });
    avr.run();
    avr.core.reset('pin');
    expect(avr.r(16)).toBe(7);
    avr.core.reset('power-on');
    expect(avr.r(16)).toBe(0);
  });
});

describe('an observer', () => {
  it('stops a run before a breakpoint, once, by its address in bytes', () => {
    const avr = new LoneAvr({ code: 'inc r16\n inc r16\n inc r16' });
    avr.core.interpreter.setBreakpoint(2);
    avr.core.run(100);
    expect([avr.r(16), avr.core.stop]).toEqual([1, { kind: 'breakpoint', address: 2 }]);
    avr.run();
    expect([avr.r(16), avr.hasEnded]).toEqual([3, true]);
  });

  it('stops before a breakpoint while it listens, too, and hears every instruction', () => {
    const avr = new LoneAvr({ code: 'inc r16\n inc r16\n inc r16' });
    const heard: number[] = [];
    avr.core.interpreter.onInstruction = (address) => heard.push(address);
    avr.core.interpreter.setBreakpoint(4);
    avr.core.run(100);
    expect([heard, avr.core.stop]).toEqual([[0, 2], { kind: 'breakpoint', address: 4 }]);
    avr.core.interpreter.clearBreakpoint(4);
    avr.run();
    expect(heard).toEqual([0, 2, 4, 6]);
  });

  it.each([['sts 0x0123, r16', 0x123], ['out 0x05, r16', 0x25]])('is told of %s at a watched address, after the instruction', (code, address) => {
    const avr = new LoneAvr({ code: `nop\n ${code}\n inc r17`, r: { 16: 0x42 } });
    avr.core.setWatchpoint({ address, bytes: 1, kind: 'write' });
    avr.core.run(100);
    expect([avr.core.watchHit, avr.r(17)]).toEqual([{ address, pc: 2, access: 'write', value: 0x42 }, 0]);
    avr.core.clearWatchpoint({ address, bytes: 1, kind: 'write' });
    avr.run();
    expect(avr.core.watchHit).toBeUndefined();
  });
});

describe('a snapshot', () => {
  it('goes on in another core where it was taken, the shadow of SEI too', () => {
    const code = 'rjmp 1f\n .org 0x08\n reti\n .org 0x68\n1: sei\n inc r16\n inc r16';
    const [first, second] = [new LoneAvr({ code }), new LoneAvr({ code })];
    first.core.run(3);
    first.core.setInterrupt(2, true);
    second.core.restore(first.core.snapshot());
    for (const avr of [first, second]) avr.core.run(1);
    expect([second.pcWords, second.r(16), second.core.interpreter.instructions]).toEqual([first.pcWords, 1, 3]);
    expect([...second.words]).toEqual([...first.words]);
  });

  it('is refused when it is of another chip', () => {
    const [small, large] = [new LoneAvr({ code: 'nop' }), new LoneAvr({ chip: 'atmega2560', code: 'nop' })];
    expect(() => small.core.restore(large.core.snapshot())).toThrow('atmega328p');
  });
});
