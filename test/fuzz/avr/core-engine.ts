/** The project's own core as engine under test, one instruction at a time. */
import type { BusDevice } from '../../../emulator/bus/types.js';
import type { AvrConfig } from '../../../emulator/cores/avr/config.js';
import { Avr } from '../../../emulator/cores/avr/core.js';
import type { AvrFeature } from '../../../emulator/cores/avr/features.js';
import { readSREG, Word, writeSREG } from '../../../emulator/cores/avr/state.js';
import { DATA_BYTES, EIND, EIND_MASK, PROGRAM_WORDS, RAMPZ, RAMPZ_MASK, takeChanges, type AvrCase, type AvrCore, type AvrEngine, type AvrImage, type AvrResult } from './case.js';
import { FEATURES } from './image.js';
import { Judgement } from './rules.js';

const FLASH_OFFSET = 0x1000;
const RAM_START = 0x100;
const WASM_PAGE = 0x1_0000;

/** No chip: all of the data space is memory. */
function configOf(core: AvrCore): AvrConfig {
  const isWide = core === 'avr-pc22';
  return {
    name: core, features: FEATURES[core] as readonly AvrFeature[], flashBytes: 2 * PROGRAM_WORDS[core], ramStart: RAM_START, ramEnd: DATA_BYTES, pcBytes: isWide ? 3 : 2,
    vectorWords: 2, vectors: 2, rampzMask: isWide ? RAMPZ_MASK : 0, eindMask: isWide ? EIND_MASK : 0, writeOneRegisters: [],
  };
}

export class AvrCoreEngine implements AvrEngine {
  readonly name: string = 'interpreter';
  protected readonly coreName: AvrCore;
  protected readonly core: Avr;
  protected readonly data: Uint8Array;
  private readonly program: Uint16Array;
  private isCompared = new Uint8Array();
  protected pristine = new Uint8Array();

  /** @param translation how its hot code is translated; not at all without */
  constructor(coreName: AvrCore, translation?: { readonly hot: number; readonly most: number }) {
    this.coreName = coreName;
    const config = configOf(coreName);
    const dataOffset = FLASH_OFFSET + config.flashBytes;
    const functions = dataOffset + DATA_BYTES;
    const pages = Math.ceil((functions + config.flashBytes) / WASM_PAGE);
    const wasmMemory = new WebAssembly.Memory({ initial: pages, maximum: pages });
    const { buffer } = wasmMemory;
    this.program = new Uint16Array(buffer, FLASH_OFFSET, PROGRAM_WORDS[coreName]);
    this.data = new Uint8Array(buffer, dataOffset, DATA_BYTES);
    this.core = new Avr({ config, buffer, flashOffset: FLASH_OFFSET, ramOffset: dataOffset + RAM_START, warnings: { warn: () => {} }, surroundings: {}, ...(translation && { translation: { wasmMemory, functions, ...translation } }) });
    this.core.dataSpace.add('memory', this.plainMemory());
  }

  /** I/O registers that only keep what is written. */
  private plainMemory(): BusDevice {
    const { data } = this;
    const read = (offset: number): number => data[offset];
    const write = (offset: number, value: number): void => void (data[offset] = value);
    return { read, write, peek: read, poke: write };
  }

  load({ program, data }: AvrImage, isCompared: Uint8Array): void {
    this.program.set(program);
    this.data.set(data);
    this.pristine = data.slice();
    this.isCompared = isCompared.slice();
    this.core.interpreter.invalidateAll();
  }

  run(cases: readonly AvrCase[]): AvrResult[] {
    return cases.map((test) => this.runOne(test));
  }

  protected runOne(test: AvrCase): AvrResult {
    this.begin(test);
    const steps = this.step(test.steps);
    return { state: this.state(), cycles: this.core.words[Word.CYCLES], steps, changes: takeChanges(this.data, this.pristine) };
  }

  protected begin({ state }: AvrCase): void {
    const { words } = this.core;
    words.set(state.r, Word.R0);
    words[Word.SP] = state.sp;
    writeSREG(words, state.sreg);
    this.setExtensions(state.rampz, state.eind);
    words[Word.PC] = state.pc;
    words[Word.CYCLES] = words[Word.LIMIT] = 0;
  }

  /** @returns how many of the instructions were executed */
  private step(steps: number): number {
    const { words, interpreter } = this.core;
    let done = 0;
    for (let judgement: number = Judgement.on; judgement === Judgement.on && done < steps;) {
      judgement = this.isCompared[words[Word.PC]];
      if (judgement === Judgement.before) break;
      done++;
      words[Word.LIMIT] = words[Word.CYCLES];
      interpreter.run();
    }
    return done;
  }

  /** With a 16-bit PC these are plain memory. */
  private setExtensions(rampz: number, eind: number): void {
    const { words } = this.core;
    if (this.coreName === 'avr-pc22') [words[Word.RAMPZ], words[Word.EIND]] = [rampz, eind];
    else [this.data[RAMPZ], this.data[EIND]] = [rampz, eind];
  }

  protected state(): AvrResult['state'] {
    const { words } = this.core;
    const [rampz, eind] = this.coreName === 'avr-pc22' ? [words[Word.RAMPZ], words[Word.EIND]] : [this.data[RAMPZ], this.data[EIND]];
    return { pc: words[Word.PC], sp: words[Word.SP], sreg: readSREG(words), rampz, eind, r: Uint8Array.from(words.subarray(Word.R0, Word.R0 + 32)) };
  }
}
