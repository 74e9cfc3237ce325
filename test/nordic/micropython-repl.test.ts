/**
 * MicroPython's prompt on the micro:bit V1: what it says is what QEMU's micro:bit says, byte by byte, in a session that needs
 * neither sensors nor exact times.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FIRMWARE, MicroPython } from './micropython.js';
import { QemuMicrobit } from './qemu-microbit.js';

const UP = '\x1b[A';
const CTRL_C = '\x03';
const CTRL_D = '\x04';
const CTRL_E = '\x05';

/** Keys, and what the board says when it has done what they ask. Nothing here asks how late it is, nor any sensor. */
const SESSION: readonly (readonly [keys: string, end: string])[] = [
  ['6 * 7\r', '\n>>> '],
  ['2 ** 200 - 1\r', '\n>>> '],
  ['-(10 ** 30) // 7, (10 ** 30) % -7\r', '\n>>> '],
  ['1 / 3, 1e10 * 1e-3, 2.5e38 * 10, -0.0\r', '\n>>> '],
  ['import math; [math.sqrt(2), math.sin(1), math.exp(1), math.log(10), math.pi]\r', '\n>>> '],
  ['[round(x ** 0.5, 3) for x in range(12) if x & 1]\r', '\n>>> '],
  ['1 / 0\r', '\n>>> '],
  ['undefined_name\r', '\n>>> '],
  ['x = = 1\r', '\n>>> '],
  ['def fib(n):\ra, b = 0, 1\rfor _ in range(n):\ra, b = b, a + b\r\b\breturn a\r\r', '\n>>> '],
  ['[fib(n) for n in (1, 10, 100, 300)]\r', '\n>>> '],
  [`${CTRL_E}def gen():\r    for i in range(3):\r        yield i * i\rprint(list(gen()))\r${CTRL_D}`, '\n>>> '],
  ["try:\rint('x')\r\bexcept ValueError as e:\rprint('no:', e)\r\r\r\r", '\n>>> '],
  ["'{:>8.3f}|{:#x}|{!r}'.format(3.14159, 255, 'q\\n')\r", '\n>>> '],
  ['sorted({3: 1, 1: 2, 2: 3}.items(), key=lambda t: -t[1])\r', '\n>>> '],
  ["b'\\x00abc'[1:], bytearray(3)\r", '\n>>> '],
  ['import gc; gc.collect(); gc.mem_free()\r', '\n>>> '],
  ['bytearray(20000)\r', '\n>>> '],
  ['help()\r', '\n>>> '],
  ["help('modules')\r", '\n>>> '],
  ['import microbit; dir(microbit)\r', '\n>>> '],
  ['microbit.Image.HEART\r', '\n>>> '],
  ['import random; random.seed(5); [random.randrange(1000) for _ in range(5)]\r', '\n>>> '],
  ['import this\r', '\n>>> '],
  [`${UP}\r`, '\n>>> '],
  ["abandoned = 'line", 'line'],
  [CTRL_C, '\n>>> '],
  [`exec("print('begun')\\nwhile True: pass")\r`, '\nbegun\r\n'],
  [CTRL_C, '\n>>> '],
];

describe('the same session on QEMU and here', () => {
  let qemu: QemuMicrobit;
  const ours = new MicroPython();
  const transcript: { ours: string; qemu: string }[] = [];

  beforeAll(async () => {
    qemu = new QemuMicrobit(FIRMWARE);
    ours.boot();
    await qemu.await('>>> ', 0);
    // mbed writes a zero to TXD before it gives the UART its pins, so that nothing reaches the wire. QEMU's has no pins.
    transcript.push({ ours: ours.output, qemu: qemu.output.replace(/^\0/, '') });
    for (const [keys, end] of SESSION) {
      const [from, fromQemu] = [ours.output.length, qemu.output.length];
      ours.type(keys);
      ours.await(end, from);
      await qemu.type(keys);
      await qemu.await(end, fromQemu);
      transcript.push({ ours: ours.output.slice(from), qemu: qemu.output.slice(fromQemu) });
    }
  });
  afterAll(() => qemu.end());

  it('says the same, byte by byte', () => {
    expect(transcript.map((entry) => entry.ours)).toEqual(transcript.map((entry) => entry.qemu));
  });

  it('touches nothing that is not modelled', () => {
    expect(ours.warnings).toEqual([]);
  });
});
