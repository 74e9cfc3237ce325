/**
 * The programs of this folder: where each runs, how it speaks, and what it is compared with.
 * `make list` must name the same ones; a test sees to it.
 */
import type { QemuMachine } from '../oracles/qemu.js';

/** The Makefile's targets: a core and a floating-point ABI. */
export type Target = 'm0' | 'm3' | 'm4' | 'm4-soft' | 'm7';

export interface FirmwareProgram {
  /** `m4/kernel`, as `make list` prints it */
  readonly name: string;
  readonly machine: QemuMachine;
  /** where its text arrives; `both` writes to the UART and by semihosting, and the order counts */
  readonly output: 'uart' | 'semihosting' | 'both';
  readonly stdin: string;
  /** the status it exits with, by SYS_EXIT_EXTENDED or SYS_EXIT */
  readonly exitCode: number;
  readonly start: 'vectors' | 'entry';
  /** QEMU tells what is right; where QEMU is wrong or stops, `expected` is what the manual asks for (see README.md) */
  readonly compare: 'qemu' | { readonly expected: string };
}

const MACHINES: Record<Target, QemuMachine> = {
  m0: 'microbit', m3: 'mps2-an385', m4: 'mps2-an386', 'm4-soft': 'mps2-an386', m7: 'mps2-an500',
};

const COMPUTE = ['integer', 'integer-O0', 'integer-Os', 'strings', 'float64', 'libm', 'benchmark', 'recursion', 'longjmp', 'ram-code'];
const MPS2 = [
  'hello-uart', 'hello-uart-irq', 'hello-semihosting', 'hello-rdimon', 'printf', 'scanf', 'exit-status',
  'semihosting', ...COMPUTE, 'kernel', 'timers', 'float32',
];
const EXCEPTIONS_V7M = [
  'priority', 'svc', 'usage-fault', 'bus-fault', 'mpu', 'stacking', 'escalation', 'privilege', 'vector-table', 'exclusive',
  'sleep', 'nvic', 'reset', 'systick', 'by-the-manual',
].map(inExceptions);
const EXCEPTIONS_V6M = ['priority', 'svc', 'hard-fault', 'nvic', 'reset', 'systick', 'sleep'].map(inExceptions);

const NAMES: Record<Target, readonly string[]> = {
  m0: [
    'hello-semihosting', 'hello-rdimon', 'printf', 'exit-status', ...COMPUTE, 'float32', 'kernel', ...EXCEPTIONS_V6M,
  ],
  m3: [...MPS2, 'hello-entry', ...EXCEPTIONS_V7M, 'exceptions/bit-band', 'exceptions/lockup'],
  m4: [...MPS2, 'dsp', 'fpu', ...EXCEPTIONS_V7M, 'exceptions/bit-band', 'exceptions/fp-context'],
  'm4-soft': ['hello-uart', 'printf', ...COMPUTE, 'float32', 'dsp'],
  m7: [...MPS2, 'dsp', 'fpu', 'fpu-double', ...EXCEPTIONS_V7M, 'exceptions/fp-context'],
};

function inExceptions(name: string): string { return `exceptions/${name}`; }

type Traits = Partial<Omit<FirmwareProgram, 'name' | 'machine'>>;

/** What is not the rule: text by UART (by semihosting on the micro:bit), no input, status 0, compared with QEMU. */
const TRAITS: Record<string, Traits> = {
  'hello-uart-irq': { stdin: 'interrupts carry these bytes, one by one.' },
  'hello-semihosting': { output: 'semihosting' },
  'hello-rdimon': { output: 'semihosting', exitCode: 7 },
  'hello-entry': { output: 'semihosting', exitCode: 7, start: 'entry' },
  'scanf': { stdin: '1 ff 2.5 word\n-7 0x10 1e3 another\n  42   abc\t.125 tabs and more\nnothing to read\n2147483647 ffffffff -0.0 z\nend\n' },
  'exit-status': { exitCode: 42 },
  'semihosting': { output: 'both' },
  'exceptions/by-the-manual': { compare: { expected: [
    'BFHFNMIGN lets a load under FAULTMASK pass: yes',
    'SCR keeps all three bits: yes',
    'SLEEPONEXIT keeps Thread asleep until it is cleared: yes',
    'WFE waits for an event: yes',
    'SEVONPEND ends WFE by a disabled interrupt: yes',
    'subregions of 32 bytes: yes',
    'BKPT without a debugger is a HardFault with DEBUGEVT: yes',
    '',
  ].join('\n') } },
  'exceptions/lockup': { exitCode: 44, compare: { expected: 'about to lock up\n' } },
};

export const programs: readonly FirmwareProgram[] = (Object.keys(NAMES) as Target[]).flatMap((target) =>
  NAMES[target].map((name) => ({
    name: `${target}/${name}`,
    machine: MACHINES[target],
    output: target === 'm0' ? 'semihosting' as const : 'uart' as const,
    stdin: '',
    exitCode: 0,
    start: 'vectors' as const,
    compare: 'qemu' as const,
    ...TRAITS[name],
  })));
