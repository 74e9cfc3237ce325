/** Breakpoints and watchpoints that come and go at random while code is hot: both engines stop alike, and end alike. */
import { describe, expect, it } from 'vitest';
import type { Watchpoint } from '../../emulator/machine-api.js';
import { translatedBy } from '../support/early-translation.js';
import { CODE, RAM, RAM_BYTES, STACK, UART0 } from '../support/machine.js';
import { Random } from '../support/random.js';
import { early, expectSame } from '../support/twins.js';

const SYSTICK = 'ldr r5, =0xe000e010\nmovs r0, #111\nlsls r0, #4\nstr r0, [r5, #4]\nstr r0, [r5, #8]\nmovs r0, #7\nstr r0, [r5]';
/** Loops over 16 KiB and the stack, calls, looks at a device, is interrupted. Every core has its instructions. */
const PROGRAM = `${SYSTICK}
ldr r7, 6f
1: ldr r4, =${RAM + 0x800}
ldr r6, =${RAM + 0x4800}
2: ldr r0, [r4]
bl 4f
str r0, [r4]
strb r0, [r4, #7]
ldrh r1, [r4, #2]
push {r0, r1, r4}
ldr r2, [r7, #4]
pop {r0, r1, r4}
adds r4, #68
cmp r4, r6
bls 2b
b 1b
.ltorg
.balign 4
4: push {r4, lr}
movs r4, #3
5: adds r0, r0, r4
subs r4, #1
bne 5b
pop {r4, pc}
.balign 4
6: .word ${UART0}`;
const HANDLER = `movs r0, #1\nlsls r0, #29 @ RAM\nldr r1, [r0]\nadds r1, #1\nstr r1, [r0]\nbx lr`;
const CODE_BYTES = 80;

function randomWatchpoint(random: Random): Watchpoint {
  const near = [RAM, STACK - 64, UART0, RAM + random.between(0, RAM_BYTES - 64), RAM + 0x800];
  return { address: near[random.between(0, near.length - 1)] + random.between(0, 40), bytes: random.between(1, 9), kind: (['read', 'write', 'access'] as const)[random.between(0, 2)] };
}

describe.each(['cortex-m0plus', 'cortex-m3', 'cortex-m4'] as const)('on a %s', (core) => {
  it.each([1, 2, 3])('observers change nothing, and are told the same (seed %i)', (seed) => {
    const random = new Random(seed);
    const all = (['interpreter', 'translator', 'translator'] as const).map((engine) => early({ core, code: PROGRAM, handlers: { 15: HANDLER }, engine }));
    const [interpreter, translator, plain] = all;
    const observed = [interpreter, translator];
    const breakpoints: number[] = [];
    const watchpoints: Watchpoint[] = [];
    const met = { deadline: 0, breakpoint: 0, watchpoint: 0 };
    for (let round = 0; round < 200; round++) {
      const until = translator.machine.now() + random.between(50, 5000);
      if (random.chance(30)) breakpoints.push(CODE + 2 * random.between(0, CODE_BYTES / 2));
      if (random.chance(30)) watchpoints.push(randomWatchpoint(random));
      for (const small of observed) {
        for (const address of breakpoints) small.machine.setBreakpoint(address);
        if (watchpoints.length > 0) small.machine.setWatchpoint(watchpoints.at(-1)!);
      }
      for (let stops = 0; stops < 4; stops++) {
        const [expected, stop] = observed.map((small) => small.run(until));
        expect(stop).toEqual(expected);
        expectSame(translator, interpreter);
        met[expected.kind as keyof typeof met]++;
      }
      for (const small of observed) {
        if (watchpoints.length > 0) small.machine.clearWatchpoint(watchpoints.at(-1)!);
        if (breakpoints.length > 1) for (const address of breakpoints) small.machine.clearBreakpoint(address);
      }
      if (breakpoints.length > 1) breakpoints.length = 0;
      if (random.chance(60)) watchpoints.length = 0;
    }
    for (const small of observed) for (const address of breakpoints) small.machine.clearBreakpoint(address);
    for (const small of all) small.run(2_000_000);
    expectSame(interpreter, plain);
    expectSame(translator, plain);
    expect(Math.min(met.deadline, met.breakpoint, met.watchpoint)).toBeGreaterThan(10);
    expect(translatedBy(translator.machine) / translator.machine.instructions).toBeGreaterThan(0.3);
  });
});
