/**
 * MicroPython for the micro:bit as Debian builds it (package firmware-microbit-micropython), typed at through its console.
 * Source: the BBC micro:bit MicroPython documentation v1.0, and MicroPython's manual, "The REPL".
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseBoard, parsePart, withPart } from '../../emulator/boards/index.js';
import { loadFirmware } from '../../emulator/loader/index.js';
import type { LedMatrix, StopReason } from '../../emulator/machine-api.js';
import { EmulatedMachine } from '../../emulator/machine.js';
import type { Net } from '../../emulator/wires/net.js';

const BOARDS = new URL('../../boards/', import.meta.url);
/** `scripts/setup.sh` unpacks the package here: examples too, which many Debian images leave out of what they install. */
const PACKAGE = fileURLToPath(new URL('build/micropython/', import.meta.url));
export const FIRMWARE = `${PACKAGE}usr/share/firmware-microbit-micropython/firmware.hex`;
const EXAMPLE_FOLDER = `${PACKAGE}usr/share/doc/firmware-microbit-micropython/examples/`;

const SCRIPT_ADDRESS = 0x3_e000;
const PROMPT = '>>> ';
const ESCAPE = '\x1b';
const CTRL_A = '\x01';
const CTRL_B = '\x02';
const CTRL_C = '\x03';
const CTRL_D = '\x04';
/** How often somebody looks at what the board says. */
const SLICE_SECONDS = 0.002;
const LOOK_SECONDS = 0.03;
const KEY_SECONDS = 0.0002;

/** @throws Error naming the remedy */
function read(path: string): Uint8Array {
  if (!existsSync(path)) throw new Error(`${path} is missing: run scripts/setup.sh`);
  return new Uint8Array(readFileSync(path));
}

/** Names of the package's example scripts, in order. */
export const EXAMPLES: readonly string[] = (existsSync(EXAMPLE_FOLDER) ? readdirSync(EXAMPLE_FOLDER) : []).map((file) => file.replace(/\.py$/, '')).sort();

/** The text of one of the package's example scripts. */
export const example = (name: string): string => new TextDecoder().decode(read(`${EXAMPLE_FOLDER}${name}.py`));

/** "MP", the length in 16 bits, the text. */
function appended(script: string): Uint8Array {
  const text = new TextEncoder().encode(script);
  return Uint8Array.of(0x4d, 0x50, text.length & 0xff, text.length >> 8, ...text);
}

/** Keys as they are sent: cursor keys are three bytes. */
export const keysOf = (text: string): string[] => text.match(new RegExp(`${ESCAPE}\\[.|[^]`, 'g')) ?? [];

/** What a program printed, and the traceback of the exception that ended it. */
export interface Ended {
  readonly printed: string;
  readonly error: string;
}

export class MicroPython {
  readonly machine: EmulatedMachine;
  readonly warnings: string[] = [];
  /** All that came from the console. */
  output = '';
  readonly display: LedMatrix;
  /** Where the output of the program begun last begins. */
  private begun = 0;

  /**
   * @param script lies in flash behind the firmware, where Mu and uflash put programs, and runs after the start
   * @param parts on the board's pins, as `--part` has them
   */
  constructor(seed = 1, script?: string, parts: readonly string[] = []) {
    const text = (path: string): string => readFileSync(new URL(path, BOARDS), 'utf8');
    const board = parseBoard(text('microbit.yaml'), 'microbit.yaml', (chip) => ({ text: text(`chips/${chip}.yaml`), fileName: `${chip}.yaml` }));
    this.machine = new EmulatedMachine(parts.reduce((fitted, part) => withPart(fitted, parsePart(part)), board), { seed });
    const image = loadFirmware(read(FIRMWARE));
    this.machine.load(script === undefined ? image : { ...image, segments: [...image.segments, { address: SCRIPT_ADDRESS, bytes: appended(script), space: 'memory' }] });
    this.machine.warnings.onWarning((warning) => this.warnings.push(warning));
    this.machine.serials[0].onByte((byte) => { this.output += String.fromCharCode(byte); });
    this.display = this.machine.pins.matrices[0];
  }

  /** Seconds of the board's time. */
  get seconds(): number {
    return this.machine.now() / this.machine.rootHz;
  }

  run(seconds: number): StopReason {
    return this.machine.run(this.machine.now() + Math.round(seconds * this.machine.rootHz));
  }

  /**
   * Runs until the console has said that, from `from` in the output on.
   * @throws Error with what it said instead
   */
  await(text: string, from: number, limitSeconds = 5): void {
    const end = this.seconds + limitSeconds;
    while (!this.output.includes(text, from)) {
      if (this.seconds > end) throw new Error(`no ${JSON.stringify(text)} within ${limitSeconds} s, but ${JSON.stringify(this.output.slice(from))}`);
      this.run(SLICE_SECONDS);
    }
  }

  boot(): this {
    this.await(PROMPT, 0);
    return this;
  }

  /** Keys as they come, without waiting for anything. */
  press(keys: string): void {
    this.machine.serials[0].write(new TextEncoder().encode(keys));
  }

  /**
   * Types, each key after the echo of the one before.
   * @throws Error when a key has no answer
   */
  type(keys: string): void {
    for (const key of keysOf(keys)) {
      const before = this.output.length;
      this.press(key);
      for (let waited = 0; this.output.length === before; waited++) {
        if (waited > 5000) throw new Error(`no answer to ${JSON.stringify(key)}`);
        this.run(KEY_SECONDS);
      }
    }
  }

  /** What one line at the prompt prints until the next prompt. */
  line(code: string, limitSeconds = 5): string {
    const from = this.output.length;
    this.press(`${code}\r`);
    this.await(`\n${PROMPT}`, from, limitSeconds);
    return this.output.slice(from + code.length, -PROMPT.length).trim();
  }

  /** Gives a program to the raw REPL, as tools for MicroPython do; returns when it has been compiled and begins. */
  start(program: string): void {
    const from = this.output.length;
    this.press(CTRL_A);
    this.await('raw REPL; CTRL-B to exit\r\n>', from);
    const asked = this.output.length;
    this.press(program);
    this.press(CTRL_D);
    this.await('OK', asked, 10);
    this.begun = this.output.length;
  }

  /** What the program begun last has printed so far. */
  get printed(): string {
    return this.output.slice(this.begun).split(CTRL_D)[0];
  }

  /** Waits for the end of the program begun last, and goes back to the prompt. */
  end(limitSeconds = 5): Ended {
    this.await(`${CTRL_D}>`, this.begun, limitSeconds);
    const [printed, error] = this.output.slice(this.begun).split(CTRL_D);
    const from = this.output.length;
    this.press(CTRL_B);
    this.await(PROMPT, from);
    return { printed: printed.replaceAll('\r\n', '\n'), error: error.replaceAll('\r\n', '\n') };
  }

  /** Runs a program to its end. */
  program(text: string, limitSeconds = 5): Ended {
    this.start(text);
    return this.end(limitSeconds);
  }

  /** Ctrl-C, and the traceback it makes. */
  interrupt(): Ended {
    this.press(CTRL_C);
    return this.end();
  }

  /** The display's lines, `#` for an LED that is lit, `.` for a dark one. Needs a watched display. */
  picture(): string[] {
    return this.display.brightness().map((line) => line.map((share) => (share > 0 ? '#' : '.')).join(''));
  }

  /** Pictures in their order, each seen at two looks that are further apart than the display's refresh. */
  film(seconds: number): string[][] {
    const pictures: string[][] = [];
    const end = this.seconds + seconds;
    let last = '';
    while (this.seconds < end) {
      this.run(LOOK_SECONDS);
      const picture = this.picture();
      const text = picture.join('\n');
      if (text === last && pictures.at(-1)?.join('\n') !== text) pictures.push(picture);
      last = text;
    }
    return pictures;
  }

  /** @throws Error when the board has no such pin */
  net(pin: string): Net {
    const net = this.machine.pins.net(pin);
    if (net === undefined) throw new Error(`no pin ${pin}`);
    return net;
  }
}
