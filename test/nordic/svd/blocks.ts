/** A chip's instances as they can be compared: registers as its blocks declare them, and what these hold after reset. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseBoard } from '../../../emulator/boards/index.js';
import type { Peripheral } from '../../../emulator/bus/types.js';
import { EmulatedMachine } from '../../../emulator/machine.js';
import { UICR, UICR_BASE } from '../../../emulator/peripherals/nrf/uicr.js';
import { describeRegisters, type MapSpec, type RegisterMap, type RegisterRow } from '../../../emulator/peripherals/registers/index.js';
import { Semihosting } from '../../../emulator/semihosting/semihosting.js';
import type { Block } from './compare.js';

const CHIPS = fileURLToPath(new URL('../../../boards/chips/', import.meta.url));

/** @param chip a file of boards/chips, without its ending */
export function blocksOf(chip: string): readonly Block[] {
  const chipFile = (name: string) => ({ text: readFileSync(`${CHIPS}${name}.yaml`, 'utf8'), fileName: `${name}.yaml` });
  const description = parseBoard(`name: ${chip} alone\nsource: the chip\nchip: ${chip}\n`, 'chip alone', chipFile);
  const nowhere = { interactive: false, write: (): void => undefined };
  const semihosting = new Semihosting({ stdin: { interactive: false, read: () => new Uint8Array(0) }, stdout: nowhere, stderr: nowhere, files: undefined, commandLine: '', epoch: 0, warn: () => undefined });
  const machine = new EmulatedMachine(description, { seed: 1, semihosting });
  const blocks = description.chip.peripherals.map(({ name, at, irqs }): Block => {
    const device = machine.devices.get(name)!;
    return { name, base: at, irqs: Object.values(irqs).filter((irq) => typeof irq === 'number'), rows: rowsOf(device), resetOf: (offset) => resetOf(device, offset) };
  });
  return [...blocks, { name: 'uicr', base: UICR_BASE, irqs: [], rows: describeRegisters(UICR), resetOf: (offset) => machine.bus.peek(UICR_BASE + offset, 4) }];
}

function rowsOf(device: Peripheral): readonly RegisterRow[] {
  const registers = 'registers' in device ? device.registers as { map: RegisterMap<MapSpec> } : undefined;
  return registers === undefined ? [] : describeRegisters(registers.map);
}

function resetOf(device: Peripheral, offset: number): number {
  return (device as Peripheral & { peek(offset: number, bytes: 4): number }).peek(offset, 4);
}
