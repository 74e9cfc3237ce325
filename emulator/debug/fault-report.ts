/**
 * What happened to a firmware that crashed, as text: fault registers explained, the registers at the fault, the call
 * stack, the last instructions.
 */
import { Word } from '../cores/cortex-m/state.js';
import type { CoreView, FirmwareImage, Machine, StopReason } from '../machine-api.js';
import { describeFrame, unwind } from './dwarf/index.js';
import type { ExceptionFrame } from './exception-frame.js';
import { frameIsOnProcessStack, isExceptionReturn, readExceptionFrame } from './exception-frame.js';
import { faultRegisterLines } from './fault-registers.js';
import type { InstructionHistory } from './instruction-history.js';
import { encoding } from './instruction-trace.js';
import { hex32, SymbolTable } from './symbols.js';

export interface FaultReportInputs {
  readonly machine: Machine;
  readonly image: FirmwareImage;
  readonly stop: StopReason;
  readonly history?: InstructionHistory;
}

const EXCEPTION_NAMES: Readonly<Record<number, string>> = {
  2: 'NMI', 3: 'HardFault', 4: 'MemManage', 5: 'BusFault', 6: 'UsageFault', 11: 'SVCall', 12: 'DebugMonitor', 14: 'PendSV', 15: 'SysTick',
};

/** `HardFault`, or `IRQ 3` for exception 19. */
export function exceptionName(exception: number): string {
  return EXCEPTION_NAMES[exception] ?? (exception >= 16 ? `IRQ ${exception - 16}` : `exception ${exception}`);
}

/** Does this stop deserve a fault report? */
export function isFaultStop(stop: StopReason): boolean {
  return stop.kind === 'lockup' || stop.kind === 'fault';
}

/** The report, without a newline at the end. */
export function faultReport(inputs: FaultReportInputs): string {
  const { machine, image, stop } = inputs;
  const symbols = new SymbolTable(image.symbols, image.sections);
  const frame = findFrame(machine.core);
  const status = machine.core.faultStatus();
  const sections = [
    headline(machine, stop, symbols),
    status === undefined ? [] : faultRegisterLines(status),
    frame === undefined
      ? ['no exception frame in memory: the registers below are the current ones', ...currentRegisterLines(machine.core)]
      : ['registers at the fault:', ...frameLines(frame, machine.core)],
    backtraceLines(inputs),
    inputs.history === undefined ? [] : historyLines(inputs.history, machine.core, symbols),
  ];
  return sections.filter((lines) => lines.length > 0).map((lines) => lines.join('\n')).join('\n\n');
}

function headline(machine: Machine, stop: StopReason, symbols: SymbolTable): string[] {
  const seconds = (machine.now() / machine.rootHz).toFixed(6);
  const when = `at ${seconds} s, cycle ${machine.cycles}`;
  switch (stop.kind) {
    case 'lockup':
      return [
        `lockup ${when}: ${stop.reason}`, `  at ${place(stop.address, symbols)}`,
        ...(stop.handling === undefined ? [] : [`while handling HardFault: ${stop.handling.reason}`, `  at ${place(stop.handling.address, symbols)}`]),
      ];
    case 'fault':
      return [`${exceptionName(stop.exception)} ${when}: ${stop.reason}`, `  at ${place(stop.address, symbols)}`];
    default:
      return [`stopped ${when}`, `  at ${place(machine.core.words[Word.PC], symbols)}`];
  }
}

function place(address: number, symbols: SymbolTable): string {
  const name = symbols.describe(address);
  return name === undefined ? hex32(address) : `${hex32(address)} ${name}`;
}

/** The frame the core names, else the one the current stack pointer and LR point at. */
function findFrame(core: CoreView): ExceptionFrame | undefined {
  const peek = (address: number): number | undefined => core.peek(address, 4);
  if (core.faultFrame !== undefined) return readExceptionFrame(core.faultFrame.address, core.faultFrame.excReturn, peek);
  const lr = core.words[Word.LR];
  if (!isExceptionReturn(lr)) return undefined;
  // A handler runs on the main stack, so the process stack pointer is the one that is not current.
  return readExceptionFrame(frameIsOnProcessStack(lr) ? core.words[Word.OTHER_SP] : core.words[Word.SP], lr, peek);
}

function frameLines(frame: ExceptionFrame, core: CoreView): string[] {
  const { words } = core;
  const lines = [
    row([['r0', frame.r0], ['r1', frame.r1], ['r2', frame.r2], ['r3', frame.r3]]),
    row([['r4', words[4]], ['r5', words[5]], ['r6', words[6]], ['r7', words[7]]]),
    row([['r8', words[8]], ['r9', words[9]], ['r10', words[10]], ['r11', words[11]]]),
    row([['r12', frame.r12], ['sp', frame.sp], ['lr', frame.lr], ['pc', frame.pc]]),
    row([['xpsr', frame.xpsr]]),
    '  r0-r3, r12, lr, pc and xpsr are stacked; r4-r11 are as they are now',
  ];
  if (frame.fp !== undefined) {
    for (let i = 0; i < 16; i += 4) lines.push(row(frame.fp.s.slice(i, i + 4).map((bits, k) => [`s${i + k}`, bits])));
    lines.push(row([['fpscr', frame.fp.fpscr]]));
  }
  return lines;
}

function currentRegisterLines(core: CoreView): string[] {
  const named = Array.from({ length: 16 }, (_, i): [string, number] => [['sp', 'lr', 'pc'][i - 13] ?? `r${i}`, core.words[i]]);
  return [0, 4, 8, 12].map((i) => row(named.slice(i, i + 4)));
}

function row(registers: readonly (readonly [string, number])[]): string {
  return `  ${registers.map(([name, value]) => `${name.padEnd(5)}${hex32(value)}`).join('  ')}`;
}

/** From where the core stands now: the unwinder goes through the handler into the code that faulted. */
function backtraceLines({ machine, image, stop }: FaultReportInputs): string[] {
  const { core } = machine;
  const r = Uint32Array.from(core.words.subarray(0, 16));
  // The PC of a locked-up core is past the instruction that faulted (Armv7-M ARM, B1.5.15).
  if (stop.kind === 'lockup') r[Word.PC] = stop.address;
  const frames = unwind({ r, otherStackPointer: core.words[Word.OTHER_SP] >>> 0 }, (address) => core.peek(address, 4), image);
  return ['call stack, innermost first:', ...frames.map((frame, i) => `  #${i} ${describeFrame(frame)}`)];
}

function historyLines(history: InstructionHistory, core: CoreView, symbols: SymbolTable): string[] {
  const lines = history.entries().map(({ address, cycle }) => {
    const { bytes, text } = core.disassemble(address);
    return `  ${String(cycle).padStart(10)} ${hex32(address).slice(2)} ${encoding(bytes).padEnd(9)} ${text.padEnd(32)} ${symbols.describe(address) ?? ''}`.trimEnd();
  });
  return [`last ${lines.length} instructions, newest at the end (cycle, address):`, ...lines];
}
