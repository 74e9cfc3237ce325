/**
 * ArduCAM Mini 2MP: an OV2640 with its registers on SCCB, and the ArduChip, which keeps frames in a memory for SPI.
 * Source: ArduCAM Mini 2MP hardware application note 1.0 (ArduChip register table, SPI timing: mode 0, 8 MHz); ArduCAM Arduino library
 * (commands, masks; bank and window lists of the OV2640). Confirmed by the library: registers 0x00 to 0x07, 0x3C, 0x3D, 0x41 to 0x44 and the
 * burst's dummy byte, which the Plus does not have. From memory: the version's value, GPIO.
 *
 * A capture waits for the next frame of the sensor and takes CAPTURE_CTRL + 1 whole frames, one after another; the memory
 * keeps the first 384 KiB (Plus: 8 MiB). The flag comes at the end of the last frame. Frames follow each other from power-on at the
 * sensor's rate at 24 MHz. Reading past the end gives 0. Not modelled: the sensor's power pins (GPIO), low-power mode, its interrupt.
 */
import { z } from 'zod';
import type { Snapshot } from '../bus/types.js';
import { bit, bits, RegisterBlock, registerMap } from '../peripherals/registers/index.js';
import { restoreEvent, saveEvent, timedEvent } from '../time/event-queue.js';
import { mulAddDiv } from '../time/exact.js';
import { Ov2640 } from './ov2640.js';
import { definePart, type Part, type PartContext } from './part.js';
import { byte, status } from './register-file.js';

export const ARDUCHIP = registerMap({
  TEST1:        byte(0x00),
  CAPTURE_CTRL: byte(0x01, { raz: false, fields: { FRAMES: bits(0, 2) } }),
  RSVD02:       byte(0x02),
  SENSOR_TIM:   byte(0x03),
  FIFO_CTRL:    byte(0x04, { raz: false, fields: { CLEAR: bit(0), START: bit(1), RDPTR_RST: bit(4), WRPTR_RST: bit(5) } }),
  GPIO_DIR:     byte(0x05),
  GPIO_WRITE:   byte(0x06),
  CPLD_RESET:   byte(0x07),
  BURST_FIFO:   status(0x3c),
  SINGLE_FIFO:  status(0x3d),
  VERSION:      status(0x40, { reset: 0x40 }),
  TRIGGER:      status(0x41, { fields: { VSYNC: bit(0), DONE: bit(3) } }),
  FIFO_SIZE1:   status(0x42),
  FIFO_SIZE2:   status(0x43),
  FIFO_SIZE3:   status(0x44),
  GPIO_READ:    status(0x45),
});

const BURST = 0x3c;
const SINGLE = 0x3d;
const DONE = 0x08;
const WRITE = 0x80;
/** The module's specification, from memory, at 5 V: always, since its low-power mode is not modelled. */
const MICROAMPS = 70_000;
const CAPACITY = { mini: 384 * 1024, plus: 8 * 2 ** 20 } as const;

class ArduCamMini implements Part {
  readonly targets;
  readonly spi;
  private readonly sensor: Ov2640;
  private readonly chip: RegisterBlock<typeof ARDUCHIP.spec>;
  private readonly capacity: number;
  private fifo: Uint8Array = new Uint8Array(0);
  private readPointer = 0;
  private framesLeft = 0;
  /** Words since the select, and the command they began with. */
  private words = 0;
  private command = 0;
  private readonly frameEnd = timedEvent(() => this.endFrame());

  constructor(private readonly context: PartContext, private readonly isPlus: boolean) {
    this.sensor = new Ov2640(context.name, context.warnings);
    this.capacity = isPlus ? CAPACITY.plus : CAPACITY.mini;
    this.chip = new RegisterBlock(ARDUCHIP, {
      instance: `${context.name} ArduChip`, size: 128, warnings: context.warnings,
      onRead: {
        TRIGGER: (_index, stored) => stored & DONE,
        FIFO_SIZE1: () => this.fifo.length & 0xff, FIFO_SIZE2: () => (this.fifo.length >> 8) & 0xff, FIFO_SIZE3: () => (this.fifo.length >> 16) & 0x7f,
      },
      onWrite: { FIFO_CTRL: (value) => this.control(value), CPLD_RESET: (value) => { if ((value & 0x80) !== 0) this.clear(); } },
    });
    this.targets = [this.sensor];
    this.spi = { device: { select: () => this.select(), transfer: (received: number) => this.transfer(received), deselect: () => undefined }, modes: [0] as const };
  }

  reset(): void {
    this.sensor.reset();
    this.chip.reset();
    this.clear();
    this.context.draws('on', MICROAMPS);
    this.words = this.command = 0;
  }

  snapshot(): Snapshot {
    const { readPointer, framesLeft, words, command } = this;
    return { sensor: this.sensor.snapshot(), chip: this.chip.snapshot(), fifo: this.fifo.slice(), numbers: [readPointer, framesLeft, words, command], frameEnd: saveEvent(this.frameEnd) };
  }

  restore(from: Snapshot): void {
    const { fifo, numbers } = from;
    if (!(fifo instanceof Uint8Array) || fifo.length > this.capacity || !Array.isArray(numbers) || numbers.length !== 4 || !numbers.every(Number.isSafeInteger)) {
      throw new Error(`the snapshot is not of ${this.context.name}`);
    }
    this.sensor.restore(from['sensor'] as Snapshot);
    this.chip.restore(from['chip'] as Snapshot);
    this.fifo = fifo.slice();
    [this.readPointer, this.framesLeft, this.words, this.command] = numbers as number[];
    restoreEvent(this.context.scheduler, this.frameEnd, from['frameEnd']);
  }

  // -- SPI: a command, then data.

  private select(): number {
    this.words = 0;
    return 0;
  }

  /** What goes out next follows from how many words there were; a byte of the memory counts as read when it has gone out. */
  private transfer(received: number): number {
    const word = this.words++;
    if (word === 0) {
      this.command = received;
      if ((received & WRITE) !== 0) return 0;
      if (received === BURST) return this.isPlus ? this.present() : 0;
      return received === SINGLE ? this.present() : this.chip.read(received, 1);
    }
    if ((this.command & WRITE) !== 0) {
      if (word === 1) this.chip.write(this.command & 0x7f, received, 1);
      return 0;
    }
    if (this.command !== BURST) {
      if (this.command === SINGLE && word === 1) this.readPointer++;
      return 0;
    }
    // Without the Plus, the first byte of a burst is none of the memory's.
    if (this.isPlus || word > 1) this.readPointer++;
    return this.present();
  }

  private present(): number {
    return this.readPointer < this.fifo.length ? this.fifo[this.readPointer] : 0;
  }

  // -- Captures.

  private control(value: number): void {
    if ((value & 0x01) !== 0) this.chip.storage('TRIGGER')[0] &= ~DONE;
    if ((value & 0x10) !== 0) this.readPointer = 0;
    if ((value & 0x20) !== 0) this.fifo = new Uint8Array(0);
    if ((value & 0x02) !== 0) this.begin();
  }

  private begin(): void {
    this.fifo = new Uint8Array(0);
    this.readPointer = 0;
    this.chip.storage('TRIGGER')[0] &= ~DONE;
    this.framesLeft = this.chip.field('CAPTURE_CTRL', 'FRAMES') + 1;
    // The frame under way is not a whole one.
    this.planFrame(Math.floor(this.frames(this.context.scheduler.now())) + 2);
  }

  /** Whole frames since power-on. */
  private frames(now: number): number {
    return mulAddDiv(now, Ov2640.hz, 0, this.context.scheduler.rootHz * this.sensor.frameTicks);
  }

  private tickOfFrame(n: number): number {
    const den = Ov2640.hz;
    return mulAddDiv(n, this.context.scheduler.rootHz * this.sensor.frameTicks, den - 1, den);
  }

  private planFrame(end: number): void {
    this.context.scheduler.schedule(this.frameEnd, Math.max(this.tickOfFrame(end), this.context.scheduler.now()));
  }

  private endFrame(): void {
    const { scheduler, world } = this.context;
    const ended = this.frames(scheduler.now());
    // What was seen when the frame began.
    this.keep(this.sensor.frame(world.picture(this.tickOfFrame(Math.max(0, ended - 1)))));
    this.framesLeft--;
    if (this.framesLeft > 0) this.planFrame(ended + 1);
    else this.chip.storage('TRIGGER')[0] |= DONE;
  }

  private keep(bytes: Uint8Array): void {
    const kept = new Uint8Array(Math.min(this.capacity, this.fifo.length + bytes.length));
    kept.set(this.fifo);
    kept.set(bytes.subarray(0, kept.length - this.fifo.length), this.fifo.length);
    this.fifo = kept;
  }

  private clear(): void {
    this.context.scheduler.cancel(this.frameEnd);
    this.fifo = new Uint8Array(0);
    this.readPointer = this.framesLeft = 0;
    this.chip.storage('TRIGGER')[0] &= ~DONE;
  }
}

export const ARDUCAM_MINI_2MP_PART = definePart({
  what: 'camera of 2 megapixels with JPEG and a memory for frames: SPI, and SCCB on sda and scl',
  bus: 'spi', addresses: [[0x30]], pins: ['sda', 'scl'], neededPins: { spi: ['sda', 'scl'] }, inputs: [],
  options: z.strictObject({
    /** The Plus: 8 MiB of memory, and no dummy byte before a burst. */
    plus: z.boolean().default(false),
  }),
  create: (context, { plus }) => new ArduCamMini(context, plus),
});
