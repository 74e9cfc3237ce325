import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { createMachine, loadFirmware, parseBoard, Word } from '../emulator/index.js';

const folder = new URL('../boards/', import.meta.url);
const text = (file: string): string => readFileSync(new URL(file, folder), 'utf8');
const an385 = () => parseBoard(text('mps2-an385.yaml'), 'mps2-an385.yaml', (chip) => ({ text: text(`chips/${chip}.yaml`), fileName: `chips/${chip}.yaml` }));

/** Vector table, then `movs r0, #5; wfi; b .`; SP at the end of the second memory. */
const SLEEPER = Uint8Array.of(0x00, 0x00, 0x40, 0x20, 0x09, 0, 0, 0, 0x05, 0x20, 0x30, 0xbf, 0xfe, 0xe7);

describe('the library', () => {
  it('runs a raw binary on a board until nothing can wake it', () => {
    const machine = createMachine(an385());
    machine.load(loadFirmware(SLEEPER, { name: 'sleeper.bin', address: 0 }));
    expect(machine.run(25_000_000)).toEqual({ kind: 'idle' });
    expect(machine.core.words[Word.R0]).toBe(5);
    expect(machine.core.words[Word.SP]).toBe(0x2040_0000);
  });

  it('goes on from a snapshot in another machine as if nothing had happened', () => {
    const first = createMachine(an385());
    first.load(loadFirmware(SLEEPER, { name: 'sleeper.bin', address: 0 }));
    first.run(1);
    const second = createMachine(an385());
    second.load(loadFirmware(SLEEPER, { name: 'sleeper.bin', address: 0 }));
    second.restore(first.snapshot());
    for (const machine of [first, second]) machine.run(25_000_000);
    expect(second.snapshot()).toEqual(first.snapshot());
  });
});
