/** The Nordic chips' radios and flash as a machine has them. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseBoard } from '../../emulator/boards/index.js';
import { EmulatedMachine } from '../../emulator/machine.js';
import type { AirPacket } from '../../emulator/wires/ether.js';

const BOARDS = new URL('../../boards/', import.meta.url);
const chips = (name: string) => ({ text: readFileSync(new URL(`chips/${name}.yaml`, BOARDS), 'utf8'), fileName: `${name}.yaml` });

function machineOf(chip: string): EmulatedMachine {
  return new EmulatedMachine(parseBoard(`name: Bare ${chip}\nsource: none, for tests\nchip: ${chip}\n`, 'bare.yaml', chips), { seed: 1 });
}

const RADIO = 0x4000_1000;
const PACKET = [5, 1, 2, 3, 4, 5];

/** Registers of micro:bit v1's radio: 1 Mbit/s, LENGTH of 8 bits, CRC of 2 bytes. */
const SETTINGS: readonly (readonly [number, number])[] = [
  [0x510, 0], [0x508, 7], [0x514, 8], [0x518, 32 | (4 << 16)], [0x51c, 0x7562_6974], [0x524, 1], [0x530, 1], [0x534, 2], [0x538, 0x1_1021], [0x53c, 0xffff], [0x504, 0x2000_0000], [0x200, 1],
];

/** TASKS_TXEN at offset 0, TASKS_RXEN at 4. */
function enable(machine: EmulatedMachine, task: 0 | 4): void {
  const radio = machine.devices.get('radio')!;
  for (const [offset, value] of SETTINGS) radio.write(offset, value, 4);
  radio.write(task, 1, 4);
}

/** Fires what is due, without a core. */
function pass(machine: EmulatedMachine, tick: number): void {
  machine.events.runDue(tick);
}

describe.each(['nrf51822', 'nrf52833', 'nrf52840'])('%s', (chip) => {
  it('has a radio, whose packets reach another board', () => {
    const here = machineOf(chip);
    const there = machineOf(chip);
    const sent: AirPacket[] = [];
    here.radio!.onTransmission((packet) => { sent.push(packet); });
    PACKET.forEach((byte, n) => here.bus.poke(0x2000_0000 + n, byte, 1));
    enable(here, 0);
    enable(there, 4);
    pass(here, here.rootHz / 1000);
    const [packet] = sent;
    there.radio!.inject(packet);
    pass(there, here.rootHz / 1000);
    expect(PACKET.map((_, n) => there.bus.peek(0x2000_0000 + n, 1))).toEqual(PACKET);
    expect(there.bus.peek(RADIO + 0x400, 4)).toBe(1);
  });
});

it('the nRF52840 DK shows its serial flash, erased, at 0x12000000', () => {
  const board = parseBoard(readFileSync(new URL('nrf52840dk.yaml', BOARDS), 'utf8'), 'nrf52840dk', chips);
  expect(new EmulatedMachine(board, { seed: 1 }).bus.peek(0x1200_0000, 4)).toBe(0xffff_ffff);
});
