/** `thumbelina run --serial`: live peers of a console on pins, over the echo firmware. */
import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, constants, mkdtempSync, openSync, readFileSync, readSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { buildArmProgram } from '../support/arm-toolchain.js';

const HERE = fileURLToPath(new URL('.', import.meta.url));
const COMMAND = fileURLToPath(new URL('../../bin/thumbelina.js', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'thumbelina-serial-'));
const path = (name: string): string => join(folder, name);

beforeAll(() => {
  const program = buildArmProgram(readFileSync(`${HERE}uart-echo.c`, 'utf8'), { flags: ['-O1', '-I', HERE], link: ['-nostdlib', '-T', `${HERE}nrf52840.ld`, '-lgcc'] });
  writeFileSync(path('echo.elf'), program.bytes);
  program.dispose();
  writeFileSync(path('wires.yaml'), 'name: Wires\nsource: none, a board for tests\nchip: nrf52840\nconsole: { tx: P1.03, rx: P1.10 }\n');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** @returns the process and the first line that matches */
function start(args: readonly string[], wanted: RegExp): Promise<{ child: ChildProcess; found: RegExpExecArray }> {
  const child = spawn(process.execPath, [COMMAND, 'run', path('echo.elf'), '--board', path('wires.yaml'), '--stdin', 'none', ...args]);
  return new Promise((resolve, reject) => {
    let text = '';
    child.stderr.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      const found = wanted.exec(text);
      if (found) resolve({ child, found });
    });
    child.on('exit', () => reject(new Error(text)));
  });
}

const ended = (child: ChildProcess): Promise<number | null> => new Promise((resolve) => child.on('exit', resolve));

it('talks to whoever connects by TCP, and ends when the text has come', async () => {
  const { child, found } = await start(['--serial', 'tcp:0', '--until', 'nice'], /console: waiting for a connection to 127\.0\.0\.1:(\d+)\n/);
  const over = ended(child);
  const socket = connect(Number(found[1]), '127.0.0.1');
  let echoed = '';
  socket.on('data', (chunk: Buffer) => { echoed += chunk.toString(); });
  const closed = new Promise((resolve) => socket.on('close', resolve));
  socket.write('how nice');
  expect([await over, await closed, echoed]).toEqual([0, false, 'how nice']);
});

it('paces virtual time at --speed', async () => {
  const began = performance.now();
  const child = spawn(process.execPath, [COMMAND, 'run', path('echo.elf'), '--board', path('wires.yaml'), '--stdin', 'none', '--speed', '0.5', '--timeout', '100ms']);
  const code = await ended(child);
  expect([code, performance.now() - began >= 190]).toEqual([42, true]);
});

it('gives a pseudo-terminal that can be opened like a serial port', async () => {
  const { child, found } = await start(['--serial', 'console=pty', '--until', 'stop'], /console: serial port at (\S+)\n/);
  const over = ended(child);
  const terminal = openSync(found[1], constants.O_RDWR | constants.O_NOCTTY | constants.O_NONBLOCK);
  writeSync(terminal, 'nice');
  let echoed = '';
  while (echoed.length < 4) {
    await new Promise((resolve) => { setTimeout(resolve, 5); });
    echoed += readWhatIsThere(terminal);
  }
  writeSync(terminal, 'stop');
  const code = await over;
  closeSync(terminal);
  expect([code, echoed]).toEqual([0, 'nice']);
});

function readWhatIsThere(file: number): string {
  const bytes = Buffer.alloc(16);
  try {
    return bytes.toString('latin1', 0, readSync(file, bytes));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return '';
    throw error;
  }
}

it.each([
  ['a port that is none', ['--serial', 'tcp:99999'], /tcp:PORT/],
  ['two peers at one port', ['--serial', 'tcp:0', '--serial', 'pty'], /two peers/],
  ['an unknown port', ['--serial', 'uart9=pty'], /unknown serial port 'uart9': this board has console/],
])('refuses %s in one line', async (_, args, message) => {
  await expect(start(args, /never said/)).rejects.toThrow(message);
});

it('says what to install where there is no socat', async () => {
  const child = spawn(process.execPath, [COMMAND, 'run', path('echo.elf'), '--board', path('wires.yaml'), '--stdin', 'none', '--serial', 'pty'], { env: { PATH: '' } });
  let text = '';
  child.stderr.on('data', (chunk: Buffer) => { text += chunk.toString(); });
  expect([await ended(child), text]).toEqual([2, 'thumbelina: console: a pseudo-terminal needs socat: install it (apt install socat), or use tcp:PORT\n']);
});
