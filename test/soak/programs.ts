/** Hostile firmware for the soak test: it changes its own code for ever, or runs what nobody wrote. */
import { EXIT, RAM } from '../support/machine.js';

/** A linear congruential step of R8 into R8 and R0. */
const NEXT = 'mul r8, r8, r10\nadd r8, r11\nlsr r0, r8, #8';
const SEEDED = 'ldr r8, =12345\nldr r10, =1664525\nldr r11, =1013904223';
const FAULTS_GO_ON = `ldr r4, =${RAM + 0xf000}\nldr r1, [r4]\nmov sp, r1\nldr r1, [r4, #4]\nldr r2, =0x01000000\nsub sp, #32\nstr r1, [sp, #24]\nstr r2, [sp, #28]\nldr r1, =0xe000ed28\nldr r2, [r1]\nstr r2, [r1]\nldr lr, =0xfffffff9\nbx lr`;

export interface HostileProgram {
  readonly name: string;
  readonly code: string;
  readonly handlers?: Readonly<Record<number, string>>;
}

/** Where a fault leads: the address of `again`, and the stack there. */
const KEEP = `ldr r4, =${RAM + 0xf000}\nmov r1, sp\nstr r1, [r4]\nadr r1, again\nstr r1, [r4, #4]`;
const FAULT_HANDLERS = { 3: FAULTS_GO_ON, 4: FAULTS_GO_ON, 5: FAULTS_GO_ON, 6: FAULTS_GO_ON };

export const HOSTILE_PROGRAMS: readonly HostileProgram[] = [
  {
    name: 'rewrites one of 512 functions and runs it hot, for ever',
    code: `${SEEDED}
      ldr r7, =0x47703000      @ adds r0, #imm; bx lr
      ldr r6, =${RAM + 0x2001}
    1: ${NEXT}
      ubfx r1, r0, #0, #9
      lsls r1, r1, #6
      add r2, r6, r1
      uxtb r3, r8
      orr r3, r7
      str r3, [r2, #-1]
      movs r5, #90
    2: blx r2
      subs r5, #1
      bne 2b
      b 1b`,
  },
  {
    name: 'a loop that overwrites its own instructions in every round',
    code: `ldr r0, =${RAM + 0x1000}
      adr r1, from
      adr r2, to
    1: ldr r3, [r1], #4
      str r3, [r0], #4
      cmp r1, r2
      blo 1b
      ldr r6, =${RAM + 0x1001}
      bx r6
      .balign 4
    from: adds r4, #1
      strb r4, [r6, #11]
      eor r2, r4, r2, ror #3
      b 1f
    1: nop
      adds r7, #0
      b from
      .balign 4
    to:`,
  },
  {
    name: 'jumps to all halfwords of a large stretch of code, also into the middle of instructions',
    code: `${SEEDED}
      ldr r6, =${RAM + 0x1000}
      ldr r5, =${RAM + 0xd000}
      ldr r3, =0x0001f240      @ movw r0, #1, ...
    1: str r3, [r6], #4
      cmp r6, r5
      blo 1b
      ldr r3, =0x47704770
      str r3, [r6]
      str r3, [r6, #4]
      b 3f
      .ltorg
      .balign 4
    again: nop
    3: ${KEEP}
    2: ${NEXT}
      ldr r6, =${RAM + 0xcf01}
      ubfx r1, r0, #0, #7
      sub r6, r6, r1, lsl #1
      ubfx r1, r0, #7, #14
      sub r6, r6, r1, lsl #1
      ldr r5, =${RAM + 0x1001}
      cmp r6, r5
      it lo
      movlo r6, r5
      movs r9, #3
    4: blx r6
      subs r9, #1
      bne 4b
      b 2b`,
    handlers: FAULT_HANDLERS,
  },
  {
    name: 'random halfwords, called',
    code: `${SEEDED}
      ldr r0, =0xe000ed24
      ldr r1, =0x70000
      str r1, [r0]
      ldr r4, =${RAM + 0xf010}
      str r8, [r4]
      b 3f
      .ltorg
      .balign 4
    again: nop
    3: ${KEEP}
      ldr r4, =${RAM + 0xf010}
      ldr r8, [r4]
      ldr r10, =1664525
      ldr r11, =1013904223
      ldr r6, =${RAM + 0x1000}
      ubfx r1, r8, #12, #13
      add r6, r6, r1, lsl #1
      mov r5, r6
      movs r7, #24
    1: ${NEXT}
      strh r0, [r5], #2
      subs r7, #1
      bne 1b
      ldr r0, =0xe7fe4770      @ bx lr; and behind it a loop
      str r0, [r5]
      str r8, [r4]
      adds r6, #1
      movs r9, #70
    2: mov r0, r8
      mov r12, r6
      blx r6
      subs r9, #1
      bne 2b
      b again`,
    handlers: { ...FAULT_HANDLERS, 15: FAULTS_GO_ON },
  },
  {
    name: 'moves its vector table and its protection while it is hot',
    code: `ldr r4, =0xe000ed94
      ldr r0, =${RAM | 0x10}
      str r0, [r4, #8]
      ldr r5, =0x0300001f
    1: str r5, [r4, #12]
      movs r0, #5
      str r0, [r4]
      movs r3, #100
    2: eor r2, r3, r2, ror #3
      subs r3, #1
      bne 2b
      eor r5, #0x10000000
      movs r0, #0
      str r0, [r4]
      b 1b`,
  },
  { name: 'a loop of nothing', code: `1: b 1b\n${EXIT}` },
];

/** The program of random halfwords needs a watchdog: endless loops in random code are left by SysTick. */
export const WATCHED = 'ldr r0, =0xe000e010\nldr r1, =20000\nstr r1, [r0, #4]\nstr r1, [r0, #8]\nmovs r1, #7\nstr r1, [r0]\n';
