/** Debug information of an image: source lines, functions, backtraces. Tables are read when first asked for. */
import { SHF, type FirmwareImage, type FirmwareSymbol } from '../../loader/index.js';
import { CallFrames } from './call-frames.js';
import { CodeMap } from './code-map.js';
import { ExceptionTables } from './exception-tables.js';
import { LineTable, type SourceLine } from './line-table.js';
import { unwindFrom, type CoreRegisters, type Frame, type FrameSources, type ReadWord } from './unwind.js';

export type { SourceLine } from './line-table.js';
export type { CoreRegisters, Frame, ReadWord } from './unwind.js';

export class DebugInfo implements FrameSources {
  readonly code: CodeMap;
  private lines: LineTable | undefined;
  private frames: CallFrames | undefined;
  private tables: ExceptionTables | undefined;

  constructor(readonly image: FirmwareImage) {
    this.code = new CodeMap(image);
  }

  /** The source line whose code contains `address` (Thumb bit removed). */
  lineOf(address: number): SourceLine | undefined {
    this.lines ??= new LineTable({ line: this.section('.debug_line'), lineStrings: this.section('.debug_line_str'), strings: this.section('.debug_str') }, this.code);
    return this.lines.lineOf(address);
  }

  functionAt(address: number): FirmwareSymbol | undefined {
    return this.code.functionAt(address);
  }

  get callFrames(): CallFrames {
    return (this.frames ??= new CallFrames(this.section('.debug_frame'), this.code));
  }

  get exceptionTables(): ExceptionTables {
    return (this.tables ??= new ExceptionTables(this.image, this.code));
  }

  /** See `unwindFrom`. */
  unwind(registers: CoreRegisters, readWord: ReadWord, mayGuess = true): Frame[] {
    return unwindFrom(this, registers, readWord, mayGuess);
  }

  /** Compressed sections count as absent: build without `-gz`. */
  private section(name: string): Uint8Array {
    const section = this.image.sections.find((s) => s.name === name && (s.flags & SHF.COMPRESSED) === 0);
    return section?.bytes() ?? new Uint8Array();
  }
}

const known = new WeakMap<FirmwareImage, DebugInfo>();

/** One `DebugInfo` per image, however often it is asked for. */
export function debugInfoOf(image: FirmwareImage): DebugInfo {
  let info = known.get(image);
  if (info === undefined) known.set(image, (info = new DebugInfo(image)));
  return info;
}

/** A symbolised backtrace: see `unwindFrom`. */
export function unwind(registers: CoreRegisters, readWord: ReadWord, image: FirmwareImage): Frame[] {
  return debugInfoOf(image).unwind(registers, readWord);
}

/** A frame in one line: `add+0x12 at src/main.c:7`, with a question mark where it is a guess. */
export function describeFrame(frame: Frame): string {
  const address = `0x${frame.pc.toString(16).padStart(8, '0')}`;
  const place = frame.function === undefined ? address : `${frame.function.name}+0x${(frame.pc - frame.function.address).toString(16)} (${address})`;
  const line = frame.line === undefined ? '' : ` at ${frame.line.file}:${frame.line.line}`;
  return `${place}${line}${frame.certainty === 'guess' ? ' ?' : ''}${frame.isInterrupted ? ' (interrupted here)' : ''}`;
}
