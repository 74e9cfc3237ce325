/** Devices accessed by hot code: what they see and what they cause is the same in both engines, to the cycle. */
import { describe, expect, it } from 'vitest';
import { BusError, type AccessBytes, type BusDevice } from '../../emulator/bus/types.js';
import { Word } from '../../emulator/cores/cortex-m/state.js';
import type { StopReason } from '../../emulator/machine-api.js';
import { timedEvent } from '../../emulator/time/event-queue.js';
import { translatedBy } from '../support/early-translation.js';
import { EXIT, RAM, type SmallMachine } from '../support/machine.js';
import { early, expectSame, register, twins } from '../support/twins.js';

const PROBE = 0x6000_0000;
/** Offsets of the probe's registers. */
const Reg = { cycle: 0x00, count: 0x04, plain: 0x08, irq: 0x10, irqLater: 0x14, stop: 0x18, error: 0x20, warn: 0x24, dma: 0x28 } as const;
const NOW = 16 + 3;
const LATER = 16 + 4;

interface Access { readonly kind: 'read' | 'write'; readonly offset: number; readonly value: number; readonly bytes: AccessBytes; readonly cycle: number; readonly pc: number }

/** A device that keeps a record of what it sees. */
class Probe implements BusDevice {
  readonly record: Access[] = [];
  private readonly event = timedEvent(() => this.exceptions.pulseIrq(LATER - 16));

  constructor(private readonly small: SmallMachine) {
    small.machine.bus.addDevice({ name: 'probe', base: PROBE, bytes: 0x1000, device: this });
  }

  private get exceptions(): SmallMachine['machine']['cortex']['system']['exceptions'] { return this.small.machine.cortex.system.exceptions; }

  private note(kind: Access['kind'], offset: number, value: number, bytes: AccessBytes): void {
    const { machine } = this.small;
    this.record.push({ kind, offset, value, bytes, cycle: machine.cycles, pc: machine.cortex.words[Word.PC] });
    if (offset === Reg.error) throw new BusError(PROBE + offset, 'the probe refuses');
    if (offset === Reg.warn) machine.warnings.warn(`probe ${this.record.length}`, `access ${this.record.length}`);
  }

  read(offset: number, bytes: AccessBytes): number {
    const value = offset === Reg.cycle ? this.small.machine.cycles >>> 0 : offset === Reg.count ? this.record.length : 0xfedc_ba98;
    const low = bytes === 4 ? value : value & (2 ** (8 * bytes) - 1);
    this.note('read', offset, low, bytes);
    return low;
  }

  write(offset: number, value: number, bytes: AccessBytes): void {
    this.note('write', offset, value, bytes);
    const { machine } = this.small;
    if (offset === Reg.irq) this.exceptions.pulseIrq(NOW - 16);
    if (offset === Reg.irqLater) machine.events.schedule(this.event, machine.now() + value);
    if (offset === Reg.stop) machine.stop();
    if (offset === Reg.dma) machine.bus.write(RAM + 0x1000, value, 2);
  }

  peek(): number { return 0; }
  poke(): void {}
}

const SETUP = `ldr r4, =${PROBE}\nldr r0, =0xe000e100\nldr r1, =${(1 << 3) | (1 << 4)}\nstr r1, [r0]\nldr r0, =0xe000ed24\nldr r1, =0x70000\nstr r1, [r0]\nmovs r7, #0`;
const SKIP = (bytes: number): string => `ldr r1, [sp, #24]\nadds r1, #${bytes}\nstr r1, [sp, #24]`;
const CLEAR_CFSR = 'ldr r1, =0xe000ed28\nldr r2, [r1]\nstr r2, [r1]';
const COUNT = { [NOW]: 'add r8, #1\nbx lr', [LATER]: 'add r9, #1\nbx lr' };

interface Seen { readonly machine: SmallMachine; readonly end: StopReason; readonly record: readonly Access[]; readonly stops: number }

/** Runs a program in both engines, from deadline to deadline; a `stop` is gone on from. */
function bothSee(code: string, handlers: Readonly<Record<number, string>> = COUNT, { cycles = 400_000, least = 1000 } = {}): Seen {
  let seen: Seen | undefined;
  for (const spacing of [131, 2503, cycles]) {
    const machines = (['interpreter', 'translator'] as const).map((engine) => early({ code, handlers, engine }));
    const [interpreter, translator] = machines;
    const [expected, actual] = machines.map((machine) => new Probe(machine));
    let end: StopReason = { kind: 'deadline' };
    let stops = 0;
    for (let until = spacing; (end.kind === 'deadline' || end.kind === 'stopped') && until <= cycles; until += end.kind === 'stopped' ? 0 : spacing) {
      end = interpreter.run(until);
      expect(translator.run(until)).toEqual(end);
      expect(actual.record).toEqual(expected.record);
      expectSame(translator, interpreter);
      if (end.kind === 'stopped') stops++;
    }
    expect(translatedBy(translator.machine)).toBeGreaterThan(least);
    seen = { machine: translator, end, record: actual.record, stops };
  }
  return seen!;
}

describe('a device that hot code reads and writes', () => {
  it('sees every access once, at its cycle and with the address of its instruction', () => {
    const { end, record, machine } = bothSee(`${SETUP}
      ldr r6, =700
    1: ldr r0, [r4, #${Reg.cycle}]
      ldr r1, [r4, #${Reg.cycle}]
      subs r1, r0
      add r7, r1
      str r6, [r4, #${Reg.plain}]
      mul r2, r6, r7
      strb r2, [r4, #${Reg.plain}]
      subs r6, #1
      bne 1b
      ldr r5, [r4, #${Reg.count}]
      ${EXIT}`);
    expect(end.kind).toBe('exit');
    expect(record).toHaveLength(4 * 700 + 1);
    expect(register(machine, 5)).toBe(4 * 700);
    // LDR takes two cycles, Cortex-M4 TRM (DDI 0439B), table 3-1
    expect(register(machine, 7)).toBe(2 * 700);
  });

  it('gives bytes and halfwords as they are loaded: signed, unsigned, with an index and with writeback', () => {
    const { end, machine } = bothSee(`${SETUP}
      ldr r6, =500
      movs r10, #0
    1: ldrb r0, [r4, #${Reg.plain}]
      ldrsb.w r1, [r4, #${Reg.plain}]
      ldrh r2, [r4, #${Reg.plain}]
      ldrsh.w r3, [r4, #${Reg.plain}]
      mov r5, r4
      ldr r11, [r5, #${Reg.plain}]!
      ldr r12, [r5], #4
      movs r9, #2
      str r9, [r4, r9, lsl #2]
      sub r5, r4
      add r10, r5
      subs r6, #1
      bne 1b
      ${EXIT.replaceAll('r1', 'r5').replace('ldr r5', 'ldr r1')}`);
    expect([end.kind, register(machine, 2), register(machine, 3), register(machine, 10)]).toEqual(['exit', 0xba98, 0xffff_ba98, 12 * 500]);
    expect([register(machine, 11), register(machine, 12)]).toEqual([0xfedc_ba98, 0xfedc_ba98]);
  });

  it('raises an interrupt, which is taken right behind the access', () => {
    const { end, machine } = bothSee(`${SETUP}
      ldr r6, =600
    1: str r6, [r4, #${Reg.irq}]
      mov r5, r8
      add r7, r5
      ldr r0, [r4, #${Reg.plain}]
      subs r6, #1
      bne 1b
      ${EXIT}`);
    expect([end.kind, register(machine, 8)]).toEqual(['exit', 600]);
    expect(register(machine, 7)).toBe((600 * 601) / 2);
  });

  it('brings an event near: the interrupt comes on its cycle', () => {
    const { end, machine } = bothSee(`${SETUP}
      ldr r6, =900
    1: and r0, r6, #31
      adds r0, #1
      str r0, [r4, #${Reg.irqLater}]
      movs r1, #12
    2: add r7, r9
      eor r7, r7, r7, ror #3
      subs r1, #1
      bne 2b
      subs r6, #1
      bne 1b
      ${EXIT}`);
    expect([end.kind, register(machine, 9)]).toEqual(['exit', 900]);
  });

  it('stops the machine behind the access', () => {
    const { end, stops, record } = bothSee(`${SETUP}
      ldr r6, =400
    1: tst r6, #3
      bne 2f
      str r6, [r4, #${Reg.stop}]
    2: add r7, r6
      ldr r0, [r4, #${Reg.cycle}]
      subs r6, #1
      bne 1b
      ${EXIT}`);
    expect([end.kind, stops, record.length]).toEqual(['exit', 100, 500]);
  });

  it('answers with an error: a precise fault, and the device is asked once', () => {
    const { end, machine, record } = bothSee(`${SETUP}
      ldr r6, =500
    1: movs r0, #77
      ldr.w r0, [r4, #${Reg.error}]
      add r7, r0
      str.w r6, [r4, #${Reg.error}]
      ldr r3, [r4, #${Reg.plain}]
      subs r6, #1
      bne 1b
      ${EXIT}`, { 5: `ldr r1, =0xe000ed38\nldr r1, [r1]\nadd r9, r1\nadd r8, #1\n${CLEAR_CFSR}\n${SKIP(4)}\nbx lr` });
    expect([end.kind, register(machine, 8), register(machine, 7)]).toEqual(['exit', 1000, 77 * 500]);
    expect(record.filter(({ offset }) => offset === Reg.error)).toHaveLength(1000);
  });

  it('is told of accesses that are not aligned byte by byte', () => {
    const { end, record } = bothSee(`${SETUP}
      ldr r6, =300
    1: ldr.w r0, [r4, #${Reg.plain + 1}]
      strh.w r0, [r4, #${Reg.plain + 3}]
      add r7, r0
      subs r6, #1
      bne 1b
      ${EXIT}`);
    expect([end.kind, record.length]).toEqual(['exit', 6 * 300]);
    expect(record.every(({ bytes }) => bytes === 1)).toBe(true);
  });

  it('warns with the address of the instruction', () => {
    const { end, machine } = bothSee(`${SETUP}
      ldr r6, =300
    1: ldr r0, [r4, #${Reg.warn}]
      str r6, [r4, #${Reg.warn}]
      subs r6, #1
      bne 1b
      ${EXIT}`, COUNT, { least: 500 });
    expect(end.kind).toBe('exit');
    expect(new Set(machine.warnings.map((text) => /\(firmware at (\w+)\)/.exec(text)?.[1])).size).toBe(2);
  });

  it('shares its instructions with memory, read-only memory and decoded code', () => {
    const { end, machine } = bothSee(`${SETUP}
      ldr r0, =0x47703001     @ adds r0, #1; bx lr
      ldr r5, =${RAM + 0x1000}
      str r0, [r5]
      orr r10, r5, #1
      adr r11, places
      ldr r6, =900
    1: and r0, r6, #3
      ldr r5, [r11, r0, lsl #2]
      ldr r1, [r5, #${Reg.plain}]
      add r7, r1
      str r7, [r5, #${Reg.plain}]
      ldr r5, [r11]
      blx r10
      add r7, r0
      subs r6, #1
      bne 1b
      ${EXIT}
      .balign 4
    places: .word ${RAM + 0x1000}, ${PROBE}, ${RAM + 0x2000}, ${RAM + 0x100}`);
    expect(end.kind).toBe('exit');
    expect(register(machine, 7)).not.toBe(0);
  });

  it('rewrites code that is under way', () => {
    const { end, machine } = bothSee(`${SETUP}
      ldr r5, =${RAM + 0x1000}
      adr r1, from
      movs r2, #16
    3: subs r2, #4
      ldr r3, [r1, r2]
      str r3, [r5, r2]
      bne 3b
      ldr r6, =600
      orr r10, r5, #1
    1: and r0, r6, #7
      orr r0, #0x3700          @ adds r7, #0 to #7
      blx r10
      subs r6, #1
      bne 1b
      ${EXIT}
      .balign 4
    from: nop
      str r0, [r4, #${Reg.dma}]
      nop
      bx lr
      nop
      nop
      nop
      nop`);
    expect(end.kind).toBe('exit');
    // the instruction first in the routine is the one that the call before it wrote
    expect(register(machine, 7)).toBe(Array.from({ length: 599 }, (_, i) => (600 - i) & 7).reduce((sum, n) => sum + n, 0));
  });

  it('is kept from the program by the protection unit, switched in the loop', () => {
    const { end, machine } = bothSee(`${SETUP}
      ldr r5, =0xe000ed94
      movs r0, #0
      str r0, [r5, #4]
      ldr r0, =${PROBE}
      str r0, [r5, #8]
      ldr r0, =0x10000017       @ 4 KB, no access, execute never
      str r0, [r5, #12]
      ldr r6, =1920
    1: tst r6, #15
      bne 2f
      lsr r0, r6, #4
      and r0, #1
      orr r0, #4
      str r0, [r5]
    2: ldr.w r1, [r4, #${Reg.plain}]
      str.w r1, [r4, #${Reg.plain}]
      add r7, #1
      subs r6, #1
      bne 1b
      ${EXIT}`, { 4: `add r8, #1\n${CLEAR_CFSR}\n${SKIP(4)}\nbx lr` });
    expect([end.kind, register(machine, 8)]).toEqual(['exit', 1920]);
  });

  it('is used by unprivileged code, which the Private Peripheral Bus refuses', () => {
    const { end, machine, record } = bothSee(`${SETUP}
      ldr r5, =0xe000e018
      movs r0, #1
      msr control, r0
      isb
      ldr r6, =500
    1: ldr r0, [r4, #${Reg.plain}]
      ldr.w r1, [r5]
      add r7, r0
      subs r6, #1
      bne 1b
      ${EXIT}`, { 5: `add r8, #1\n${CLEAR_CFSR}\n${SKIP(4)}\nbx lr` });
    expect([end.kind, register(machine, 8), record.length]).toEqual(['exit', 500, 500]);
  });

  it('is accessed in IT blocks, in pairs and in lists', () => {
    const { end } = bothSee(`${SETUP}
      ldr r6, =400
      add r5, r4, #${Reg.plain}
    1: tst r6, #1
      itte ne
      ldrne r0, [r4, #${Reg.cycle}]
      strne r0, [r4, #${Reg.plain}]
      ldreq r0, [r4, #${Reg.count}]
      add r7, r0
      ldrd r0, r1, [r4, #${Reg.cycle}]
      ldmia r5, {r2, r3}
      stmia r5!, {r2}
      sub r5, #4
      push {r5}
      pop {r5}
      subs r6, #1
      bne 1b
      ${EXIT}`);
    expect(end.kind).toBe('exit');
  });
});

describe('special registers in hot code', () => {
  const PENDING = `ldr r4, =0xe000e200\nldr r0, =0xe000e100\nmovs r5, #${1 << 3}\nstr r5, [r0]\nmovs r7, #0`;

  it('PRIMASK, BASEPRI and FAULTMASK hold interrupts back to the cycle', () => {
    const code = (off: string, on: string): string => `${PENDING}
      ldr r0, =0xe000e403
      movs r1, #0x40
      strb r1, [r0]
      movs r2, #0x40
      movs r3, #0
      ldr r6, =500
    1: ${off}
      str r5, [r4]
      add r7, r8
      mrs r0, primask
      mrs r1, basepri
      add r7, r0
      add r7, r1
      mrs r1, faultmask
      add.w r7, r7, r1, lsl #8
      ${on}
      add.w r7, r7, r8, lsl #12
      subs r6, #1
      bne 1b
      ${EXIT}`;
    for (const [off, on] of [['cpsid i', 'cpsie i'], ['msr basepri, r2', 'msr basepri, r3'], ['msr basepri_max, r2', 'msr basepri, r3'], ['cpsid f', 'cpsie f'], ['msr primask, r2\nmsr primask, r5', 'msr primask, r3']]) {
      const { machine, end, translated } = twins({ code: code(off, on), handlers: { [NOW]: 'add r8, #1\nbx lr' } });
      expect([end.kind, register(machine, 8)], off).toEqual(['exit', 500]);
      expect(translated).toBeGreaterThan(1000);
    }
  });

  it.each([['thread mode on the main stack', 0], ['thread mode on the process stack', 2], ['unprivileged thread mode', 1], ['unprivileged, on the process stack', 3]])('MRS reads what is there: %s', (_, control) => {
    const { end, translated } = twins({ code: `
      ldr r0, =${RAM + 0x3000}
      msr psp, r0
      movs r0, #${control}
      msr control, r0
      isb
      ldr r6, =600
      movs r7, #0
    1: subs r0, r6, #300
      ssat r5, #4, r0
      ${['apsr', 'ipsr', 'xpsr', 'iepsr', 'msp', 'psp', 'primask', 'basepri', 'basepri_max', 'faultmask', 'control'].map((name) => `mrs r1, ${name}\neor r7, r1, r7, ror #5`).join('\n')}
      push {r6}
      mrs r2, psp
      mrs r3, msp
      pop {r6}
      add r7, r2
      add r7, r3
      subs r6, #1
      bne 1b
      ${EXIT}` });
    expect(end.kind).toBe('exit');
    expect(translated).toBeGreaterThan(5000);
  });

  it('MSR of the process stack pointer, in and out of use', () => {
    const code = (control: number): string => `
      ldr r5, =${RAM + 0x3000}
      msr psp, r5
      movs r0, #${control}
      msr control, r0
      isb
      ldr r6, =600
    1: add r0, r5, r6
      msr psp, r0
      mrs r1, psp
      eor r7, r1, r7, ror #3
      mrs r1, msp
      add r7, r1
      add r7, sp
      subs r6, #1
      bne 1b
      ${EXIT}`;
    for (const control of [0, 1, 2, 3]) {
      const { end, translated } = twins({ code: code(control) });
      expect(end.kind).toBe('exit');
      expect(translated).toBeGreaterThan(1000);
    }
  });

  it('handlers that switch stacks, nest, and return through BX and POP', () => {
    const { machine, end, translated } = twins({
      code: `
      ldr r0, =0xe000e010
      ldr r1, =211
      str r1, [r0, #4]
      str r1, [r0, #8]
      movs r1, #7
      str r1, [r0]
      ldr r0, =${RAM + 0x3000}
      msr psp, r0
      movs r0, #2
      msr control, r0
      isb
      ldr r6, =3000
      movs r7, #0
    1: add r7, r6
      push {r6, r7}
      pop {r0, r1}
      subs r6, #1
      tst r6, #15
      bne 2f
      svc #1
    2: cmp r6, #0
      bne 1b
      ${EXIT}`,
      handlers: {
        15: 'push {r4, lr}\nadd r9, #1\nmrs r4, ipsr\nadd r9, r4\nldr r0, =0xe000ed04\nmov r1, #0x10000000\nstr r1, [r0]\npop {r4, pc}',
        14: 'mrs r0, psp\nsub r0, #32\nmsr psp, r0\nmrs r1, psp\nadd r0, #32\nmsr psp, r0\nadd r10, r1\nbx lr',
        11: 'mrs r0, msp\nmrs r1, psp\nadd r8, #1\nldr r2, [r1, #24]\nadd r10, r2\nbx lr',
      },
    });
    expect([end.kind, register(machine, 8)]).toEqual(['exit', 188]);
    expect(translated).toBeGreaterThan(10_000);
  });
});
