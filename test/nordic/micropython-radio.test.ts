/**
 * Two micro:bits V1 with MicroPython that hear each other: the radio module, and the package's firefly.
 * Source: BBC micro:bit MicroPython documentation v1.0, chapter Radio.
 */
import { describe, expect, it } from 'vitest';
import { example, MicroPython } from './micropython.js';

/** How far the two may be apart in time: less than a frame takes. */
const STEP_SECONDS = 0.0001;
/** What a packet needs to get to the other board, which may be a step ahead. */
const LATENCY_STEPS = 4;

class Pair {
  readonly boards = [new MicroPython(1).boot(), new MicroPython(2).boot()] as const;

  constructor() {
    const [first, second] = this.boards;
    // Both begin at one time.
    first.run(0.1 - first.seconds);
    second.run(0.1 - second.seconds);
    const latency = Math.round(LATENCY_STEPS * STEP_SECONDS * first.machine.rootHz);
    const connect = (from: MicroPython, to: MicroPython): void => {
      from.machine.radio!.onTransmission((packet) => {
        const late = to.machine.now() + latency - packet.begins;
        to.machine.radio!.inject({ ...packet, begins: packet.begins + late, addressBegins: packet.addressBegins + late, addressEnds: packet.addressEnds + late, ends: packet.ends + late });
      });
    };
    connect(first, second);
    connect(second, first);
  }

  run(seconds: number): void {
    for (let step = 0; step < seconds / STEP_SECONDS; step++) for (const board of this.boards) board.run(STEP_SECONDS);
  }

  /** A line at one board's prompt while both go on. */
  line(board: MicroPython, code: string): string {
    const from = board.output.length;
    board.press(`${code}\r`);
    for (let tries = 0; !board.output.includes('\n>>> ', from) && tries < 100; tries++) this.run(0.01);
    return board.output.slice(from + code.length, -'>>> '.length).trim();
  }
}

describe('radio', () => {
  it('brings text to the board of the same group, and not to another', () => {
    const pair = new Pair();
    const [sender, receiver] = pair.boards;
    for (const board of pair.boards) pair.line(board, 'import radio; radio.on(); radio.config(channel=40, group=3)');
    pair.line(sender, "radio.send('Thumbelina')");
    const heard = pair.line(receiver, 'radio.receive()');
    pair.line(receiver, 'radio.config(group=4)');
    pair.line(sender, "radio.send('lost')");
    expect([heard, pair.line(receiver, 'radio.receive()'), sender.warnings, receiver.warnings]).toEqual(["'Thumbelina'", '', [], []]);
  });

  it('lights the firefly of one board by a button of the other', () => {
    const pair = new Pair();
    const [sender, receiver] = pair.boards;
    for (const board of pair.boards) {
      board.display.watch();
      board.start(example('radio'));
    }
    pair.run(0.6);
    const before = receiver.picture();
    const button = sender.machine.pins.buttons.find(({ name }) => name === 'A')!;
    button.isPressed = true;
    pair.run(0.1);
    button.isPressed = false;
    let isLit = false;
    for (let look = 0; look < 50 && !isLit; look++) {
      pair.run(0.02);
      isLit = receiver.picture().join('') === '#'.repeat(25);
    }
    expect([before, isLit]).toEqual([Array(5).fill('.....'), true]);
  });
});
