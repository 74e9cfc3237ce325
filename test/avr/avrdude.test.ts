/** optiboot on an emulated Uno, programmed over TCP by the real avrdude; then the sketch that was flashed runs. */
import { execFile, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { beforeAll, expect, it } from 'vitest';
import { buildAvrPrograms, built } from './build.js';

const THUMBELINA = fileURLToPath(new URL('../../bin/thumbelina.js', import.meta.url));
const LIMIT_MS = 120_000;

beforeAll(buildAvrPrograms, 300_000);

it('flashes and verifies a sketch, which runs after the reset', async () => {
  // Real speed: optiboot waits a second of virtual time for its client.
  const board = spawn(process.execPath, [THUMBELINA, 'run', built('optiboot.hex'), '--board', 'arduino-uno', '--stdin', 'none', '--serial', 'tcp:0', '--speed', '1', '--until', 'done\\r\\n', '--timeout', '60s']);
  let told = '';
  const port = new Promise<string>((resolve, reject) => {
    board.stderr.on('data', (chunk: Buffer) => {
      told += chunk.toString();
      const found = /waiting for a connection to 127\.0\.0\.1:(\d+)\n/.exec(told);
      if (found) resolve(found[1]);
    });
    board.on('exit', () => reject(new Error(told)));
  });
  const ended = new Promise<number | null>((resolve) => board.on('exit', resolve));
  const sketch = built('uno/serial-println.hex');
  const { stderr } = await promisify(execFile)('avrdude', ['-p', 'm328p', '-c', 'arduino', '-P', `net:127.0.0.1:${await port}`, '-b', '115200', '-U', `flash:w:${sketch}:i`]);
  expect(stderr).toMatch(/\d+ bytes of flash verified/);
  expect([await ended, told]).toEqual([0, expect.stringContaining('came on usart0') as string]);
}, LIMIT_MS);
