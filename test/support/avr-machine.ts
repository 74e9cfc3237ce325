/** An AVR board with a firmware of a few words, whose registers tests read and write by their names between two runs. */
import { readFileSync } from 'node:fs';
import { parseBoard, type Board } from '../../emulator/boards/index.js';
import type { Segment } from '../../emulator/loader/index.js';
import { EmulatedMachine } from '../../emulator/machine.js';

const BOARDS = new URL('../../boards/', import.meta.url);
const read = (name: string): string => readFileSync(new URL(name, BOARDS), 'utf8');

export function avrBoard(name: string): Board {
  return parseBoard(read(`${name}.yaml`), `${name}.yaml`, (chip) => ({ text: read(`chips/${chip}.yaml`), fileName: `${chip}.yaml` }));
}

const DATA = 0x80_0000;
/** RJMP to itself. */
export const LOOP = 0xcfff;

export interface AvrMachineOptions {
  readonly board?: string;
  /** Words of program memory by byte address; what is not there is erased. */
  readonly program?: Readonly<Record<number, readonly number[]>>;
  readonly fuses?: Board['fuses'];
}

export class AvrMachine {
  readonly machine: EmulatedMachine;
  readonly warnings: string[] = [];
  private readonly addresses = new Map<string, number>();

  constructor({ board: name = 'arduino-uno', program = { 0: [LOOP] }, fuses }: AvrMachineOptions = {}) {
    const board = avrBoard(name);
    this.machine = new EmulatedMachine({ ...board, fuses: { ...board.fuses, ...fuses } }, { seed: 0 });
    this.machine.warnings.onWarning((text) => this.warnings.push(text));
    for (const { options } of board.chip.peripherals) {
      for (const [register, address] of Object.entries(options['registers'] as Record<string, number>)) this.addresses.set(register, address);
    }
    this.load(program);
  }

  load(program: Readonly<Record<number, readonly number[]>>): void {
    const segments = Object.entries(program).map(([address, words]): Segment => ({
      address: Number(address), bytes: Uint8Array.from(words.flatMap((word) => [word & 0xff, word >> 8])), space: 'flash',
    }));
    this.machine.load({ format: 'bin', architecture: 'avr', segments, entry: undefined, symbols: [], codeRanges: [], sections: [], warnings: [] });
  }

  get cycles(): number { return this.machine.cycles; }
  get seconds(): number { return this.machine.now() / this.machine.rootHz; }
  read(register: string): number { return this.machine.bus.read(this.addressOf(register), 1); }
  write(register: string, value: number): void { this.machine.bus.write(this.addressOf(register), value, 1); }
  memory(address: number): number { return this.machine.bus.peek(address, 1)!; }

  /** Lets that much time pass. */
  run(seconds: number): void {
    this.machine.run(this.machine.now() + Math.round(seconds * this.machine.rootHz));
  }

  private addressOf(register: string): number {
    const address = this.addresses.get(register);
    if (address === undefined) throw new Error(`no register ${register} on ${this.machine.board.chip}`);
    return DATA + address;
  }
}
