/** An AVR with memories and one device around it, for tests that look at registers, interrupts and cycles. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AVR_CONFIGS } from '../../emulator/cores/avr/config.js';
import { Avr, type AvrSurroundings } from '../../emulator/cores/avr/core.js';
import { readSREG, Word } from '../../emulator/cores/avr/state.js';

const FLASH_OFFSET = 0x1000;
const RAM_OFFSET = 0x5_0000;
const WASM_PAGE = 0x1_0000;
const ENOUGH_CYCLES = 100_000;

/** Machine code from address 0, by GNU as for the largest core. */
export function assembleAvr(source: string): Uint8Array {
  const folder = mkdtempSync(join(tmpdir(), 'thumbelina-avr-as-'));
  try {
    writeFileSync(join(folder, 'code.s'), `${source}\n`);
    const run = (program: string, ...args: string[]): void => void execFileSync(program, args, { cwd: folder, stdio: 'pipe' });
    run('avr-as', '-mmcu=avr6', '-o', 'code.o', 'code.s');
    run('avr-ld', '-m', 'avr6', '-Ttext=0', '--entry=0', '-o', 'code.elf', 'code.o');
    run('avr-objcopy', '-O', 'binary', 'code.elf', 'code.bin');
    return new Uint8Array(readFileSync(join(folder, 'code.bin')));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

export interface DeviceAccess { readonly kind: 'read' | 'write'; readonly cycle: number; readonly address: number; readonly value: number }

export interface LoneAvrOptions {
  readonly chip?: 'atmega328p' | 'atmega2560';
  /** Assembly; BREAK ends a run, and one is appended. */
  readonly code: string;
  /** Registers at the start. */
  readonly r?: Readonly<Record<number, number>>;
  readonly surroundings?: AvrSurroundings;
  /** The device is at these addresses; everywhere below SRAM without. */
  readonly declares?: (address: number) => boolean;
  /** Called when the device is written. */
  readonly onWrite?: (avr: LoneAvr, address: number, value: number) => void;
}

export class LoneAvr {
  readonly core: Avr;
  readonly words: Int32Array;
  readonly flash: Uint8Array;
  readonly ram: Uint8Array;
  readonly accesses: DeviceAccess[] = [];
  readonly warnings: string[] = [];
  /** What the device answers, by address. */
  readonly answers: Record<number, number> = {};
  hasEnded = false;

  constructor({ chip = 'atmega328p', code, r = {}, surroundings = {}, declares, onWrite }: LoneAvrOptions) {
    const pages = Math.ceil((RAM_OFFSET + 0x1_0000) / WASM_PAGE);
    const { buffer } = new WebAssembly.Memory({ initial: pages, maximum: pages });
    const config = AVR_CONFIGS[chip];
    this.core = new Avr({
      config, buffer, flashOffset: FLASH_OFFSET, ramOffset: RAM_OFFSET + config.ramStart, warnings: { warn: (_, text) => this.warnings.push(text) },
      surroundings: { onBreak: () => this.end(), ...surroundings },
    });
    this.words = this.core.words;
    this.flash = new Uint8Array(buffer, FLASH_OFFSET, config.flashBytes);
    this.ram = new Uint8Array(buffer, RAM_OFFSET, 0x1_0000);
    const note = (kind: 'read' | 'write', address: number, value: number): void => void this.accesses.push({ kind, cycle: this.words[Word.CYCLES], address, value });
    const answer = (address: number): number => this.answers[address] ?? 0;
    this.core.dataSpace.add('device', {
      read: (address) => { note('read', address, answer(address)); return answer(address); },
      write: (address, value) => { note('write', address, value); onWrite?.(this, address, value); },
      peek: answer, poke: (address, value) => { this.answers[address] = value; },
      ...(declares ? { declares } : {}),
    });
    this.flash.set(assembleAvr(`${code}\nbreak`));
    this.core.reset();
    for (const [n, value] of Object.entries(r)) this.words[Word.R0 + Number(n)] = value;
  }

  private end(): void {
    this.hasEnded = true;
    this.core.interrupt();
  }

  /** Runs to BREAK, or so many cycles. @returns cycles, with BREAK's own not counted */
  run(cycles = ENOUGH_CYCLES): number {
    this.core.run(cycles);
    return this.words[Word.CYCLES] - (this.hasEnded ? 1 : 0);
  }

  r(n: number): number { return this.words[Word.R0 + n]; }
  get pcWords(): number { return this.words[Word.PC]; }
  get sp(): number { return this.words[Word.SP]; }
  get sreg(): number { return readSREG(this.words); }
}
