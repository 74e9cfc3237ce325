/**
 * Nordic I2S: audio frames between RAM and a codec, as master or slave.
 * Source: nRF52840 Product Specification v1.1 and nRF52833 Product Specification v1.3, I2S. MCK is PCLK32M divided as MCKFREQ
 * says, LRCK is MCK / RATIO, SCK is LRCK times twice the sample width. Levels of SCK, LRCK and SDOUT are true ones; MCK is
 * a clock that runs from START to STOP. As master it leaves out the clocks of a frame when nobody watches the wires and only microphones
 * are on SDIN: it asks these for their bits. MCKFREQ's values of 5.3 to 16 MHz are in product specification 1.0 and in Nordic's headers of
 * that time only; Arduino's camera library uses one. Registers are double-buffered as the specification says: PTRs are taken at START and whenever MAXCNT words are
 * done, and PTRUPD follows at once. STOPPED comes at the end of the frame under way. A frame has no bits beyond its samples, so
 * that ALIGN makes no difference.
 */
import { z } from 'zod';
import type { Snapshot } from '../../bus/types.js';
import { restoreEvent, saveEvent, timedEvent } from '../../time/event-queue.js';
import { mulAddDiv } from '../../time/exact.js';
import type { Clock } from '../../time/types.js';
import { ClockOutput, steadyClock } from '../../wires/clock.js';
import { I2sTransmitter, OPEN } from '../../wires/i2s.js';
import type { Net } from '../../wires/net.js';
import { defineBlock, numbersFrom, partFrom, RegisterPeripheral, type BlockContext } from '../block.js';
import { bit, bits, choice, registerMap } from '../registers/index.js';
import { EasyDma } from './easy-dma.js';
import { PSEL } from './fields.js';
import { PADS, PadSet } from './pads.js';
import { TaskEvents } from './task-events.js';

const INTERRUPTS = { RXPTRUPD: bit(1), STOPPED: bit(2), TXPTRUPD: bit(5) };
const ON_OFF = { Disabled: 0, Enabled: 1 } as const;

export const I2S = registerMap({
  TASKS_START:       { at: 0x000, kind: 'task' },
  TASKS_STOP:        { at: 0x004, kind: 'task' },
  EVENTS_RXPTRUPD:   { at: 0x104, kind: 'event' },
  EVENTS_STOPPED:    { at: 0x108, kind: 'event' },
  EVENTS_TXPTRUPD:   { at: 0x114, kind: 'event' },
  INTEN:             { at: 0x300, fields: INTERRUPTS },
  INTENSET:          { at: 0x304, kind: 'setBits', of: 'INTEN' },
  INTENCLR:          { at: 0x308, kind: 'clearBits', of: 'INTEN' },
  ENABLE:            { at: 0x500, fields: { ENABLE: choice(0, 0, ON_OFF) } },
  'CONFIG.MODE':     { at: 0x504, fields: { MODE: choice(0, 0, { Master: 0, Slave: 1 }) } },
  'CONFIG.RXEN':     { at: 0x508, fields: { RXEN: choice(0, 0, ON_OFF) } },
  'CONFIG.TXEN':     { at: 0x50c, reset: 1, fields: { TXEN: choice(0, 0, ON_OFF) } },
  'CONFIG.MCKEN':    { at: 0x510, reset: 1, fields: { MCKEN: choice(0, 0, ON_OFF) } },
  'CONFIG.MCKFREQ':  { at: 0x514, reset: 0x2000_0000, fields: { MCKFREQ: choice(0, 31, {
    '32MDIV2': 0x8000_0000, '32MDIV3': 0x5000_0000, '32MDIV4': 0x4000_0000, '32MDIV5': 0x3000_0000, '32MDIV6': 0x2800_0000,
    '32MDIV8': 0x2000_0000, '32MDIV10': 0x1800_0000, '32MDIV11': 0x1600_0000, '32MDIV15': 0x1100_0000, '32MDIV16': 0x1000_0000, '32MDIV21': 0x0c00_0000, '32MDIV23': 0x0b00_0000,
    '32MDIV30': 0x0880_0000, '32MDIV31': 0x0840_0000, '32MDIV32': 0x0800_0000, '32MDIV42': 0x0600_0000, '32MDIV63': 0x0410_0000, '32MDIV125': 0x020c_0000,
  }) } },
  'CONFIG.RATIO':    { at: 0x518, reset: 6, fields: { RATIO: choice(0, 3, { '32X': 0, '48X': 1, '64X': 2, '96X': 3, '128X': 4, '192X': 5, '256X': 6, '384X': 7, '512X': 8 }) } },
  'CONFIG.SWIDTH':   { at: 0x51c, reset: 1, fields: { SWIDTH: choice(0, 1, { '8Bit': 0, '16Bit': 1, '24Bit': 2 }) } },
  'CONFIG.ALIGN':    { at: 0x520, fields: { ALIGN: choice(0, 0, { Left: 0, Right: 1 }) } },
  'CONFIG.FORMAT':   { at: 0x524, fields: { FORMAT: choice(0, 0, { I2S: 0, Aligned: 1 }) } },
  'CONFIG.CHANNELS': { at: 0x528, fields: { CHANNELS: choice(0, 1, { Stereo: 0, Left: 1, Right: 2 }) } },
  'RXD.PTR':         { at: 0x538 },
  'TXD.PTR':         { at: 0x540 },
  'RXTXD.MAXCNT':    { at: 0x550, fields: { MAXCNT: bits(0, 13) } },
  'PSEL.MCK':        { at: 0x560, ...PSEL },
  'PSEL.SCK':        { at: 0x564, ...PSEL },
  'PSEL.LRCK':       { at: 0x568, ...PSEL },
  'PSEL.SDIN':       { at: 0x56c, ...PSEL },
  'PSEL.SDOUT':      { at: 0x570, ...PSEL },
});

type I2sSpec = typeof I2S.spec;

/** CONFIG.MCKFREQ to the divider of PCLK32M; other values have no documented frequency and give the reset value's. */
const MCK_DIVIDERS: Readonly<Record<number, number>> = {
  0x8000_0000: 2, 0x5000_0000: 3, 0x4000_0000: 4, 0x3000_0000: 5, 0x2800_0000: 6, 0x2000_0000: 8, 0x1800_0000: 10, 0x1600_0000: 11, 0x1100_0000: 15, 0x1000_0000: 16, 0x0c00_0000: 21, 0x0b00_0000: 23,
  0x0880_0000: 30, 0x0840_0000: 31, 0x0800_0000: 32, 0x0600_0000: 42, 0x0410_0000: 63, 0x020c_0000: 125,
};
const RATIOS = [32, 48, 64, 96, 128, 192, 256, 384, 512] as const;
const WIDTHS = [8, 16, 24, 24] as const;
const WORD_BYTES = 4;
const SLOTS = 2;

export class I2s extends RegisterPeripheral {
  protected readonly registers;
  private readonly events: TaskEvents<I2sSpec>;
  private readonly clock: Clock;
  private readonly dma: EasyDma;
  private readonly pads: PadSet<'MCK' | 'SCK' | 'LRCK' | 'SDIN' | 'SDOUT'>;
  private isRunning = false;
  private isStopping = false;
  /** Half periods of SCK since START, in a master; the tick of START. */
  private half = 0;
  private frameStart = 0;
  private origin = 0;
  /** Bits of the frame so far: slot 0 is the left channel. */
  private position = 0;
  private output: number[] = [0, 0];
  private input: number[] = [0, 0];
  private lastLrck = false;
  /** Latched pointers, and how many bytes of the buffers are done and how long they are. */
  private rx = 0;
  private tx = 0;
  private done = 0;
  private bytes = 0;
  private unfollow: (() => void) | undefined;
  /** Whether the clocks of this frame are left out; then who sends in it, and the level that SDIN keeps. */
  private isFolded = false;
  private senders: readonly I2sTransmitter[] = [];
  private held = false;
  private readonly mck: ClockOutput;
  private readonly next = timedEvent(() => this.tick());

  constructor(private readonly context: BlockContext) {
    super();
    this.clock = context.clock('clk');
    this.dma = new EasyDma(context);
    this.pads = new PadSet(context.shared(PADS));
    this.mck = new ClockOutput(context.scheduler);
    this.events = new TaskEvents(I2S, context, {
      isEnabled: () => this.isEnabled,
      tasks: { TASKS_START: () => this.start(), TASKS_STOP: () => this.stop() },
      onWrite: { ENABLE: () => { if (!this.isEnabled) this.halt(); } },
    });
    this.registers = this.events.registers;
    this.reset();
  }

  override get isEnabled(): boolean {
    return this.registers.get('ENABLE') !== 0;
  }

  override reset(): void {
    this.halt();
    this.events.reset();
    this.half = this.frameStart = this.origin = this.position = this.rx = this.tx = this.done = this.bytes = 0;
    this.output = [0, 0];
    this.input = [0, 0];
    this.lastLrck = false;
  }

  override snapshot(): Snapshot {
    const { half, frameStart, origin, position, output, input, rx, tx, done, bytes } = this;
    return {
      registers: this.events.snapshot(), flags: [this.isRunning, this.isStopping, this.lastLrck, this.isFolded, this.held].map(Number),
      numbers: [half, frameStart, origin, position, rx, tx, done, bytes, ...output, ...input], next: saveEvent(this.next), mck: this.mck.snapshot(),
    };
  }

  override restore(from: Snapshot): void {
    const { name, scheduler } = this.context;
    this.events.restore(partFrom(from, 'registers', name));
    const [isRunning, isStopping, lastLrck, isFolded, held] = numbersFrom(from, 'flags', name, 5);
    const numbers = numbersFrom(from, 'numbers', name, 12);
    this.unfollow?.();
    this.unfollow = undefined;
    this.pads.forget();
    this.isRunning = isRunning === 1;
    if (this.isRunning) this.connect();
    [this.half, this.frameStart, this.origin, this.position, this.rx, this.tx, this.done, this.bytes] = numbers;
    this.output = numbers.slice(8, 10);
    this.input = numbers.slice(10, 12);
    this.isStopping = isStopping === 1;
    this.lastLrck = lastLrck === 1;
    this.isFolded = false;
    if (isFolded === 1) this.chooseFolding();
    this.held = held === 1;
    restoreEvent(scheduler, this.next, from['next']);
    this.mck.restore(partFrom(from, 'mck', name), this.pads.pin('MCK'));
  }

  private get isMaster(): boolean { return this.registers.is('CONFIG.MODE', 'MODE', 'Master'); }
  private get receives(): boolean { return this.registers.get('CONFIG.RXEN') !== 0; }
  private get sends(): boolean { return this.registers.get('CONFIG.TXEN') !== 0; }
  private get width(): number { return WIDTHS[this.registers.field('CONFIG.SWIDTH', 'SWIDTH')]; }
  /** Bytes of a sample in RAM: 24 bits take a word. */
  private get sampleBytes(): number { return this.width === 24 ? WORD_BYTES : this.width / 8; }

  private connect(): void {
    const { registers, pads, isMaster } = this;
    pads.hold('MCK', registers.get('PSEL.MCK'), isMaster);
    const clock = pads.hold('SCK', registers.get('PSEL.SCK'), isMaster);
    pads.hold('LRCK', registers.get('PSEL.LRCK'), isMaster);
    pads.hold('SDIN', registers.get('PSEL.SDIN'), false);
    pads.hold('SDOUT', registers.get('PSEL.SDOUT'), true);
    if (!isMaster && clock) this.unfollow = clock.net.onEdge((level) => this.edge(level));
  }

  private halt(): void {
    this.context.scheduler.cancel(this.next);
    this.catchUp();
    this.unfold();
    this.unfollow?.();
    this.unfollow = undefined;
    this.mck.stop();
    this.pads.releaseAll();
    this.isRunning = this.isStopping = false;
  }

  private start(): void {
    if (this.isRunning) return;
    this.isRunning = true;
    this.isStopping = false;
    this.connect();
    this.latch();
    this.origin = this.context.scheduler.now();
    this.half = this.frameStart = 0;
    this.position = 0;
    this.lastLrck = this.pads.pin('LRCK')?.level ?? false;
    if (!this.isMaster) return;
    if (this.registers.get('CONFIG.MCKEN') !== 0) this.startMck();
    if (this.isClockOnly) return;
    this.beginFrame();
    this.shiftOut();
    this.plan();
  }

  private get mckDivider(): number { return MCK_DIVIDERS[this.registers.get('CONFIG.MCKFREQ')] ?? 8; }

  private startMck(): void {
    this.mck.start(this.pads.pin('MCK'), steadyClock(this.origin, this.context.scheduler.rootHz * this.mckDivider, this.clock.hz));
  }

  private stop(): void {
    this.isStopping = this.isRunning;
    if (this.isRunning && this.isMaster && this.isClockOnly) this.stopped();
  }

  /** Neither pins nor buffers, as where firmware only wants MCK: nobody can tell one bit from the next, and STOPPED comes at once. */
  private get isClockOnly(): boolean {
    const { pads } = this;
    return this.bytes === 0 && !pads.pin('SCK') && !pads.pin('LRCK') && !pads.pin('SDIN') && !pads.pin('SDOUT');
  }

  /** The next buffers. */
  private latch(): void {
    this.rx = this.registers.get('RXD.PTR');
    this.tx = this.registers.get('TXD.PTR');
    this.bytes = WORD_BYTES * this.registers.get('RXTXD.MAXCNT');
    this.done = 0;
    if (this.receives) this.events.emit('EVENTS_RXPTRUPD');
    if (this.sends) this.events.emit('EVENTS_TXPTRUPD');
  }

  // -- As master: SCK falls at even half periods, when data changes, and rises at odd ones, when it is sampled.

  /** The half period that ends what is done at once: one, or what is left of a frame whose clocks are left out. */
  private get target(): number {
    const lastRising = this.frameStart + 2 * SLOTS * this.width - 1;
    return this.isFolded && this.half < lastRising ? lastRising : this.half + 1;
  }

  private plan(): void {
    const { scheduler } = this.context;
    scheduler.schedule(this.next, Math.max(this.tickOf(this.target), scheduler.now()));
  }

  private tickOf(half: number): number {
    const divider = this.mckDivider * (RATIOS[this.registers.field('CONFIG.RATIO', 'RATIO')] ?? 256);
    // A frame of `divider` cycles of PCLK32M is 2 * width periods of SCK.
    return this.origin + mulAddDiv(half, this.context.scheduler.rootHz * divider, 0, this.clock.hz * 2 * SLOTS * this.width);
  }

  private tick(): void {
    const { target } = this;
    while (this.half < target) this.step();
    if (this.isRunning) this.plan();
  }

  private step(): void {
    this.half++;
    if ((this.half & 1) === 1) this.clockRises();
    else this.clockFalls();
  }

  /** What changes at this edge comes after the sample is taken. */
  private clockRises(): void {
    const lrck = this.lrckAt(this.position);
    this.shiftIn();
    if (!this.isFolded) this.pads.pin('SCK')?.drive(true);
    else this.send((sender) => sender.rising(lrck, this.tickOf(this.half)));
  }

  private clockFalls(): void {
    if (!this.isFolded) this.pads.pin('SCK')?.drive(false);
    else this.send((sender) => sender.falling());
    if (this.position === 0 && this.isStopping) return this.stopped();
    if (this.position === 0) {
      this.frameStart = this.half;
      this.beginFrame();
      this.chooseFolding();
    }
    if (!this.isFolded) this.shiftOut();
  }

  // -- Frames whose clocks are left out. Each begins with SCK low and LRCK at the left channel, so that these levels stay true.

  private chooseFolding(): void {
    const net = (name: 'SCK' | 'LRCK' | 'SDIN' | 'SDOUT'): Net | undefined => this.pads.pin(name)?.net;
    const [sck, lrck, sdin, sdout] = [net('SCK'), net('LRCK'), net('SDIN'), net('SDOUT')];
    const isWatched = [sck, lrck, sdin, sdout].some((wire) => wire?.isWatched === true);
    const isHeard = sdout !== undefined && (sdout === sdin || this.sends);
    const senders = sck === undefined || lrck === undefined ? [] : sdin?.linksOf(I2sTransmitter).filter((sender) => sender.sck === sck && sender.ws === lrck) ?? [];
    if (isWatched || isHeard || senders.length === 0) this.unfold();
    else if (!this.isFolded) this.fold(senders, sdin?.level ?? false);
  }

  private fold(senders: readonly I2sTransmitter[], held: boolean): void {
    this.isFolded = true;
    this.senders = senders;
    this.held = held;
    for (const sender of senders) sender.onBeforeChange = () => this.catchUp();
  }

  /** From here on the wires are driven, and are as they would be if they had always been. */
  private unfold(): void {
    if (!this.isFolded) return;
    this.isFolded = false;
    for (const sender of this.senders) {
      sender.onBeforeChange = undefined;
      sender.show(this.held);
    }
    this.senders = [];
  }

  /** The edges that have been by now. */
  private catchUp(): void {
    const now = this.context.scheduler.now();
    while (this.isFolded && this.half + 1 < this.target && this.tickOf(this.half + 1) <= now) this.step();
  }

  /** A net that nobody drives keeps its level. */
  private send(act: (sender: I2sTransmitter) => void): void {
    for (const sender of this.senders) act(sender);
    const driving = this.senders.find(({ output }) => output !== OPEN);
    if (driving !== undefined) this.held = driving.output === 1;
  }

  /** In I2S format LRCK changes a bit before the slot: with the last bit of the one before. */
  private lrckAt(position: number): boolean {
    const ahead = this.leftLevel ? position : (position + 1) % (SLOTS * this.width);
    return (ahead < this.width) === this.leftLevel;
  }

  // -- As slave: the same on the edges of the master's clock; a frame begins where LRCK comes back to the left channel.

  private edge(level: boolean): void {
    if (level) this.shiftIn();
    else {
      const lrck = this.pads.pin('LRCK')?.level ?? false;
      const isLeft = lrck === this.leftLevel;
      if (lrck !== this.lastLrck && isLeft) this.position = 0;
      this.lastLrck = lrck;
      if (this.position === 0 && this.isStopping) return this.stopped();
      if (this.position === 0) this.beginFrame();
      this.shiftOut();
    }
  }

  private stopped(): void {
    this.halt();
    this.events.emit('EVENTS_STOPPED');
  }

  // -- A frame: two slots of `width` bits, the most significant first.

  /** LRCK in the left channel: low in I2S format, high in the aligned one. */
  private get leftLevel(): boolean { return this.registers.is('CONFIG.FORMAT', 'FORMAT', 'Aligned'); }

  private beginFrame(): void {
    this.input = [0, 0];
    this.output = this.sends ? this.fetch() : [0, 0];
  }

  /** Which slots stand in RAM. A single channel is sent in both. */
  private get channels(): number { return this.registers.field('CONFIG.CHANNELS', 'CHANNELS') === 0 ? SLOTS : 1; }

  private fetch(): number[] {
    const { sampleBytes } = this;
    const bytes = new Uint8Array(sampleBytes * this.channels);
    if (this.bytes > 0) this.dma.read((this.tx + this.done) >>> 0, bytes);
    const sample = (index: number): number => bytes.subarray(index * sampleBytes, (index + 1) * sampleBytes).reduceRight((sum, byte) => ((sum << 8) | byte) >>> 0, 0);
    const mask = 2 ** this.width - 1;
    return this.channels === 1 ? [sample(0) & mask, sample(0) & mask] : [sample(0) & mask, sample(1) & mask];
  }

  private shiftOut(): void {
    const { width, position } = this;
    const slot = position < width ? 0 : 1;
    if (this.isMaster) this.pads.pin('LRCK')?.drive(this.lrckAt(position));
    const bitInSlot = width - 1 - (position % width);
    if (this.sends) this.pads.pin('SDOUT')?.drive(((this.output[slot] >>> bitInSlot) & 1) === 1);
  }

  private shiftIn(): void {
    const { width, position } = this;
    const slot = position < width ? 0 : 1;
    const level = this.isFolded ? this.held : this.pads.pin('SDIN')?.level ?? false;
    this.input[slot] = ((this.input[slot] << 1) | (level ? 1 : 0)) >>> 0;
    this.position = position + 1;
    if (this.position < SLOTS * width) return;
    this.position = 0;
    this.endFrame();
  }

  private endFrame(): void {
    if (this.bytes === 0) return;
    if (this.receives) this.store();
    this.done += this.sampleBytes * this.channels;
    if (this.done >= this.bytes) this.latch();
  }

  private store(): void {
    const { sampleBytes, width } = this;
    const chosen = this.registers.is('CONFIG.CHANNELS', 'CHANNELS', 'Right') ? [this.input[1]] : this.input.slice(0, this.channels);
    // 24 bits are extended by their sign to the word.
    const stored = chosen.map((value) => ((value << (32 - width)) >> (32 - width)));
    const bytes = Uint8Array.from(stored.flatMap((value) => Array.from({ length: sampleBytes }, (_, index) => (value >> (8 * index)) & 0xff)));
    this.dma.write((this.rx + this.done) >>> 0, bytes);
  }
}

export const I2S_BLOCK = defineBlock({ irqs: ['irq'], clocks: ['clk'], options: z.strictObject({}), create: (context) => new I2s(context) });
