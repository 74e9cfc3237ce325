/** A sample of the Nano 33 BLE with the shield's camera: one picture after the other before it, a line of text for each. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { createMachine, loadFirmware, parseBoard, type Machine } from '../../../emulator/index.js';
import { committed } from '../../support/samples.js';

const BOARDS = fileURLToPath(new URL('../../../boards/', import.meta.url));
/** A picture takes the board half a second with DSP kernels, three without. */
const PATIENCE_SECONDS = 6;

export class CameraSample {
  readonly machine: Machine;
  lastLine = '';
  #text = '';

  constructor(sample: string, elf: string, board = 'nano33ble-shield') {
    const read = (name: string) => ({ text: readFileSync(`${BOARDS}${name}.yaml`, 'utf8'), fileName: `${name}.yaml` });
    this.machine = createMachine(parseBoard(read(board).text, `${board}.yaml`, (chip) => read(`chips/${chip}`)), { seed: 1 });
    this.machine.load(loadFirmware(readFileSync(committed(sample, elf))));
    const decoder = new TextDecoder();
    this.machine.serials[0].onByte((byte) => { this.#text += decoder.decode(Uint8Array.of(byte)); });
  }

  /** What the board says of a picture that fills its view. @param ppm a binary PPM file */
  see(ppm: Uint8Array): string {
    const picture = readPpm(ppm);
    this.machine.inputs.setPicture(() => picture);
    const { rootHz } = this.machine;
    const end = this.machine.now() + PATIENCE_SECONDS * rootHz;
    this.#text = '';
    while (!this.#text.includes('\n')) {
      if (this.machine.now() >= end) throw new Error('the board says nothing');
      this.machine.run(this.machine.now() + rootHz / 1000);
    }
    return this.lastLine = this.#text.split('\n')[0]!;
  }
}

/** P6 of 255, without comments: as PIL writes them. */
function readPpm(file: Uint8Array): { width: number; height: number; pixels: Uint8Array; fit: 'stretch' } {
  const head = /^P6\s+(\d+)\s+(\d+)\s+255\s/.exec(new TextDecoder('latin1').decode(file.subarray(0, 64)));
  if (head === null) throw new Error('not a PPM file of 8 bits a channel');
  return { width: Number(head[1]), height: Number(head[2]), pixels: file.subarray(head[0].length), fit: 'stretch' };
}
