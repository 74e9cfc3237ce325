/** A run is a function of its inputs, and a snapshot holds all of it that is still to come. */
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { decodeSnapshot } from '../../emulator/bus/snapshot.js';
import { Word } from '../../emulator/cores/cortex-m/state.js';
import { CODE, EXIT, program, RAM, SmallMachine, UART0, UART1 } from '../support/machine.js';

const NVIC_ISER = 0xe000_e100;
const OVERFLOW_IRQ = 12;

/** SysTick and both UARTs by interrupt; UART1 overruns at once, so that the shared line is high; sleeps in between; FPU in use. */
const MAIN = `
  ldr r0, =0xe000ed88
  ldr r1, =0x00f00000
  str r1, [r0]            @ CPACR
  ldr r4, =${UART0}
  movs r0, #16
  str r0, [r4, #16]       @ BAUDDIV
  movs r0, #0x17          @ TXEN RXEN TXINTEN TXOVINTEN
  str r0, [r4, #8]
  ldr r5, =${UART1}
  movs r0, #200
  str r0, [r5, #16]
  movs r0, #0x11          @ TXEN TXOVINTEN
  str r0, [r5, #8]
  ldr r6, =0xe000e010
  ldr r0, =996
  str r0, [r6, #4]
  str r0, [r6, #8]
  movs r0, #7
  str r0, [r6]
  ldr r0, =${NVIC_ISER}
  movs r1, #2             @ uart0 tx
  str r1, [r0]
  movs r0, #65
  str r0, [r4]
  str r0, [r5]
  str r0, [r5]
  str r0, [r5]            @ overrun
  vmov.f32 s0, #1.0
  vmov.f32 s1, #0.5
  ldr r7, =${RAM}
1: ldr r1, [r7, #16]
  ldr r2, =1664525
  mul r1, r1, r2
  adds r1, #13
  str r1, [r7, #16]
  vadd.f32 s0, s0, s1
  tst r1, #0x700
  itt eq
  addeq r3, #1
  wfieq
  ldr r1, [r7]
  cmp r1, #12
  blo 1b
  vstr s0, [r7, #32]
  ${EXIT}`;
const HANDLERS = {
  15: 'ldr r0, =0x20000000\nldr r1, [r0]\nadds r1, #1\nstr r1, [r0]\nbx lr',
  17: `ldr r0, =${UART0}\nmovs r1, #1\nstr r1, [r0, #12]\nldr r1, =${RAM}\nldrb r1, [r1, #19]\nstr r1, [r0]\nvmov.f32 s0, #2.0\nbx lr`,
};

const FIRMWARE = program(MAIN, HANDLERS);
const start = (): SmallMachine => new SmallMachine({ image: FIRMWARE });

/** All of a machine's state, long byte arrays by their hash. */
function stateOf({ machine }: SmallMachine): unknown {
  const shorten = (_: string, value: unknown): unknown => (value instanceof Uint8Array ? (value.length > 64 ? createHash('sha256').update(value).digest('hex') : [...value].join(' ')) : value);
  return JSON.parse(JSON.stringify(decodeSnapshot(machine.snapshot()), shorten));
}

describe('two runs', () => {
  it('of the same firmware are the same to the last bit', () => {
    const [a, b] = [start(), start()];
    expect(a.run()).toEqual({ kind: 'exit', code: 0 });
    b.run();
    expect(stateOf(b)).toEqual(stateOf(a));
    expect([b.sent, b.warnings, b.machine.exceptions]).toEqual([a.sent, a.warnings, a.machine.exceptions]);
    expect(a.sent.length).toBeGreaterThan(20);
  });

  it('of one machine, after loading again, are the same', () => {
    const small = start();
    const outcome = (): unknown => [
      small.run(), small.machine.now(), small.machine.cycles, small.machine.instructions, small.machine.exceptions.slice(),
      [...small.machine.cortex.words], small.sent.splice(0), small.word(RAM + 16),
    ];
    const first = outcome();
    small.machine.load(FIRMWARE);
    expect(outcome()).toEqual(first);
  });
});

describe('a snapshot', () => {
  const whole = start();
  const reason = whole.run();
  const end = stateOf(whole);
  const met = new Set<string>();

  /** What is under way at a moment. */
  function note({ machine }: SmallMachine): void {
    const { exceptions } = machine.cortex.system;
    if (exceptions.isSleeping) met.add('asleep');
    if (machine.cortex.words[Word.IPSR] !== 0) met.add('in a handler');
    if (machine.cortex.words[Word.ITSTATE] !== 0) met.add('in an IT block');
    if (machine.events.length >= 2) met.add('a byte in flight');
    if (exceptions.state.level.has(16 + OVERFLOW_IRQ)) met.add('a shared line high');
    if (exceptions.state.pending.has(16 + OVERFLOW_IRQ)) met.add('pending');
  }

  const moments = Array.from({ length: 30 }, (_, i) => 1 + i * 14 + Math.floor((i * i * i) / 2));
  it('restored into a new machine at any time ends like the run it was taken from', () => {
    for (const moment of moments) {
      const first = start();
      if (first.run(moment).kind !== 'deadline') break;
      note(first);
      const second = start();
      second.machine.restore(first.machine.snapshot());
      expect(stateOf(second), `at ${moment}`).toEqual(stateOf(first));
      expect(second.run(), `from ${moment}`).toEqual(reason);
      expect(stateOf(second), `from ${moment}`).toEqual(end);
      expect([...first.sent, ...second.sent]).toEqual(whole.sent);
    }
    expect([...met].sort()).toEqual(['a byte in flight', 'a shared line high', 'asleep', 'in a handler', 'in an IT block', 'pending']);
  });

  it('goes into a machine that has run on, too', () => {
    const small = start();
    small.run(3333);
    const earlier = small.machine.snapshot();
    const sentBefore = small.sent.length;
    small.run();
    const sentAfter = small.sent.slice(sentBefore);
    small.machine.restore(earlier);
    small.sent.length = 0;
    expect(small.run()).toEqual(reason);
    expect([stateOf(small), small.sent]).toEqual([end, sentAfter]);
  });

  it('lets a line that several drive stay high until the last lets go', () => {
    const first = start();
    first.run(2000);
    const second = start();
    second.machine.restore(first.machine.snapshot());
    const isHigh = (): boolean => second.machine.cortex.system.exceptions.state.level.has(16 + OVERFLOW_IRQ);
    expect(isHigh()).toBe(true);
    second.machine.bus.write(UART1 + 0xc, 0xc, 4); // INTSTATUS: the overrun is over
    expect(isHigh()).toBe(false);
  });

  it('keeps what was typed and has not arrived', () => {
    const code = `ldr r4, =${UART0}\nmovs r0, #16\nstr r0, [r4, #16]\nmovs r0, #2\nstr r0, [r4, #8]\nldr r5, =${RAM}\n1: ldr r0, [r4, #4]\ntst r0, #2\nbeq 1b\nldr r0, [r4]\nstrb r0, [r5], #1\ncmp r0, #33\nbne 1b\n${EXIT}`;
    const first = new SmallMachine({ code });
    first.machine.serials[0].write(new TextEncoder().encode('four!'));
    first.run(400);
    const second = new SmallMachine({ code });
    second.machine.restore(first.machine.snapshot());
    expect(second.run()).toEqual({ kind: 'exit', code: 0 });
    expect([second.word(RAM), second.machine.bus.peek(RAM + 4, 1)]).toEqual([0x7275_6f66, 33]);
  });

  it('changes nothing by being taken', () => {
    const watched = start();
    for (let until = 100; watched.run(until).kind === 'deadline'; until += 100) watched.machine.snapshot();
    expect(stateOf(watched)).toEqual(end);
  });

  it('is refused by another board or when damaged', () => {
    const bytes = start().machine.snapshot();
    const other = new SmallMachine({ core: 'cortex-m3', code: 'nop' });
    expect(() => other.machine.restore(bytes)).toThrow(/cortex-m3/);
    bytes[bytes.length >> 1] ^= 1;
    expect(() => start().machine.restore(bytes)).toThrow();
  });

  it('holds code that the firmware has written', () => {
    const code = `ldr r4, =${RAM + 0x101}\nldr r0, =0x47702007\nstr r0, [r4, #-1]\n1: adds r6, #1\ncmp r6, #200\nbne 1b\nblx r4\nldr r5, =${RAM}\nstr r0, [r5]\n${EXIT}`; // movs r0, #7; bx lr
    const [first, second] = [new SmallMachine({ code }), new SmallMachine({ code })];
    first.run(100);
    second.run(); // decodes the code of its own run
    second.machine.restore(first.machine.snapshot());
    second.machine.bus.poke(RAM + 0x100, 0x2009, 2);
    second.run();
    expect([second.word(RAM), second.machine.cortex.words[Word.PC] >>> 0 >= CODE]).toEqual([9, true]);
  });
});
