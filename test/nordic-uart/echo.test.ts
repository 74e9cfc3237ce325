/** Firmware that echoes through Nordic's UARTs, on a board whose console hangs on pins. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { parseBoard } from '../../emulator/boards/index.js';
import { loadFirmware } from '../../emulator/loader/index.js';
import { EmulatedMachine } from '../../emulator/machine.js';
import { buildArmProgram } from '../support/arm-toolchain.js';

const HERE = fileURLToPath(new URL('.', import.meta.url));
const CHIP = { fileName: 'nrf52840.yaml', text: readFileSync(new URL('../../boards/chips/nrf52840.yaml', import.meta.url), 'utf8') };
const CONSOLE = 'tx: P1.03, rx: P1.10';
const MILLISECOND = 512_000;
/** From power-on until the console trusts the firmware's format. */
const SETTLED = 21 * MILLISECOND;

function machine(source: string, flags: readonly string[] = [], console = CONSOLE) {
  const program = buildArmProgram(readFileSync(`${HERE}${source}.c`, 'utf8'), {
    flags: ['-O1', '-I', HERE, ...flags], link: ['-nostdlib', '-T', `${HERE}nrf52840.ld`, '-lgcc'],
  });
  const build = (): EmulatedMachine => {
    const board = parseBoard(`name: Wires\nsource: none, a board for tests\nchip: nrf52840\nconsole: { ${console} }\n`, 'wires.yaml', () => CHIP);
    const made = new EmulatedMachine(board, { seed: 1 });
    made.load(loadFirmware(program.bytes));
    return made;
  };
  const listen = (to: EmulatedMachine): { text: string; bytes: number[] } => {
    const heard = { text: '', bytes: [] as number[] };
    to.serials[0].onByte((byte) => { heard.bytes.push(byte); heard.text += String.fromCharCode(byte); });
    return heard;
  };
  return { build, listen };
}

const ascii = (text: string): Uint8Array => Uint8Array.from(text, (letter) => letter.charCodeAt(0));

describe('double-buffered UARTE at 1 MBaud', () => {
  it('echoes a thousand bytes that come without a gap, and loses none', () => {
    const { build, listen } = machine('uarte-echo');
    const board = build();
    const heard = listen(board);
    const bytes = Uint8Array.from({ length: 1000 }, (_, i) => (i * 37 + (i >> 3)) & 0xff);
    board.run(SETTLED);
    board.serials[0].write(bytes);
    board.run(SETTLED + 20 * MILLISECOND);
    expect([String.fromCharCode(...heard.bytes.slice(0, 8)), heard.bytes.slice(8)]).toEqual(['ready.\r\n', [...bytes]]);
  });

  it('sends the same bytes at the same ticks when somebody watches the wires', () => {
    const run = (isWatched: boolean): [number, number][] => {
      const board = machine('uarte-echo').build();
      const heard: [number, number][] = [];
      if (isWatched) for (const pin of ['P1.03', 'P1.10']) board.pins.net(pin)!.onEdge(() => undefined);
      board.serials[0].onByte((byte) => heard.push([byte, board.now()]));
      board.serials[0].write(ascii('sixteen letters.'));
      board.run(SETTLED + 2 * MILLISECOND);
      return heard;
    };
    expect(run(true)).toEqual(run(false));
  });

  it('goes on from a snapshot in the middle of bytes both ways', () => {
    const { build, listen } = machine('uarte-echo');
    const [first, second] = [build(), build()];
    const [heard, heardAgain] = [listen(first), listen(second)];
    first.serials[0].write(ascii('thirty-two letters are four bufs'));
    first.run(SETTLED + 100_003);
    const before = heard.text;
    second.restore(first.snapshot());
    second.run(SETTLED + 2 * MILLISECOND);
    expect(before + heardAgain.text).toBe('ready.\r\nthirty-two letters are four bufs');
  });
});

describe('UART, byte by byte', () => {
  it('hears what the host had to say before it was listening, at its own rate', () => {
    const { build, listen } = machine('uart-echo', ['-DBAUD=0x00275000']);
    const board = build();
    const heard = listen(board);
    board.serials[0].write(ascii('early'));
    board.run(SETTLED + 20 * MILLISECOND);
    expect([heard.text, board.serials[0].name]).toEqual(['early', 'console']);
  });

  it('loses bytes when it is too slow for the line', () => {
    const { build, listen } = machine('uart-echo', ['-DSLOW=1000']);
    const board = build();
    const heard = listen(board);
    board.serials[0].write(ascii('a line that is too long'));
    board.run(50 * MILLISECOND);
    expect(heard.text.length).toBeLessThan('a line that is too long'.length);
  });

  it('loses none with RTS and CTS on the board', () => {
    const { build, listen } = machine('uart-echo', ['-DSLOW=1000', '-DFLOW_CONTROL'], `${CONSOLE}, rts: P0.05, cts: P0.07`);
    const board = build();
    const heard = listen(board);
    board.serials[0].write(ascii('a line that is too long'));
    board.run(50 * MILLISECOND);
    expect(heard.text).toBe('a line that is too long');
  });
});
