/** What a board's bootloader leaves to the image it starts, when the image was loaded without it. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseBoard } from '../../emulator/boards/index.js';
import type { FirmwareImage } from '../../emulator/machine-api.js';
import { EmulatedMachine } from '../../emulator/machine.js';
import { assemble } from '../support/assembler.js';
import { imageOf } from '../support/machine.js';

const APPLICATION = 0x1_0000;
const STACK = 0x2004_0000;
const RESULT = 0x2000_0000;
const UARTE0 = 0x4000_2000;
const RXTO = 0x144;

const boards = (file: string): { fileName: string; text: string } => ({ fileName: file, text: readFileSync(new URL(`../../boards/${file}`, import.meta.url), 'utf8') });

function nano(): { machine: EmulatedMachine; warnings: string[] } {
  const { text, fileName } = boards('nano33ble.yaml');
  const machine = new EmulatedMachine(parseBoard(text, fileName, (chip) => boards(`chips/${chip}.yaml`)), { seed: 1 });
  const warnings: string[] = [];
  machine.warnings.onWarning((warning) => warnings.push(warning));
  return { machine, warnings };
}

const imageAt = (table: number, code: string): FirmwareImage => imageOf([
  { address: table, bytes: new Uint8Array(Uint32Array.of(STACK, table + 0x101).buffer) },
  { address: table + 0x100, bytes: assemble(code) },
]);

const STOP_AND_WAIT = `ldr r0, =${UARTE0}\nmov r1, #1\nstr r1, [r0, #4]\nwait:\nldr r1, [r0, #${RXTO}]\ncmp r1, #0\nbeq wait\nldr r2, =${RESULT}\nldr r3, [r2]\nadd r3, #1\nstr r3, [r2]\n`;

describe('a Nano 33 BLE sketch', () => {
  it('stops the receiver that the bootloader left running', () => {
    const { machine } = nano();
    machine.load(imageAt(APPLICATION, `${STOP_AND_WAIT}stop:\nb stop`));
    machine.run(machine.rootHz / 50);
    expect(machine.bus.peek(RESULT, 4)).toBe(1);
  });

  it('finds it running again after a reset of its own', () => {
    const { machine } = nano();
    machine.load(imageAt(APPLICATION, `${STOP_AND_WAIT}cmp r3, #2\nstop:\nbeq stop\nldr r0, =0xe000ed0c\nldr r1, =0x05fa0004\nstr r1, [r0]\ndsb\nb .`));
    machine.run(machine.rootHz / 20);
    expect([machine.bus.peek(RESULT, 4), machine.resets.length]).toEqual([2, 1]);
  });

  it('waits for ever when it starts the chip itself, as a bootloader does', () => {
    const { machine } = nano();
    machine.load(imageAt(0, `${STOP_AND_WAIT}stop:\nb stop`));
    machine.run(machine.rootHz / 50);
    expect(machine.bus.peek(RESULT, 4)).toBe(0);
  });

  it('may store a word across two addresses of the APB where the chip has nothing', () => {
    const { machine, warnings } = nano();
    machine.load(imageAt(APPLICATION, `ldr r0, =0x40036fff\nmov r1, #0\nstr r1, [r0]\nldr r2, =${RESULT}\nmov r1, #1\nstr r1, [r2]\nb .`));
    machine.run(machine.rootHz / 50);
    expect([machine.bus.peek(RESULT, 4), warnings]).toEqual([1, []]);
  });
});
