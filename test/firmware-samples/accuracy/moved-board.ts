/** An emulated Nano 33 BLE Sense that is moved as a recording says, and what its firmware says of it. */
import { readFileSync } from 'node:fs';
import { createMachine, loadFirmware, parseBoard, played, readCsv, type Machine } from '../../../emulator/index.js';

const BOARDS = new URL('../../../boards/', import.meta.url);
const text = (name: string): string => readFileSync(new URL(name, BOARDS), 'utf8');
const board = parseBoard(text('nano33ble.yaml'), 'nano33ble.yaml', (chip) => ({ text: text(`chips/${chip}.yaml`), fileName: `${chip}.yaml` }));
/** Serial1: the board's second console. */
const SERIAL1 = 1;
const AXES = ['acceleration.x', 'acceleration.y', 'acceleration.z'] as const;

export class MovedBoard {
  readonly machine: Machine = createMachine(board, { seed: 1 });
  private heard = '';

  constructor(firmware: string) {
    this.machine.load(loadFirmware(readFileSync(firmware)));
    this.machine.serials[SERIAL1].onByte((byte) => { this.heard += String.fromCharCode(byte); });
  }

  /** Plays a recording (the text of a CSV) from `startSeconds` after reset on; before and after it the board rests. */
  play(csv: string, startSeconds: number): void {
    const recording = readCsv(csv, 'recording.csv');
    for (const axis of AXES) this.machine.inputs.set(axis, played(recording, axis, { startSeconds, isLooped: false }, this.machine.rootHz));
  }

  /** Runs until so long after reset, and gives every line said since it. */
  linesAt(seconds: number): string[] {
    this.machine.run(Math.round(seconds * this.machine.rootHz));
    return this.heard.split('\n').slice(0, -1);
  }
}

/** Samples in mg as a CSV, 25 of them a second. */
export function csvOf(samples: readonly (readonly number[])[], hz = 25): string {
  return ['time,ax_g,ay_g,az_g', ...samples.map((mg, n) => [n / hz, ...mg.map((axis) => axis / 1000)].join())].join('\n');
}
