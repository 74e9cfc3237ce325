/** Watchpoints on both engines: the same stops, after the same instruction, at the same cycle. */
import { describe, expect, it } from 'vitest';
import type { StopReason, Watchpoint } from '../../emulator/machine-api.js';
import { translatedBy } from '../support/early-translation.js';
import { CODE, EXIT, RAM, STACK, UART0, type SmallMachine } from '../support/machine.js';
import { early, expectSame } from '../support/twins.js';

const ENGINES = ['interpreter', 'translator'] as const;
const BUFFER = RAM + 0x1000;
const WATCHED = BUFFER + 0x10;

function pair(code: string, handlers: Readonly<Record<number, string>> = {}): [SmallMachine, SmallMachine] {
  const [interpreter, translator] = ENGINES.map((engine) => early({ code, handlers, engine }));
  return [interpreter, translator];
}

/** All stops up to the exit, which both engines must share with their whole state. */
function stops(code: string, watchpoints: readonly Watchpoint[], handlers: Readonly<Record<number, string>> = {}, most = 500): StopReason[] {
  const both = pair(code, handlers);
  for (const small of both) for (const watchpoint of watchpoints) small.machine.setWatchpoint(watchpoint);
  const seen: StopReason[] = [];
  while (seen.length < most) {
    const [expected, stop] = both.map((small) => small.run());
    expect(stop).toEqual(expected);
    expectSame(both[1], both[0]);
    if (expected.kind !== 'watchpoint') {
      expect(expected).toEqual({ kind: 'exit', code: 0 });
      return seen;
    }
    seen.push(expected);
  }
  throw new Error('it never ended');
}

const word = (kind: Watchpoint['kind'], address = WATCHED): Watchpoint => ({ address, bytes: 4, kind });

describe('a watchpoint', () => {
  /** Fills and sums eight words, 50 times. Stores at offset 14, loads at 28. */
  const FILL = `movw r7, #50
1: movs r0, #8
movw r4, #0x1000
movt r4, #0x2000
2: adds r6, #1
str r6, [r4], #4
subs r0, #1
bne 2b
movs r0, #8
3: ldr r5, [r4, #-4]!
adds r3, r5
subs r0, #1
bne 3b
subs r7, #1
bne 1b
${EXIT}`;
  const [STORE, LOAD] = [CODE + 16, CODE + 26];

  it.each([
    ['write', ['write']], ['read', ['read']], ['access', ['write', 'read']],
  ] as const)('for %s stops behind the instruction, with its address and the value', (kind, accesses) => {
    const seen = stops(FILL, [word(kind)]);
    expect(seen).toEqual(Array.from({ length: 50 }, (_, turn) => accesses.map((access) => (
      { kind: 'watchpoint', address: WATCHED, pc: access === 'write' ? STORE : LOAD, access, value: 8 * turn + 5 }))).flat());
  });

  it('changes no cycle, and costs translated code only its page', () => {
    const [plain, watched] = pair(FILL);
    watched.machine.setWatchpoint({ address: RAM + 0x5000, bytes: 8, kind: 'access' });
    expect([plain.run(), watched.run()]).toEqual(Array(2).fill({ kind: 'exit', code: 0 }));
    expectSame(watched, plain);
    expect(translatedBy(watched.machine) / watched.machine.instructions).toBeGreaterThan(0.8);
  });

  it('can be set and cleared while code is hot', () => {
    const both = pair(FILL.replace('#50', '#60000'));
    for (let until = 3000; until < 60_000; until += 3000) {
      const seen = both.map((small) => {
        small.run(until);
        small.machine.setWatchpoint(word('write'));
        const hits = [small.run(until + 1500), small.run(until + 1500)];
        small.machine.clearWatchpoint(word('write'));
        return [...hits, small.run(until + 1500)];
      });
      expect(seen[0]).toMatchObject([{ kind: 'watchpoint', pc: STORE }, { kind: 'watchpoint', pc: STORE }, { kind: 'deadline' }]);
      expect(seen[1]).toEqual(seen[0]);
      expectSame(both[1], both[0]);
    }
    expect(translatedBy(both[1].machine)).toBeGreaterThan(20_000);
  });

  const AT = `movw r4, #0x1000\nmovt r4, #0x2000\nldr r0, =0x11223344\n`;
  it.each([
    ['a byte of a word', 'str r0, [r4, #16]', { address: WATCHED + 2, bytes: 1, kind: 'write' }, { address: WATCHED + 2, value: 0x1122_3344 }],
    ['a halfword store', 'strh r0, [r4, #16]', word('write'), { address: WATCHED, value: 0x3344 }],
    ['an unaligned store', 'str r0, [r4, #14]', word('write'), { address: WATCHED, value: 0x1122_3344 }],
    ['a store across the page border before it', 'str r0, [r4, #-2]', { address: BUFFER, bytes: 1, kind: 'write' }, { address: BUFFER, value: 0x1122_3344 }],
    ['a double word', 'strd r1, r0, [r4, #12]', word('write'), { address: WATCHED, value: 0x1122_3344 }],
    ['a store of many', 'add r5, r4, #8\nstmia r5!, {r0-r4}', word('write'), { address: WATCHED }],
    ['a load of many', 'add r5, r4, #8\nldmia r5!, {r0-r3}', word('read'), { address: WATCHED, access: 'read', value: 0 }],
    ['a push', 'mov r7, sp\nadd r5, r4, #0x14\nmov sp, r5\npush {r0}\nmov sp, r7', word('write'), { value: 0x1122_3344 }],
    ['an exclusive load', 'add r5, r4, #16\nldrex r1, [r5]', word('read'), { access: 'read' }],
    ['a load without privilege', 'add r5, r4, #16\nldrt r1, [r5]', word('read'), { access: 'read' }],
    ['a bit-band alias', `ldr r5, =0x22000000 + 0x1010 * 32 + 4\nstr r0, [r5]`, { address: WATCHED, bytes: 1, kind: 'write' }, { address: WATCHED, value: 0 }],
    ['a conditional store', 'cmp r0, r0\nite eq\nstreq r0, [r4, #16]\nstrne r0, [r4, #16]', word('write'), { value: 0x1122_3344 }],
    ['a device register', `ldr r5, =${UART0}\nmovs r1, #16\nstr r1, [r5, #16]`, word('write', UART0 + 16), { address: UART0 + 16, value: 16 }],
    ['a register of the system', 'ldr r5, =0xe000ed08\nldr r1, [r5]', word('read', 0xe000_ed08), { address: 0xe000_ed08, access: 'read' }],
    ['a literal', 'ldr r1, =0x12345678', { address: CODE, bytes: 0x200, kind: 'read' }, { access: 'read' }],
  ] as const)('sees %s', (_, code, watchpoint, hit) => {
    const seen = stops(`${AT}${code}\n${EXIT}`, [watchpoint]);
    expect(seen[0]).toMatchObject({ kind: 'watchpoint', ...hit });
    const once = watchpoint.address !== CODE;
    if (once) expect(seen).toHaveLength(1);
  });

  it.each([
    ['the neighbours', 'str r0, [r4, #12]\nstr r0, [r4, #20]'], ['reads when it is for writes', 'ldr r1, [r4, #16]'], ['stores whose condition fails', 'cmp r0, r0\nit ne\nstrne r0, [r4, #16]'],
  ])('does not see %s', (_, code) => {
    expect(stops(`${AT}${code}\n${EXIT}`, [word('write')])).toEqual([]);
  });

  it('on a device that hot code polls stops each time, and others stay unseen', () => {
    const poll = `ldr r5, =${UART0}\nmovs r0, #100\n1: ldr r1, [r5, #4]\nldr r1, [r5, #16]\nsubs r0, #1\nbne 1b\n${EXIT}`;
    expect(stops(poll, [word('read', UART0 + 4)])).toHaveLength(100);
  });

  it('reads literals of hot code, which is translated with them in it', () => {
    const code = `movs r0, #60\n1: ldr r1, 2f\nsubs r0, #1\nbne 1b\n${EXIT}\n.balign 4\n2: .word 0x5a5a5a5a\n.ltorg`;
    const [small] = pair(code);
    let literal = CODE;
    while (small.machine.core.peek(literal, 4) !== 0x5a5a_5a5a) literal += 4;
    expect(stops(code, [word('read', literal)])).toHaveLength(60);
  });

  it('sees what hot branches read from their tables', () => {
    const code = `movs r0, #60\n1: and r1, r0, #1\ntbb [pc, r1]\n2: .byte (3f-2b)/2, (4f-2b)/2\n3: adds r2, #1\n4: subs r0, #1\nbne 1b\n${EXIT}`;
    const table = CODE + 10;
    expect(stops(code, [{ address: table, bytes: 1, kind: 'read' }])).toHaveLength(30);
    expect(stops(code, [{ address: table, bytes: 2, kind: 'read' }])).toHaveLength(60);
  });

  it('on the stack sees the frame of an exception, before its handler runs', () => {
    const frame = STACK - 32;
    const seen = stops(`nop\nsvc #0\n${EXIT}`, [word('write', frame)], { 11: 'bx lr' });
    expect(seen).toEqual([{ kind: 'watchpoint', address: frame, pc: CODE + 4, access: 'write', value: 0 }]);
  });

  it('with another on the same page: each is told by its own address', () => {
    const seen = stops(`${AT}str r0, [r4, #16]\nstr r0, [r4, #32]\n${EXIT}`, [word('write'), word('write', BUFFER + 32)]);
    expect(seen.map((stop) => stop.kind === 'watchpoint' && stop.address)).toEqual([WATCHED, BUFFER + 32]);
  });

  it('gives way to the end of the program, and is seen by a debugger and a snapshot as nothing', () => {
    const [plain, watched] = pair(`${AT}b .`);
    watched.machine.setWatchpoint(word('access'));
    watched.machine.bus.poke(WATCHED, 1, 4);
    plain.machine.bus.poke(WATCHED, 1, 4);
    expect([watched.machine.core.peek(WATCHED, 4), watched.run(1000), plain.run(1000)]).toEqual([1, { kind: 'deadline' }, { kind: 'deadline' }]);
    expect(Buffer.from(watched.machine.snapshot()).equals(Buffer.from(plain.machine.snapshot()))).toBe(true);
  });

  it.each([[0, 0], [0xffff_fffe, 4], [RAM, 1.5], [RAM, -1]])('of an impossible range (%i, %d bytes) is refused', (address, bytes) => {
    const [small] = pair('b .');
    expect(() => { small.machine.setWatchpoint({ address, bytes, kind: 'write' }); }).toThrow(RangeError);
  });
});
