/** An emulated Uno with a sample's firmware, spoken to line by line, and what is told of a sample in the end. */
import { readFileSync } from 'node:fs';
import { parsePart, withPart, type Board } from '../../../emulator/boards/index.js';
import { loadFirmware } from '../../../emulator/loader/index.js';
import { EmulatedMachine } from '../../../emulator/machine.js';
import { avrBoard } from '../../support/avr-machine.js';

/** SRAM in the debugger's address space: 2 KB from 0x100 of the data space (ATmega328P data sheet DS40002061B, 7.3). */
const SRAM = { at: 0x80_0100, bytes: 2048 };
const PAINT = 0xa5;
/** What one answer may take, virtual seconds. */
const PATIENCE = 20;

export class Uno {
  readonly machine: EmulatedMachine;
  private text = '';

  constructor(readonly file: string, parts: readonly string[] = []) {
    const board = parts.reduce((wired: Board, part) => withPart(wired, parsePart(part, part), part), avrBoard('arduino-uno'));
    this.machine = new EmulatedMachine(board, { seed: 1 });
    this.machine.load(loadFirmware(readFileSync(file)));
    for (let offset = 0; offset < SRAM.bytes; offset++) this.machine.bus.poke(SRAM.at + offset, PAINT, 1);
    this.machine.serials[0].onByte((byte) => { this.text += String.fromCharCode(byte); });
  }

  send(text: string): void {
    this.machine.serials[0].write(new TextEncoder().encode(text));
  }

  /** Lets that much virtual time pass, and gives the lines said in it. */
  lines(seconds: number): string[] {
    this.machine.run(this.machine.now() + Math.round(seconds * this.machine.rootHz));
    const end = this.text.lastIndexOf('\n') + 1;
    const lines = this.text.slice(0, end).split('\n').slice(0, -1).map((line) => line.trimEnd());
    this.text = this.text.slice(end);
    return lines;
  }

  /** Runs until the firmware says such a line. @throws Error when it has not for 20 virtual seconds */
  untilLine(wanted: RegExp): RegExpExecArray {
    const said: string[] = [];
    for (let waited = 0; waited < PATIENCE; waited += 0.005) {
      for (const line of this.lines(0.005)) {
        const match = wanted.exec(line);
        if (match !== null) return match;
        said.push(line);
      }
    }
    throw new Error(`${this.file} did not say ${String(wanted)}; it said: ${said.join(' | ')}`);
  }

  /** Bytes of SRAM in use at the worst moment so far: data and, from the top, the stack down to the lowest byte that changed. */
  ramPeak(): { readonly data: number; readonly stack: number } {
    const changed = (offset: number) => this.machine.bus.peek(SRAM.at + offset, 1) !== PAINT;
    let gap = { at: 0, length: 0 };
    for (let offset = 0, run = 0; offset < SRAM.bytes; offset++) {
      run = changed(offset) ? 0 : run + 1;
      if (run > gap.length) gap = { at: offset - run + 1, length: run };
    }
    return { data: gap.at, stack: SRAM.bytes - gap.at - gap.length };
  }

  flashBytes(): number {
    return this.machine.memoryUse().find(({ name }) => name === 'flash')?.loadedBytes ?? 0;
  }
}

export interface Answer { readonly truth: number; readonly guess: number; readonly cycles: number }

/** Accuracy, cost and confusion of one program, in a few lines. */
export function report(name: string, answers: readonly Answer[], uno: Uno, classes?: readonly string[]): void {
  const right = answers.filter(({ truth, guess }) => truth === guess).length;
  const mean = answers.reduce((sum, { cycles }) => sum + cycles, 0) / answers.length;
  const { data, stack } = uno.ramPeak();
  console.log(`${name}: ${right} of ${answers.length} right, ${(100 * right / answers.length).toFixed(2)} %; ${Math.round(mean)} cycles, ${(mean / 16_000).toFixed(1)} ms; ` +
    `RAM ${data} bytes + ${stack} of stack = ${data + stack} of 2048; flash ${uno.flashBytes()} of 32768`);
  const count = Math.max(...answers.map(({ truth, guess }) => Math.max(truth, guess))) + 1;
  for (let truth = 0; truth < count; truth++) {
    const row = Array.from({ length: count }, (_, guess) => answers.filter((answer) => answer.truth === truth && answer.guess === guess).length);
    console.log(`  ${(classes?.[truth] ?? String(truth)).padEnd(9)} ${row.map((n) => String(n).padStart(4)).join(' ')}`);
  }
}
