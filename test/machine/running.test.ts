/** Time, sleep, stops and observers of a running machine. One root tick is one cycle of its core. */
import { describe, expect, it } from 'vitest';
import { decodeSnapshot } from '../../emulator/bus/snapshot.js';
import { Word } from '../../emulator/cores/cortex-m/state.js';
import { CODE, EXIT, program, RAM, RESERVED, SmallMachine, STACK, UART0 } from '../support/machine.js';

const SYSTICK = 0xe000_e010;
/** SysTick with interrupt on the processor clock. */
const startSysTick = (reload: number): string => `ldr r5, =${SYSTICK}\nldr r0, =${reload}\nstr r0, [r5, #4]\nstr r0, [r5, #8]\nmovs r0, #7\nstr r0, [r5]`;
const HANDLER = `ldr r0, =${RAM}\nldr r1, [r0]\nadds r1, #1\nstr r1, [r0]\nbx lr`;

/** Sleeps between SysTick interrupts, which RAM counts; the period less one stands in PERIOD. */
const PERIOD = RAM + 0x100;
const SLEEPER = program(`ldr r5, =${SYSTICK}\nldr r0, =${PERIOD}\nldr r0, [r0]\nstr r0, [r5, #4]\nstr r0, [r5, #8]\nmovs r0, #7\nstr r0, [r5]\n1: wfi\nb 1b`, { 15: HANDLER });

describe('a run', () => {
  it('ends at its deadline or at the end of the instruction under way', () => {
    const small = new SmallMachine({ code: '1: ldm r0, {r1-r7}\nb 1b' }); // 8 cycles
    small.machine.cortex.words[0] = RAM;
    for (let until = 1; until < 2000; until = small.machine.now() + 1 + (until % 7)) {
      expect(small.run(until)).toEqual({ kind: 'deadline' });
      expect(small.machine.now() - until).toBeGreaterThanOrEqual(0);
      expect(small.machine.now() - until).toBeLessThan(8);
      expect(small.machine.cycles).toBe(small.machine.now());
    }
  });

  it('returns at once when its deadline has passed', () => {
    const small = new SmallMachine({ code: 'b .' });
    small.run(100);
    const { instructions } = small.machine;
    expect([small.run(50), small.machine.instructions]).toEqual([{ kind: 'deadline' }, instructions]);
  });

  it('counts cycles and instructions the same however it is cut', () => {
    const code = `${startSysTick(99)}\n1: adds r2, #1\nldr r3, [r5, #8]\nb 1b`;
    const [whole, pieces] = [new SmallMachine({ code, handlers: { 15: HANDLER } }), new SmallMachine({ code, handlers: { 15: HANDLER } })];
    whole.run(20_000);
    for (let until = 1; pieces.machine.now() < whole.machine.now(); until += 13) pieces.run(Math.min(until, whole.machine.now()));
    expect(decodeSnapshot(pieces.machine.snapshot())).toEqual(decodeSnapshot(whole.machine.snapshot()));
  });

  it('exits with the status of SYS_EXIT_EXTENDED', () => {
    const small = new SmallMachine({ code: `ldr r1, =${RAM}\nldr r0, =0x20026\nstr r0, [r1]\nmovs r0, #42\nstr r0, [r1, #4]\nmovs r0, #0x20\nbkpt 0xab` });
    expect(small.run()).toEqual({ kind: 'exit', code: 42 });
  });

  it('prints by SYS_WRITE0', () => {
    const small = new SmallMachine({ code: `adr r1, 1f\nmovs r0, #4\nbkpt 0xab\n${EXIT}\n.balign 4\n1: .asciz "hello\\n"` });
    expect([small.run(), small.printed]).toEqual([{ kind: 'exit', code: 0 }, 'hello\n']);
  });

  it('stops when a listener asks for it', () => {
    const small = new SmallMachine({ code: `ldr r4, =${UART0}\nmovs r0, #16\nstr r0, [r4, #16]\nmovs r0, #1\nstr r0, [r4, #8]\nstr r0, [r4]\nb .` });
    small.machine.serials[0].onByte(() => small.machine.stop());
    expect(small.run()).toEqual({ kind: 'stopped' });
    expect(small.sent.length).toBe(1);
  });

  it('tells a lockup by its address and reason', () => {
    const small = new SmallMachine({ code: 'udf #0', handlers: { 3: 'nop\nudf #1' } });
    expect(small.run()).toMatchObject({ kind: 'lockup', address: 0x1000 + 0x400 * 3 + 2, reason: 'permanently undefined instruction' });
  });

  it.each([
    ['an undefined instruction', 'udf #0', CODE, /undefined/], ['a branch out of Thumb state', 'movs r0, #0\nbx r0', 0, /EPSR.T/], ['a bus fault', 'movs r0, #3\nlsls r0, r0, #29\nldr r0, [r0]', CODE + 4, /mapped/],
  ])('stops on %s when asked to', (_, code, address, reason) => {
    const small = new SmallMachine({ code, stopOnFault: true });
    expect(small.run()).toMatchObject({ kind: 'fault', address, reason: expect.stringMatching(reason) });
  });
});

describe('sleep', () => {
  it('goes to the next event in no time, and wakes exactly there', () => {
    const small = new SmallMachine({ code: `${startSysTick(999_999)}\n1: wfi\nb 1b`, handlers: { 15: HANDLER } });
    small.run(10_000_000);
    expect(small.word(RAM)).toBeGreaterThanOrEqual(9);
    expect(small.machine.instructions).toBeLessThan(200);
    expect(small.machine.now()).toBe(10_000_000);
  });

  it('takes as many cycles as the same wait awake', () => {
    const times = ['wfi', 'nop'].map((wait) => {
      const small = new SmallMachine({ code: `${startSysTick(5000)}\nldr r6, =${RAM}\n1: ${wait}\nldr r1, [r6]\ncmp r1, #1\nbne 1b\n${EXIT}`, handlers: { 15: HANDLER } });
      expect(small.run()).toEqual({ kind: 'exit', code: 0 });
      return small.machine.now();
    });
    expect(Math.abs(times[0] - times[1])).toBeLessThan(12);
  });

  it('never misses a tick that falls on the way into it', () => {
    for (let period = 30; period < 90; period++) {
      const small = new SmallMachine({ image: SLEEPER });
      small.machine.bus.poke(PERIOD, period - 1, 4);
      small.run(20_000);
      const ticks = (20_000 - 20) / period; // set up within 20 cycles
      expect(small.word(RAM) - ticks, `period ${period}`).toBeGreaterThan(-2);
      expect(small.word(RAM) - ticks, `period ${period}`).toBeLessThan(1);
    }
  });

  it('ends in the handler as fast as from running code', () => {
    const code = (wait: string): string => `ldr r4, =0x40000000\nldr r0, =0xe000e100\nldr r1, =0x100\nstr r1, [r0]\nldr r0, =500\nstr r0, [r4, #8]\nmovs r0, #9\nstr r0, [r4]\n1: ${wait}\nb 1b`;
    const entered = ['wfi', 'nop'].map((wait) => {
      const small = new SmallMachine({ code: code(wait), handlers: { 24: `ldr r2, =0xe0001004\nldr r3, [r4, #4]\nldr r2, =${RAM}\nstr r3, [r2]\n${EXIT}` } });
      expect(small.run()).toEqual({ kind: 'exit', code: 0 });
      return small.word(RAM); // VALUE, counting down since the interrupt
    });
    // The timer has reloaded 500: 12 cycles of entry, the handler's first loads, and at most the loop's four cycles.
    expect(entered[0] - entered[1]).toBeGreaterThanOrEqual(0);
    expect(entered[0] - entered[1]).toBeLessThan(5);
    expect(500 - entered[0]).toBeGreaterThanOrEqual(12);
    expect(500 - entered[0]).toBeLessThan(20);
  });

  it('with nothing to wait for is idle, at the time it began', () => {
    const small = new SmallMachine({ code: 'nop\nwfi\nb .' });
    expect([small.run(), small.machine.now()]).toEqual([{ kind: 'idle' }, 2]);
  });

  it('ends with a byte from outside', () => {
    const code = `ldr r4, =${UART0}\nmovs r0, #16\nstr r0, [r4, #16]\nmovs r0, #10\nstr r0, [r4, #8]\nldr r0, =0xe000e100\nmovs r1, #1\nstr r1, [r0]\nwfi\nb .`;
    const small = new SmallMachine({ code, handlers: { 16: `ldr r4, =${UART0}\nldr r3, [r4]\nldr r2, =${RAM}\nstr r3, [r2]\n${EXIT}` } });
    expect(small.run()).toEqual({ kind: 'idle' });
    const asleepAt = small.machine.now();
    small.machine.serials[0].write(Uint8Array.of(0x5a));
    expect([small.run(), small.word(RAM)]).toEqual([{ kind: 'exit', code: 0 }, 0x5a]);
    expect(small.machine.now() - asleepAt).toBeGreaterThanOrEqual(160); // ten bits of 16 ticks
    expect(small.machine.now() - asleepAt).toBeLessThan(200);
  });
});

describe('a serial line', () => {
  it('sends a frame of ten bits from the cycle of the store', () => {
    const small = new SmallMachine({ code: `ldr r4, =${UART0}\nmovs r0, #16\nstr r0, [r4, #16]\nmovs r0, #1\nstr r0, [r4, #8]\nmovs r0, #65\nstr r0, [r4]\n1: b 1b` });
    small.run(1000);
    // ldr 2, then five instructions of one cycle before the store
    expect(small.sent).toEqual([{ byte: 65, at: 2 + 5 + 160 }]);
  });

  it('delivers what was being sent when the firmware exits', () => {
    const small = new SmallMachine({ code: `ldr r4, =${UART0}\nmovs r0, #16\nstr r0, [r4, #16]\nmovs r0, #1\nstr r0, [r4, #8]\nmovs r0, #65\nstr r0, [r4]\nmovs r0, #66\nstr r0, [r4]\n${EXIT}` });
    expect([small.run(), small.text]).toEqual([{ kind: 'exit', code: 0 }, 'AB']);
  });
});

describe('warnings', () => {
  it('are said once, with the firmware address', () => {
    const small = new SmallMachine({ code: `ldr r4, =${RESERVED}\nldr r0, [r4, #8]\nldr r0, [r4, #8]\nstr r0, [r4, #8]\n${EXIT}` });
    small.run();
    expect(small.warnings).toEqual([
      `read of 0x50000008 in nothing, where nothing is modelled (firmware at 0x${(CODE + 4).toString(16).padStart(8, '0')})`,
      `write of 0x50000008 in nothing, where nothing is modelled (firmware at 0x${(CODE + 8).toString(16).padStart(8, '0')})`,
    ]);
  });
});

describe('breakpoints', () => {
  it('stop before their instruction, each time it is reached, and are free when cleared', () => {
    const small = new SmallMachine({ code: `movs r0, #0\n1: adds r0, #1\ncmp r0, #3\nbne 1b\n${EXIT}` });
    small.machine.setBreakpoint(CODE + 2);
    const seen: unknown[] = [];
    for (let i = 0; i < 3; i++) seen.push(small.run(), small.machine.cortex.words[0]);
    expect(seen).toEqual([0, 1, 2].flatMap((r0) => [{ kind: 'breakpoint', address: CODE + 2 }, r0]));
    small.machine.clearBreakpoint(CODE + 2);
    expect(small.run()).toEqual({ kind: 'exit', code: 0 });
  });

  it('stop inside an IT block, with its state', () => {
    const small = new SmallMachine({ code: `cmp r0, r0\nitte eq\nmoveq r1, #1\nmoveq r2, #2\nmovne r3, #3\n${EXIT}` });
    small.machine.setBreakpoint(CODE + 6);
    expect(small.run()).toEqual({ kind: 'breakpoint', address: CODE + 6 });
    expect([small.machine.cortex.words[Word.PC], small.machine.core.disassemble(CODE + 6).text]).toEqual([CODE + 6, 'moveq r2, #2']);
    small.run();
    expect([1, 2, 3].map((n) => small.machine.cortex.words[n])).toEqual([0x20026, 2, 0]);
  });

  it('change no cycle', () => {
    const code = `movs r0, #100\n1: it ne\naddne r1, r0\nsubs r0, #1\nbne 1b\n${EXIT}`;
    const [plain, watched] = [new SmallMachine({ code }), new SmallMachine({ code })];
    watched.machine.setBreakpoint(CODE + 6);
    plain.run();
    while (watched.run().kind === 'breakpoint');
    expect([watched.machine.cycles, watched.machine.instructions]).toEqual([plain.machine.cycles, plain.machine.instructions]);
  });
});

describe('a listener to instructions', () => {
  it('hears every one with its condition, and changes no cycle', () => {
    const code = 'cmp r0, r0\nite eq\nmoveq r1, #1\nmovne r2, #2\nudf #0';
    const small = new SmallMachine({ code, stopOnFault: true });
    const plain = new SmallMachine({ code, stopOnFault: true });
    const heard: string[] = [];
    small.machine.core.onInstruction!((address) => heard.push(small.machine.core.disassemble(address).text));
    small.run();
    plain.run();
    expect(heard).toEqual(['cmp r0, r0', 'ite eq', 'moveq r1, #1', 'movne r2, #2', 'udf #0']);
    expect(small.machine.cycles).toBe(plain.machine.cycles);
  });
});

describe('a reset by the firmware', () => {
  it('starts at the reset vector again, with memory and time kept', () => {
    const small = new SmallMachine({ code: `ldr r5, =${RAM}\nldr r0, [r5]\nadds r0, #1\nstr r0, [r5]\ncmp r0, #3\nbeq 1f\nldr r0, =0xe000ed0c\nldr r1, =0x05fa0004\nstr r1, [r0]\nb .\n1: ${EXIT}` });
    expect([small.run(), small.word(RAM), small.machine.cortex.words[Word.SP]]).toEqual([{ kind: 'exit', code: 0 }, 3, STACK]);
    expect(small.machine.now()).toBeGreaterThan(20);
  });
});
