/** A machine of a small chip, with firmware from assembly. Root tick, core cycle and microsecond are one. */
import { parseBoard } from '../../emulator/boards/index.js';
import type { FirmwareImage, StopReason } from '../../emulator/machine-api.js';
import { EmulatedMachine } from '../../emulator/machine.js';
import { Semihosting } from '../../emulator/semihosting/semihosting.js';
import { assembleEach } from './assembler.js';

export const CODE = 0x400;
export const RAM = 0x2000_0000;
export const RAM_BYTES = 0x1_0000;
export const STACK = RAM + 0x8000;
export const UART0 = 0x4000_4000;
export const UART1 = 0x4000_5000;
export const RESERVED = 0x5000_0000;
/** SYS_EXIT with ADP_Stopped_ApplicationExit: status 0. */
export const EXIT = 'ldr r1, =0x20026\nmovs r0, #0x18\nbkpt 0xab';
/** Passes before code is translated: few, since these programs are short. */
const HOT = 64;
const handlerOf = (exception: number): number => 0x1000 + 0x400 * exception;

const CHIP = (core: string): string => `
name: small
source: none, a chip for tests
core: { name: ${core}, fpu: ${core === 'cortex-m4' ? 'sp' : 'none'}, bitBand: ${core !== 'cortex-m0plus'}, irqs: 32, priorityBits: ${core === 'cortex-m0plus' ? 2 : 3}, mpuRegions: 8, clock: sysclk }
oscillators: { osc: 1000000 }
clocks: { sysclk: { from: osc } }
memories:
  - { name: flash, at: 0x00000000, bytes: 0x20000, kind: flash, initial: 255 }
  - { name: ram, at: ${RAM}, bytes: ${RAM_BYTES}, kind: ram }
  - { name: ram-mirror, at: ${RAM + RAM_BYTES}, bytes: ${RAM_BYTES}, mirrorOf: ram }
reserved:
  - { name: nothing, at: ${RESERVED}, bytes: 0x1000 }
peripherals:
  timer0: { block: cmsdk/timer, at: 0x40000000, irq: 8, clock: sysclk }
  uart0: { block: cmsdk/uart, at: ${UART0}, irq: { rx: 0, tx: 1, overflow: 12 }, clock: sysclk }
  uart1: { block: cmsdk/uart, at: ${UART1}, irq: { rx: 2, tx: 3, overflow: 12 }, clock: sysclk }
`;
const BOARD = 'name: Small board\nsource: none, a board for tests\nchip: small\nconsole: { uart: uart0 }\n';

export interface SmallMachineOptions {
  readonly core?: 'cortex-m0plus' | 'cortex-m3' | 'cortex-m4';
  readonly code?: string;
  readonly handlers?: Readonly<Record<number, string>>;
  readonly image?: FirmwareImage;
  readonly stopOnFault?: boolean;
  readonly engine?: 'interpreter' | 'translator';
  /** Passes after which code is translated; 64 when absent. Undefined: when that pays, as everywhere else. */
  readonly hot?: number | undefined;
}

export class SmallMachine {
  readonly machine: EmulatedMachine;
  /** Bytes from uart0 with their root ticks. */
  readonly sent: { readonly byte: number; readonly at: number }[] = [];
  readonly warnings: string[] = [];
  /** What the firmware printed by semihosting. */
  printed = '';

  constructor(options: SmallMachineOptions = {}) {
    const { core = 'cortex-m4', code, handlers = {}, image, stopOnFault = false, engine = 'translator', hot } = { hot: HOT, ...options };
    const chip = { text: CHIP(core), fileName: 'small.yaml' };
    const output = { interactive: false, write: (bytes: Uint8Array): void => { this.printed += new TextDecoder().decode(bytes); } };
    const stdin = { interactive: false, read: () => new Uint8Array(0) };
    const host = { stdin, stdout: output, stderr: output, files: undefined, commandLine: '', epoch: 0, warn: () => {} };
    this.machine = new EmulatedMachine(parseBoard(BOARD, 'small-board.yaml', () => chip), { seed: 1, stopOnFault, engine, hot, semihosting: new Semihosting(host) });
    this.machine.serials[0].onByte((byte) => this.sent.push({ byte, at: this.machine.now() }));
    this.machine.warnings.onWarning((text) => this.warnings.push(text));
    if (image) this.machine.load(image);
    else if (code !== undefined) this.machine.load(program(code, handlers));
  }

  /** Runs until something stops it, for a second at most. */
  run(until = 1_000_000): StopReason {
    return this.machine.run(until);
  }

  word(address: number): number {
    return this.machine.bus.peek(address, 4)!;
  }

  get text(): string {
    return String.fromCharCode(...this.sent.map(({ byte }) => byte));
  }
}

/** An image of segments alone. */
export function imageOf(segments: readonly { readonly address: number; readonly bytes: Uint8Array }[], rest: Partial<FirmwareImage> = {}): FirmwareImage {
  return {
    format: 'bin', architecture: 'arm', entry: undefined, symbols: [], codeRanges: [], sections: [], warnings: [],
    segments: segments.map((segment) => ({ ...segment, space: 'memory' as const })), ...rest,
  };
}

/** Vectors at 0, code at CODE; exceptions without a handler of their own loop. */
export function program(code: string, handlers: Readonly<Record<number, string>> = {}): FirmwareImage {
  const numbers = Object.keys(handlers).map(Number);
  const [main, ...others] = assembleEach([code, ...numbers.map((n) => handlers[n])]);
  const loop = handlerOf(0);
  const vectors = Uint32Array.from({ length: 48 }, (_, n) => (n === 0 ? STACK : n === 1 ? CODE | 1 : (numbers.includes(n) ? handlerOf(n) : loop) | 1));
  return imageOf([
    { address: 0, bytes: new Uint8Array(vectors.buffer) },
    { address: CODE, bytes: main },
    { address: loop, bytes: Uint8Array.of(0xfe, 0xe7) },
    ...numbers.map((n, i) => ({ address: handlerOf(n), bytes: others[i] })).sort((a, b) => a.address - b.address),
  ]);
}
