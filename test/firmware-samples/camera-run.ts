/** Runs a sample with a camera by the command, one of its own pictures before it. */
import { fileURLToPath } from 'node:url';
import { collect } from '../oracles/qemu.js';
import { committed } from '../support/samples.js';

const THUMBELINA = fileURLToPath(new URL('../../bin/thumbelina.js', import.meta.url));

/** Until the first line has ended. */
export function runBefore(sample: string, elf: string, picture: string, ...options: string[]): ReturnType<typeof collect> {
  return collect(process.execPath, [
    THUMBELINA, 'run', committed(sample, elf), '--board', 'nano33ble-shield', '--camera', committed(sample, picture), '--timeout', '3s', '--until', '\n', ...options,
  ], '', 120_000);
}

/** The first line that the board says of the picture. */
export async function lineAbout(sample: string, elf: string, picture: string): Promise<string> {
  return (await runBefore(sample, elf, picture)).stdout;
}
