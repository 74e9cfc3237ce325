/**
 * A camera's parallel port: VSYNC, HREF, PCLK and data as functions of time. While nobody watches a wire, its level is
 * computed for whoever reads it and costs no events; when somebody does, every edge is driven. Both ways the levels are the
 * same at every tick.
 *
 * Time is counted in half ticks of the camera's internal clock. A frame begins with VSYNC; what it shows and how it is timed
 * is settled then and holds to its end. A new rate of the clock holds at once, from where the frame is.
 */
import type { Snapshot, SnapshotValue, Stateful } from '../../bus/types.js';
import { restoreEvent, saveEvent, timedEvent } from '../../time/event-queue.js';
import { mulAddDiv } from '../../time/exact.js';
import type { RootTicks, Scheduler } from '../../time/types.js';
import { Pin, type Net, type Shortcut } from '../../wires/net.js';

/** A frame's timing, in ticks of the internal clock from the start of VSYNC. */
export interface FrameTiming {
  readonly ticksPerLine: number;
  readonly lines: number;
  /** VSYNC is active in the frame's first lines. */
  readonly vsyncLines: number;
  /** For each line, the row of the picture that it carries, or -1. */
  readonly rowOfLine: Int16Array;
  /** Where in its line a row begins, how many words it has, and how long each is: a whole period of PCLK. */
  readonly firstTick: number;
  readonly wordsPerRow: number;
  readonly ticksPerWord: number;
  /** A pulse in every line in place of HREF: its first tick and the one after it. */
  readonly hsync?: { readonly from: number; readonly to: number } | undefined;
  /** PCLK rests while no row is put out. */
  readonly gatesClock: boolean;
  readonly invertsClock: boolean;
  readonly invertsHref: boolean;
  readonly invertsVsync: boolean;
}

export interface Frame {
  readonly timing: FrameTiming;
  /** What is on the data pins: [row][word]. Asked for when a row is put out. */
  words(): Uint8Array;
}

export interface PixelPortOptions {
  readonly pin: (name: string) => Net | undefined;
  /** Pins in this order: VSYNC, HREF, PCLK, then data from bit 0. */
  readonly names: readonly string[];
  /** For messages about contention. */
  readonly part: string;
  /** A frame begins at that tick: settles what it is by the settings of now. */
  readonly frame: (at: RootTicks) => Frame;
  /** The frame that was settled last and began at that tick, again: after a restore. */
  readonly resume: (at: RootTicks) => Frame;
  /** A frame has begun: at its tick or later. `count`: how many frames, where nobody looked. */
  readonly onFrame?: (at: RootTicks, count: number) => void;
}

const VSYNC = 1;
const HREF = 2;
const PCLK = 4;
const FIRST_DATA = 3;
const CLOCKED = ~(VSYNC | HREF | PCLK);

interface Output extends Shortcut { readonly pin: Pin; readonly mask: number; isFolded: boolean }

export class PixelPort implements Stateful {
  private readonly outputs: readonly Output[];
  /** Half ticks per root tick of the clock, as a ratio: one takes num / (2 den) root ticks. Undefined while it stands. */
  private rate: { readonly num: number; readonly den: number } | undefined;
  private origin: RootTicks = 0;
  /** Half ticks from the origin to the start of the frame; negative when it began before. */
  private frameStart = 0;
  private frame: Frame | undefined;
  private frameTick: RootTicks = 0;
  private words: Uint8Array | undefined;
  private isReleased = true;
  private hasRun = false;
  /** Levels of all outputs as bits, for the tick of the last look. */
  private seenAt = -1;
  private seen = 0;
  /** For each line the next one, itself included, that carries a row; as many as there are lines for none. */
  private nextRowLine: Int16Array = new Int16Array(0);
  private readonly edge = timedEvent(() => this.driveEdges());

  constructor(private readonly scheduler: Scheduler, private readonly options: PixelPortOptions) {
    this.outputs = options.names.flatMap((name, index): Output[] => {
      const net = options.pin(name);
      if (net === undefined) return [];
      const output: Output = {
        pin: new Pin(`${options.part} ${name}`, net), mask: 1 << index, isFolded: false,
        levelAt: (now) => (this.levels(now) & output.mask) !== 0,
        unfold: () => this.unfold(output),
      };
      return [output];
    });
  }

  /** Whether frames are put out. */
  get isRunning(): boolean { return this.rate !== undefined && this.frame !== undefined; }

  /** Root tick at which the present frame began. */
  get frameBegan(): RootTicks { return this.frameTick; }

  /** How long a frame of the present timing takes, in root ticks. */
  get frameTicks(): number {
    const { rate, frame } = this;
    return rate === undefined || frame === undefined ? 0 : mulAddDiv(halvesPerFrame(frame.timing), rate.num, 0, 2 * rate.den);
  }

  /** The internal clock's period in root ticks, or undefined while it stands: levels stay as they are. */
  setClock(period: { readonly num: number; readonly den: number } | undefined): void {
    const { rate } = this;
    if (period?.num === rate?.num && period?.den === rate?.den) return;
    const now = this.scheduler.now();
    this.catchUp(now);
    if (rate !== undefined) this.frameStart -= this.halves(now);
    this.origin = now;
    this.rate = period && { num: period.num, den: period.den };
    this.seenAt = -1;
    this.present();
  }

  /** A new frame begins now. */
  restart(): void {
    const now = this.scheduler.now();
    this.isReleased = false;
    this.hasRun = true;
    this.origin = now;
    this.frameStart = 0;
    this.begin(now, 1);
    this.present();
  }

  /** No frames: every output low, or let go. */
  halt(released = false): void {
    this.frame = undefined;
    this.words = undefined;
    this.isReleased = released || !this.hasRun;
    this.seenAt = -1;
    this.scheduler.cancel(this.edge);
    this.present();
  }

  /** Goes through the frames that have begun: before the settings of the next one change. */
  catchUp(now = this.scheduler.now()): void {
    if (this.frame === undefined || this.rate === undefined) return;
    const halves = this.halves(now);
    let length = halvesPerFrame(this.frame.timing);
    if (halves < this.frameStart + length) return;
    this.frameStart += length;
    this.begin(this.tickOf(this.frameStart), 1);
    length = halvesPerFrame(this.frame.timing);
    const skipped = Math.floor((halves - this.frameStart) / length);
    if (skipped <= 0) return;
    this.frameStart += skipped * length;
    this.begin(this.tickOf(this.frameStart), skipped);
  }

  /** As at power-on: the clock standing, and outputs let go until a first frame, so that a camera that nobody uses leaves its wires to others. */
  reset(): void {
    this.rate = undefined;
    this.origin = this.frameStart = this.frameTick = 0;
    this.hasRun = false;
    this.halt();
  }

  snapshot(): Snapshot {
    const { rate, origin, frameStart, frameTick, frame, isReleased } = this;
    return {
      rate: rate === undefined ? null : [rate.num, rate.den], numbers: [origin, frameStart, frameTick], isOn: frame === undefined ? 0 : 1,
      isReleased: isReleased ? 1 : 0, hasRun: this.hasRun ? 1 : 0, folded: this.outputs.map(({ isFolded }) => (isFolded ? 1 : 0)), edge: saveEvent(this.edge),
    };
  }

  /** After the nets and after what `frame` is made from, as it was when the present frame began. */
  restore(from: Snapshot): void {
    const { rate, numbers, folded } = from;
    if (!isWholes(numbers, 3) || !isWholes(folded, this.outputs.length) || (rate !== null && (!isWholes(rate, 2) || rate.includes(0)))) {
      throw new Error(`the snapshot is not of ${this.options.part}'s port`);
    }
    this.rate = rate === null ? undefined : { num: rate[0], den: rate[1] };
    [this.origin, this.frameStart, this.frameTick] = numbers;
    this.isReleased = from['isReleased'] === 1;
    this.hasRun = from['hasRun'] === 1;
    this.seenAt = -1;
    this.frame = undefined;
    if (from['isOn'] === 1) this.show(this.options.resume(this.frameTick));
    this.outputs.forEach((output, i) => {
      // Notices that came while the machine was being put back may have folded it.
      if (output.isFolded) output.pin.endShortcut();
      output.isFolded = folded[i] === 1;
      if (output.isFolded) output.pin.beginShortcut(output);
    });
    restoreEvent(this.scheduler, this.edge, from['edge']);
  }

  // -- Time.

  private halves(now: RootTicks): number {
    return mulAddDiv(Math.max(0, now - this.origin), 2 * this.rate!.den, 0, this.rate!.num);
  }

  private tickOf(half: number): RootTicks {
    return half <= 0 ? this.origin : this.origin + mulAddDiv(half, this.rate!.num, 2 * this.rate!.den - 1, 2 * this.rate!.den);
  }

  private begin(at: RootTicks, count: number): void {
    this.frameTick = at;
    this.show(this.options.frame(at));
    this.options.onFrame?.(at, count);
  }

  private show(frame: Frame): void {
    const isSameTiming = this.frame?.timing === frame.timing;
    this.frame = frame;
    this.words = undefined;
    this.seenAt = -1;
    if (!isSameTiming) this.nextRowLine = nextRows(frame.timing);
  }

  // -- Levels.

  /** Hot path: firmware that polls the port asks for several pins at each tick. */
  private levels(now: RootTicks): number {
    if (now === this.seenAt) return this.seen;
    this.catchUp(now);
    const { frame } = this;
    // A standing clock leaves the frame where it is.
    const since = this.rate === undefined ? -this.frameStart : this.halves(now) - this.frameStart;
    // An event that comes late in the core's eyes may ask for a tick before the last look, in the frame before.
    this.seen = frame === undefined ? 0 : this.levelsIn(frame.timing, Math.max(0, since));
    this.seenAt = now;
    return this.seen;
  }

  private levelsIn(timing: FrameTiming, half: number): number {
    const { ticksPerLine, rowOfLine, firstTick, wordsPerRow, ticksPerWord, hsync } = timing;
    const perLine = 2 * ticksPerLine;
    const line = Math.floor(half / perLine);
    const inLine = half - line * perLine;
    const inRow = inLine - 2 * firstTick;
    const perWord = 2 * ticksPerWord;
    const row = rowOfLine[line];
    const isActive = row >= 0 && inRow >= 0 && inRow < wordsPerRow * perWord;
    let levels = 0;
    if ((line < timing.vsyncLines) !== timing.invertsVsync) levels |= VSYNC;
    const isHref = hsync === undefined ? isActive : inLine >= 2 * hsync.from && inLine < 2 * hsync.to;
    if (isHref !== timing.invertsHref) levels |= HREF;
    const phase = ((inRow % perWord) + perWord) % perWord;
    if (((isActive || !timing.gatesClock) && phase >= ticksPerWord) !== timing.invertsClock) levels |= PCLK;
    if (isActive) {
      this.words ??= this.frame!.words();
      levels |= this.words[row * wordsPerRow + Math.floor(inRow / perWord)] << FIRST_DATA;
    }
    return levels;
  }

  // -- Outputs.

  /** Stands for the levels where nobody watches, and drives those of now elsewhere. */
  private present(): void {
    if (this.isReleased) {
      for (const output of this.outputs) this.letGo(output);
      return;
    }
    const levels = this.levels(this.scheduler.now());
    for (const output of this.outputs) {
      if (output.isFolded) continue;
      const { pin, mask } = output;
      if (!pin.net.isFollowed && pin.net.canShortcut(pin)) {
        output.isFolded = true;
        pin.beginShortcut(output);
      } else pin.drive((levels & mask) !== 0);
    }
    this.plan();
  }

  private letGo(output: Output): void {
    output.pin.release();
    if (!output.isFolded) return;
    output.isFolded = false;
    output.pin.endShortcut();
  }

  private unfold(output: Output): void {
    if (!output.isFolded) return;
    output.isFolded = false;
    output.pin.drive(output.levelAt(this.scheduler.now()));
    output.pin.endShortcut();
    this.plan();
  }

  private driveEdges(): void {
    const now = this.scheduler.now();
    const began = this.frameTick;
    const levels = this.levels(now);
    if (this.frameTick !== began) {
      // Once a frame: who has stopped watching costs nothing any more.
      this.present();
      return;
    }
    for (const output of this.outputs) if (!output.isFolded) output.pin.drive((levels & output.mask) !== 0);
    this.plan();
  }

  /** The next tick at which one of the driven outputs may change. */
  private plan(): void {
    let driven = 0;
    for (const { isFolded, mask } of this.outputs) if (!isFolded) driven |= mask;
    if (driven === 0 || this.frame === undefined || this.rate === undefined) {
      this.scheduler.cancel(this.edge);
      return;
    }
    const now = this.scheduler.now();
    const half = Math.max(0, this.halves(now) - this.frameStart);
    this.scheduler.schedule(this.edge, Math.max(now, this.tickOf(this.frameStart + this.nextChange(this.frame.timing, half, driven))));
  }

  private nextChange(timing: FrameTiming, half: number, driven: number): number {
    const perLine = 2 * timing.ticksPerLine;
    const line = Math.floor(half / perLine);
    let next = timing.lines * perLine;
    if ((driven & VSYNC) !== 0 && line < timing.vsyncLines) next = Math.min(next, timing.vsyncLines * perLine);
    if ((driven & HREF) !== 0) next = Math.min(next, timing.hsync === undefined ? this.nextRowEdge(timing, half) : nextHsync(timing.hsync, half, line, perLine));
    if ((driven & CLOCKED) !== 0) next = Math.min(next, this.nextInRow(timing, half, 2 * timing.ticksPerWord));
    if ((driven & PCLK) !== 0) next = Math.min(next, timing.gatesClock ? this.nextInRow(timing, half, timing.ticksPerWord) : nextClock(timing, half, line, perLine));
    return next;
  }

  /** The next begin or end of a row. */
  private nextRowEdge(timing: FrameTiming, half: number): number {
    const perLine = 2 * timing.ticksPerLine;
    const length = 2 * timing.ticksPerWord * timing.wordsPerRow;
    for (let line = this.nextRowLine[Math.floor(half / perLine)]; line < timing.lines; line = this.nextRowLine[line + 1] ?? timing.lines) {
      const start = line * perLine + 2 * timing.firstTick;
      if (start > half) return start;
      if (start + length > half) return start + length;
    }
    return timing.lines * perLine;
  }

  /** The next multiple of `step` in a row, or the next row's begin or end. */
  private nextInRow(timing: FrameTiming, half: number, step: number): number {
    const perLine = 2 * timing.ticksPerLine;
    const line = Math.floor(half / perLine);
    const inRow = half - line * perLine - 2 * timing.firstTick;
    const edge = this.nextRowEdge(timing, half);
    if (timing.rowOfLine[line] < 0 || inRow < 0 || inRow >= 2 * timing.ticksPerWord * timing.wordsPerRow) return edge;
    return Math.min(edge, half + step - (inRow % step));
  }
}

const halvesPerFrame = ({ lines, ticksPerLine }: FrameTiming): number => 2 * lines * ticksPerLine;

function nextRows({ lines, rowOfLine }: FrameTiming): Int16Array {
  const next = new Int16Array(lines + 1).fill(lines);
  for (let line = lines - 1; line >= 0; line--) next[line] = rowOfLine[line] >= 0 ? line : next[line + 1];
  return next;
}

function nextHsync({ from, to }: { readonly from: number; readonly to: number }, half: number, line: number, perLine: number): number {
  const inLine = half - line * perLine;
  const next = inLine < 2 * from ? 2 * from : inLine < 2 * to ? 2 * to : perLine + 2 * from;
  return line * perLine + next;
}

/** PCLK that runs all the time is in step with the rows; at the end of a line it may be cut short. */
function nextClock({ firstTick, ticksPerWord }: FrameTiming, half: number, line: number, perLine: number): number {
  const inRow = half - line * perLine - 2 * firstTick;
  const phase = ((inRow % ticksPerWord) + ticksPerWord) % ticksPerWord;
  return Math.min((line + 1) * perLine, half + ticksPerWord - phase);
}

function isWholes(value: SnapshotValue | undefined, length: number): value is number[] {
  return Array.isArray(value) && value.length === length && value.every((n) => Number.isSafeInteger(n));
}
