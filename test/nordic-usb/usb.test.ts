/** A CDC-ACM firmware of our own (cdc-acm.c) on an nRF52840, and the virtual host at its cable. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseBoard } from '../../emulator/boards/index.js';
import { loadFirmware, type FirmwareImage } from '../../emulator/loader/index.js';
import { createMachine } from '../../emulator/index.js';
import type { EmulatedMachine } from '../../emulator/machine.js';
import type { Usbd } from '../../emulator/peripherals/nrf/usbd.js';

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const BOARD = 'name: bare nRF52840\nsource: none, a board for tests\nchip: nrf52840\nconsole: { uart: usbd }\n';
const folder = mkdtempSync(join(tmpdir(), 'thumbelina-usb-'));
let image: FirmwareImage;

beforeAll(() => {
  const elf = join(folder, 'cdc-acm.elf');
  execFileSync('arm-none-eabi-gcc', [
    '-std=gnu11', '-mcpu=cortex-m4', '-mthumb', '-O2', '-Wall', '-Wextra', '-Werror', '-ffreestanding', '-fno-tree-loop-distribute-patterns', '-nostdlib',
    '-T', here('nrf52840.ld'), '-Wl,--build-id=none', '-Wl,--no-warn-rwx-segments', here('cdc-acm.c'), '-o', elf,
  ], { stdio: ['ignore', 'ignore', 'pipe'] });
  image = loadFirmware(new Uint8Array(readFileSync(elf)));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

class Desk {
  readonly machine: EmulatedMachine;
  readonly heard: number[] = [];
  readonly warnings: string[] = [];

  constructor() {
    const board = parseBoard(BOARD, 'test.yaml', (name) => ({ text: readFileSync(here(`../../boards/chips/${name}.yaml`), 'utf8'), fileName: `${name}.yaml` }));
    this.machine = createMachine(board) as EmulatedMachine;
    this.machine.warnings.onWarning((text) => void this.warnings.push(text));
    this.machine.load(image);
    this.machine.serials[0].onByte((byte) => void this.heard.push(byte));
  }

  get usb(): Usbd['usb'] { return (this.machine.devices.get('usbd') as Usbd).usb; }
  get milliseconds(): number { return (1000 * this.machine.now()) / this.machine.rootHz; }

  /** Runs until the claim holds, looking every millisecond. */
  until(claim: () => boolean, limitMs = 2000): void {
    for (let waited = 0; !claim(); waited++) {
      if (waited >= limitMs) throw new Error(`still not so after ${limitMs} ms; the host is ${this.usb.state}; ${this.warnings.join('; ')}`);
      this.wait(1);
    }
  }

  wait(ms: number): void {
    const reason = this.machine.run(this.machine.now() + Math.round((ms * this.machine.rootHz) / 1000));
    if (reason.kind !== 'deadline' && reason.kind !== 'idle') throw new Error(`the machine stopped: ${JSON.stringify(reason)}; the host is ${this.usb.state}; ${this.warnings.join('; ')}`);
  }
  send(bytes: Uint8Array): void { this.machine.serials[0].write(bytes); }
  type(text: string): void { this.send(new TextEncoder().encode(text)); }
  get text(): string { return String.fromCharCode(...this.heard); }

  configured(): this {
    this.until(() => this.usb.isConfigured);
    return this;
  }
}

describe('a serial port over USB', () => {
  it('is enumerated, with its strings, as a serial port', () => {
    expect(new Desk().configured().usb.view).toEqual({
      vendor: 0x1209, product: 0x0001, manufacturerName: 'Thumbelina', productName: 'Echo ü', serialNumber: '0001', hasSerialPort: true,
    });
  });

  it('is reset 100 ms after its pull-up at the earliest, twice, and configured within a frame or two', () => {
    // USB 2.0, 7.1.7.3 and 7.1.7.5: 100 ms debounce, 2 x (50 ms root port reset + 10 ms recovery), 2 ms after SET_ADDRESS.
    const { milliseconds } = new Desk().configured();
    expect(milliseconds).toBeGreaterThan(222);
    expect(milliseconds).toBeLessThan(240);
  });

  it('warns of nothing', () => {
    expect(new Desk().configured().warnings).toEqual([]);
  });

  it('sends back what it is sent', () => {
    const desk = new Desk().configured();
    desk.type('Hello 1');
    desk.wait(5);
    expect(desk.text).toBe('hELLO 1');
  });

  it('gets what was typed before it was there', () => {
    const desk = new Desk();
    desk.type('early');
    desk.until(() => desk.heard.length === 5);
    expect(desk.text).toBe('EARLY');
  });

  it('takes a packet that is full, and the empty one after it', () => {
    const desk = new Desk().configured();
    desk.send(new Uint8Array(64).fill(0x31));
    desk.wait(3);
    desk.type('ab');
    desk.wait(3);
    expect(desk.text).toBe(`${'1'.repeat(64)}AB`);
  });

  it('exchanges a megabyte in both directions without loss', () => {
    const desk = new Desk().configured();
    const sent = pseudoRandom(1 << 20);
    const begun = desk.milliseconds;
    desk.send(sent);
    desk.until(() => desk.heard.length >= sent.length, 60_000);
    expect(Buffer.compare(Buffer.from(desk.heard), Buffer.from(sent.map(flipLetters)))).toBe(0);
    // At most 19 transactions of 64 bytes go into a frame (USB 2.0, table 5-9), and there are two for each block.
    expect(desk.milliseconds - begun).toBeGreaterThan((2 * sent.length) / 64 / 19);
  }, 120_000);

  it('goes on after the host has cleared the halt of its IN endpoint', () => {
    const desk = new Desk().configured();
    desk.type('\0STA');
    desk.wait(20);
    desk.type('after');
    desk.wait(20);
    expect(desk.text).toBe('\0staAFTER');
  });

  it('goes on from a snapshot in the middle of a transfer', () => {
    const desk = new Desk().configured();
    const sent = pseudoRandom(20_000);
    desk.send(sent);
    desk.wait(7);
    const count = desk.heard.length;
    const saved = desk.machine.snapshot();
    const other = new Desk();
    other.machine.restore(saved);
    desk.wait(40);
    other.wait(40);
    expect([other.heard.length, other.heard]).toEqual([20_000 - count, desk.heard.slice(count)]);
  });
});

describe('the cable', () => {
  it('is unplugged and plugged again: the device is enumerated anew', () => {
    const desk = new Desk().configured();
    desk.usb.unplug();
    desk.wait(10);
    const whileOut = desk.usb.state;
    desk.usb.plug();
    desk.configured();
    desk.type('x');
    desk.wait(5);
    expect([whileOut, desk.text]).toEqual(['detached', 'X']);
  });

  it('suspends and resumes the device, which then goes on', () => {
    const desk = new Desk().configured();
    desk.usb.suspend();
    desk.wait(10);
    const asleep = desk.usb.state;
    desk.usb.resume();
    desk.wait(25);
    desk.type('x');
    desk.wait(5);
    expect([asleep, desk.usb.state, desk.text]).toEqual(['suspended', 'active', 'X']);
  });

  it('is woken up by the device', () => {
    const desk = new Desk().configured();
    desk.type('\0WAK');
    desk.wait(5);
    desk.usb.suspend();
    desk.until(() => desk.usb.state === 'resuming', 20);
    desk.until(() => desk.usb.state === 'active', 25);
    desk.type('x');
    desk.wait(5);
    expect(desk.text).toBe('\0wakX');
  });
});

/** A letter's case is flipped, as cdc-acm.c does. */
function flipLetters(byte: number): number {
  return /[a-z]/i.test(String.fromCharCode(byte)) ? byte ^ 0x20 : byte;
}

/** xorshift32; no block begins with a zero, which the firmware could take for an order. */
function pseudoRandom(length: number): Uint8Array {
  let state = 0x2545_f491;
  return Uint8Array.from({ length }, (_, at) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state & 0xff) || (at % 64 === 0 ? 1 : 0);
  });
}
