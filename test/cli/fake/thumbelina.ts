/** The command over fake machines: `tsx thumbelina.ts ARGUMENTS`. */
import { runProgram } from '../../../emulator/cli/program.js';
import type { LoadedBoard, Toolkit } from '../../../emulator/cli/toolkit.js';
import { FakeMachine } from './machine.js';

class FirmwareError extends Error {}

const toolkit: Toolkit = {
  version: '0.0.0-fake',
  runners: '',
  createMachine: (_, options) => new FakeMachine(options),
  listBoards: () => [
    { id: 'mps2-an386', name: 'Arm MPS2 with AN386', chip: 'an386' },
    { id: 'nano33ble', name: 'Arduino Nano 33 BLE Sense', chip: 'nrf52840' },
  ],
  listParts: () => [],
  loadBoard: (id) => {
    if (id.endsWith('.yaml')) throw new Error(`${id}:3: unknown key 'chipp': did you mean chip?`);
    const board: LoadedBoard = { id, description: undefined as never, withParts: () => board, build: (options) => new FakeMachine(options) };
    return board;
  },
  readFirmware: (bytes, { name, address }) => {
    if (name.endsWith('.bin') && address === undefined) throw new FirmwareError('raw binary without an address: add --address');
    if (bytes[0] === 0x7f) throw new FirmwareError('ELF header ends early at offset 0x4: the file is cut off');
    return {
      format: 'bin', architecture: 'arm', segments: [{ address: 0x100, bytes, space: 'memory' }], sections: [], entry: undefined,
      symbols: [{ name: 'main', address: 0x100, size: 8, kind: 'function', isThumb: true, isGlobal: true }], codeRanges: [], warnings: [],
    };
  },
  cores: ['cortex-m0plus', 'cortex-m4'],
  disassembler: () => (address, read) => ({ text: 'NOP', bytes: Uint8Array.of(read(address)!, read(address + 1) ?? 0) }),
};

process.exit(await runProgram(process.argv.slice(2), toolkit));
