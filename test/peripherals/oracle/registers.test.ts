import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { parseBoard } from '../../../emulator/boards/index.js';
import type { Peripheral } from '../../../emulator/bus/types.js';
import { BLOCKS } from '../../../emulator/peripherals/index.js';
import { fakeChip } from '../../support/block-context.js';
import { operations, SEED } from './operations.js';

const BOARDS = new URL('../../../boards/', import.meta.url);
/** Long enough for any frame the list sends, so that it arrives before the next access as it does on QEMU. */
const TICKS_BETWEEN = 1000;

/** The chip's blocks on a bus of their own, without a core. */
function blocksOf(name: string) {
  let now = 0;
  const bench = fakeChip({ now: () => now }, { rootHz: 25_000_000 });
  const { chip } = parseBoard(readFileSync(new URL(`${name}.yaml`, BOARDS), 'utf8'), name, (chipName) => ({ text: readFileSync(new URL(`chips/${chipName}.yaml`, BOARDS), 'utf8'), fileName: chipName }));
  const devices = chip.peripherals.map(({ name: instance, block, at, bytes, options }) => {
    const device: Peripheral = BLOCKS[block].create({ ...bench.contextFor(instance, at), size: bytes }, options);
    device.reset();
    return { device, at, to: at + bytes };
  });
  return {
    at(address: number) {
      const found = devices.find(({ at, to }) => address >= at && address < to)!;
      return { device: found.device, offset: address - found.at };
    },
    pass() {
      bench.queue.runDue((now += TICKS_BETWEEN));
    },
  };
}

it.each(['mps2-an385', 'mps2-an386', 'mps2-an500'])(`registers of %s read as on QEMU 7.2, seed ${SEED}`, (name) => {
  const recorded = readFileSync(new URL(`${name}.txt`, import.meta.url), 'utf8').trimEnd().split('\n');
  const blocks = blocksOf(name);
  const differences: string[] = [];
  let reads = 0;
  for (const { address, value } of operations()) {
    const { device, offset } = blocks.at(address);
    if (value !== undefined) device.write(offset, value, 4);
    else {
      const word = device.read(offset, 4).toString(16).padStart(8, '0');
      const theirs = recorded[reads++];
      if (word !== theirs) differences.push(`read ${reads} of 0x${address.toString(16)}: ${word}, on QEMU ${theirs}`);
    }
    blocks.pass();
  }
  expect(reads).toBe(recorded.length);
  expect(differences).toEqual([]);
});
