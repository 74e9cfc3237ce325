/**
 * MPS2 audio I2S: stereo samples of 16 bits, FIFOs of four in each direction.
 * Source: DAI 0385D, "Audio I2S"; Arm's SMM_MPS2.h 1.1 for fields. LRCLK = SCLK / (2 * DIVIDE). Not modelled: the codec
 * behind it (its I2C registers answer nothing; sound goes to and comes from `audio`), and the integration test registers.
 */
import { z } from 'zod';
import type { Line, Snapshot } from '../../bus/types.js';
import type { Clock, TimedEvent } from '../../time/types.js';
import { restoreEvent, saveEvent, timedEvent } from '../../time/event-queue.js';
import { defineBlock, numberFrom, numbersFrom, partFrom, RegisterPeripheral, type AudioDevice, type AudioPort, type BlockContext } from '../block.js';
import { bit, bits, RegisterBlock, registerMap } from '../registers/index.js';

export const I2S = registerMap({
  CONTROL: { at: 0x000, fields: { TXEN: bit(0), TXIRQEN: bit(1), RXEN: bit(2), RXIRQEN: bit(3), TXWLVL: bits(8, 10), RXWLVL: bits(12, 14), FIFORST: bit(16), CODECRST: bit(17, { unmodelled: true }) } },
  STATUS:  { at: 0x004, kind: 'ro', fields: { TXALERT: bit(0), RXALERT: bit(1), TXEMPTY: bit(2), TXFULL: bit(3), RXEMPTY: bit(4), RXFULL: bit(5) } },
  ERROR:   { at: 0x008, kind: 'w1c', fields: { TX: bit(0), RX: bit(1) } },
  DIVIDE:  { at: 0x00c, reset: 0x80, fields: { LRDIV: bits(0, 9) } },
  TXBUF:   { at: 0x010, kind: 'wo', fields: { RIGHT: bits(0, 15), LEFT: bits(16, 31) } },
  RXBUF:   { at: 0x014, kind: 'ro', fields: { RIGHT: bits(0, 15), LEFT: bits(16, 31) } },
  ITCR:    { at: 0x300, unmodelled: true },
  ITIP1:   { at: 0x304, unmodelled: true },
  ITOP1:   { at: 0x308, unmodelled: true },
});

const FIFO_DEPTH = 4;

export class I2s extends RegisterPeripheral implements AudioDevice {
  protected readonly registers;
  readonly audio: AudioPort = { source: undefined, onSample: undefined };
  private readonly interrupt: Line;
  private readonly clock: Clock;
  private readonly sample: TimedEvent;
  /** SCLK ticks at which the present sample ends: the next one begins exactly there, however late the event fired. */
  private sampleEnds = 0;
  private playing: number[] = [];
  private recorded: number[] = [];

  constructor(private readonly context: BlockContext) {
    super();
    this.interrupt = context.irq('irq');
    this.clock = context.clock('sclk');
    this.sample = timedEvent(() => this.endSample());
    const status = (): number => this.status;
    this.registers = new RegisterBlock(I2S, {
      instance: context.name, base: context.base, size: context.size, warnings: context.warnings,
      onRead: { STATUS: status, RXBUF: () => this.takeRecorded() },
      onPeek: { STATUS: status, RXBUF: () => this.recorded[0] ?? 0 },
      onWrite: { CONTROL: () => this.applyControl(), TXBUF: (value) => this.putPlaying(value) },
    });
    this.reset();
  }

  override reset(): void {
    this.registers.reset();
    this.context.scheduler.cancel(this.sample);
    this.playing = [];
    this.recorded = [];
    this.update();
  }

  override snapshot(): Snapshot {
    return { registers: this.registers.snapshot(), playing: [...this.playing], recorded: [...this.recorded], sampleEnds: this.sampleEnds, sample: saveEvent(this.sample) };
  }

  override restore(from: Snapshot): void {
    const { name } = this.context;
    this.registers.restore(partFrom(from, 'registers', name));
    this.playing = [...numbersFrom(from, 'playing', name, FIFO_DEPTH)];
    this.recorded = [...numbersFrom(from, 'recorded', name, FIFO_DEPTH)];
    this.sampleEnds = numberFrom(from, 'sampleEnds', name);
    restoreEvent(this.context.scheduler, this.sample, from['sample']);
    this.update();
  }

  /** Alerts: more free space than TXWLVL to play from, less free space than RXWLVL to record into. */
  private get status(): number {
    const txSpace = FIFO_DEPTH - this.playing.length;
    const rxSpace = FIFO_DEPTH - this.recorded.length;
    return Number(txSpace > this.registers.field('CONTROL', 'TXWLVL'))
      | (Number(rxSpace < this.registers.field('CONTROL', 'RXWLVL')) << 1)
      | (Number(txSpace === FIFO_DEPTH) << 2)
      | (Number(txSpace === 0) << 3)
      | (Number(rxSpace === FIFO_DEPTH) << 4)
      | (Number(rxSpace === 0) << 5);
  }

  private applyControl(): void {
    if (this.registers.field('CONTROL', 'FIFORST') === 1) {
      this.playing = [];
      this.recorded = [];
    }
    if (!this.isRunning) this.context.scheduler.cancel(this.sample);
    else if (this.sample.slot < 0) this.expectSample(this.clock.ticks());
    this.update();
  }

  private get isRunning(): boolean {
    return this.registers.field('CONTROL', 'TXEN') === 1 || this.registers.field('CONTROL', 'RXEN') === 1;
  }

  private expectSample(begins: number): void {
    this.sampleEnds = begins + 2 * Math.max(1, this.registers.get('DIVIDE'));
    this.context.scheduler.schedule(this.sample, Math.max(this.clock.rootTickOf(this.sampleEnds), this.context.scheduler.now()));
  }

  private endSample(): void {
    if (this.registers.field('CONTROL', 'TXEN') === 1) this.play();
    if (this.registers.field('CONTROL', 'RXEN') === 1) this.record();
    this.expectSample(this.sampleEnds);
    this.update();
  }

  /** An empty FIFO plays silence and is an underrun. */
  private play(): void {
    if (this.playing.length === 0) this.registers.setField('ERROR', 'TX', 1);
    this.audio.onSample?.(this.playing.shift() ?? 0);
  }

  private record(): void {
    const sample = this.audio.source?.() ?? 0;
    if (this.recorded.length === FIFO_DEPTH) this.registers.setField('ERROR', 'RX', 1);
    else this.recorded.push(sample >>> 0);
  }

  private putPlaying(sample: number): void {
    if (this.playing.length === FIFO_DEPTH) this.registers.setField('ERROR', 'TX', 1);
    else this.playing.push(sample);
    this.update();
  }

  private takeRecorded(): number {
    if (this.recorded.length === 0) this.registers.setField('ERROR', 'RX', 1);
    const sample = this.recorded.shift() ?? 0;
    this.update();
    return sample;
  }

  private update(): void {
    const { status } = this;
    const tx = (status & 1) !== 0 && this.registers.field('CONTROL', 'TXIRQEN') === 1;
    const rx = (status & 2) !== 0 && this.registers.field('CONTROL', 'RXIRQEN') === 1;
    this.interrupt.set(tx || rx);
  }
}

export const I2S_BLOCK = defineBlock({
  irqs: ['irq'],
  clocks: ['sclk'],
  options: z.strictObject({}),
  create: (context) => new I2s(context),
});
