/**
 * The air between radios: frames by frequency and modulation, on one root time base. A sender begins a frame, tells when its
 * address is out, adds bits as it takes them from memory, and ends it; receivers look at the bits when theirs would arrive.
 * Two frames at one time on one frequency disturb each other. Propagation takes no time; PATH_LOSS_DB lies between any two.
 */
import type { ResetKind, Snapshot, SnapshotValue, Stateful } from '../bus/types.js';
import { restoreEvent, saveEvent, timedEvent } from '../time/event-queue.js';
import type { RootTicks, Scheduler } from '../time/types.js';

/** A frame as it was on the air: what a machine offers and takes. */
export interface AirPacket {
  /** Carrier, MHz. */
  readonly megahertz: number;
  /** Who can hear it: radios of the same modulation, such as `nrf-1m` or `ble-1m`. */
  readonly modulation: string;
  /** At the sender's antenna. */
  readonly powerDbm: number;
  /** Root tick of the preamble's first bit. */
  readonly begins: RootTicks;
  /** Root ticks of the address's first bit and of the end of its last bit. */
  readonly addressBegins: RootTicks;
  readonly addressEnds: RootTicks;
  readonly ends: RootTicks;
  /** Microseconds of a bit after the address. */
  readonly bitMicroseconds: number;
  /** From the address on, in the order on the air, one bit in each byte. */
  readonly bits: Uint8Array;
  /** How many of them are address. */
  readonly addressBits: number;
}

/** A frame under way or just over. Bits that its sender has not fetched yet are missing. */
export interface AirFrame extends AirPacket {
  readonly id: number;
  /** Infinity while it is under way. */
  ends: RootTicks;
  bits: Uint8Array;
  /** Another frame or the sender's end has broken it: what is received is wrong. */
  isDisturbed: boolean;
}

/** Loss between any two antennas: some ten metres in the open. */
export const PATH_LOSS_DB = 60;
/** Ended frames are kept for receivers that expect more bits: longer than the longest frame (258 bytes at 125 kbit/s). */
const KEPT_SECONDS = 0.02;
const MOST_BITS = 8192;
const MOST_INJECTED = 4096;
const MOST_KEPT = 65536;

export type Hearing = (frame: AirFrame) => void;
interface Injected { readonly packet: AirPacket; id: number }

export class Ether implements Stateful {
  private frames = new Map<number, AirFrame>();
  private nextId = 0;
  private readonly receivers: Hearing[] = [];
  private readonly senders: Hearing[] = [];
  private readonly listeners: ((packet: AirPacket) => void)[] = [];
  /** From outside, in the order of their begin; an id once they are on the air. */
  private injected: Injected[] = [];
  private readonly next = timedEvent(() => this.carryOn());

  constructor(private readonly scheduler: Scheduler) {}

  // -- For radios.

  /** @param hears called when a frame's address has ended */
  addReceiver(hears: Hearing): void {
    this.receivers.push(hears);
  }

  /** @param fetch called with a frame whose bits a receiver needs now: its sender adds those that are due */
  addSender(fetch: Hearing): void {
    this.senders.push(fetch);
  }

  fetch(frame: AirFrame): void {
    for (const fetch of this.senders) fetch(frame);
  }

  begin(packet: Omit<AirPacket, 'ends'>): AirFrame {
    this.forgetOld();
    const frame: AirFrame = { ...packet, id: this.nextId++, ends: Infinity, isDisturbed: false };
    for (const other of this.frames.values()) {
      if (other.megahertz !== frame.megahertz || other.ends <= frame.begins) continue;
      other.isDisturbed = true;
      frame.isDisturbed = true;
    }
    this.frames.set(frame.id, frame);
    return frame;
  }

  announce(frame: AirFrame): void {
    for (const hears of this.receivers) hears(frame);
  }

  /** The frame has left whole. */
  end(frame: AirFrame): void {
    frame.ends = this.scheduler.now();
    for (const listener of this.listeners) listener({ ...frame, bits: frame.bits.slice() });
  }

  /** The sender went silent in the middle. */
  breakOff(frame: AirFrame): void {
    frame.ends = this.scheduler.now();
    frame.isDisturbed = true;
  }

  frame(id: number): AirFrame | undefined {
    return this.frames.get(id);
  }

  /** Strongest level at any receiver since a tick, dBm; -Infinity when there was nothing. @param modulation only of this */
  levelDbm(megahertz: number, since: RootTicks, modulation?: string): number {
    let level = -Infinity;
    for (const frame of this.frames.values()) {
      const isHeard = frame.megahertz === megahertz && frame.ends > since && (modulation === undefined || frame.modulation === modulation);
      if (isHeard) level = Math.max(level, frame.powerDbm - PATH_LOSS_DB);
    }
    return level;
  }

  // -- For whoever connects machines.

  /** Called with every frame of this machine's radios, at its end. */
  onTransmission(listener: (packet: AirPacket) => void): void {
    this.listeners.push(listener);
  }

  /** Puts a frame of another machine on the air. @throws RangeError when it begins in the past or makes no sense */
  inject(packet: AirPacket): void {
    const { begins, addressBegins, addressEnds, ends, bits, addressBits } = packet;
    const ticks = [begins, addressBegins, addressEnds, ends];
    if (!ticks.every((tick, index) => Number.isSafeInteger(tick) && tick >= (ticks[index - 1] ?? this.scheduler.now()))) {
      throw new RangeError(`radio: a packet's ticks ${ticks.join(', ')} must be whole, ascending and not before ${this.scheduler.now()}`);
    }
    if (bits.length > MOST_BITS || !(addressBits >= 0 && addressBits <= bits.length)) throw new RangeError(`radio: a packet of ${bits.length} bits, ${addressBits} of them address; at most ${MOST_BITS} are possible`);
    if (this.injected.length >= MOST_INJECTED) throw new RangeError(`radio: ${MOST_INJECTED} packets wait already; inject them nearer to their time`);
    this.injected.push({ packet: { ...packet, bits: bits.slice() }, id: -1 });
    this.plan();
  }

  // -- State.

  /** A chip's reset ends its own frames alone; a new start of time clears the air. */
  reset(kind?: ResetKind): void {
    if (kind === 'power-on') {
      this.frames.clear();
      this.injected = [];
      this.nextId = 0;
    }
    this.plan();
  }

  snapshot(): Snapshot {
    return {
      nextId: this.nextId, next: saveEvent(this.next),
      frames: [...this.frames.values()].map((frame) => ({ ...saved(frame), id: frame.id, isDisturbed: frame.isDisturbed ? 1 : 0 })),
      injected: this.injected.map(({ packet, id }) => ({ ...saved(packet), id })),
    };
  }

  restore(from: Snapshot): void {
    const frames = listFrom(from, 'frames', MOST_KEPT);
    const injected = listFrom(from, 'injected', MOST_INJECTED);
    this.nextId = Number(from['nextId']);
    this.frames = new Map(frames.map((one) => [Number(one['id']), { ...restored(one), id: Number(one['id']), isDisturbed: one['isDisturbed'] === 1 }]));
    this.injected = injected.map((one) => ({ packet: restored(one), id: Number(one['id']) }));
    restoreEvent(this.scheduler, this.next, from['next']);
  }

  // -- Frames from outside.

  private plan(): void {
    let due = Infinity;
    for (const one of this.injected) due = Math.min(due, this.dueOf(one));
    if (due === Infinity) this.scheduler.cancel(this.next);
    else this.scheduler.schedule(this.next, Math.max(due, this.scheduler.now()));
  }

  /** When the next thing happens to it: its begin, its address's end, its end. */
  private dueOf({ packet, id }: Injected): RootTicks {
    if (id < 0) return packet.begins;
    return this.scheduler.now() < packet.addressEnds ? packet.addressEnds : packet.ends;
  }

  private carryOn(): void {
    const now = this.scheduler.now();
    for (const one of [...this.injected]) {
      const { packet } = one;
      if (one.id < 0 && packet.begins <= now) one.id = this.begin(packet).id;
      const frame = this.frames.get(one.id);
      if (!frame) continue;
      if (packet.addressEnds === now) this.announce(frame);
      if (packet.ends <= now) {
        frame.ends = packet.ends;
        this.injected = this.injected.filter((other) => other !== one);
      }
    }
    this.plan();
  }

  private forgetOld(): void {
    const oldest = this.scheduler.now() - KEPT_SECONDS * this.scheduler.rootHz;
    for (const [id, frame] of this.frames) if (frame.ends < oldest) this.frames.delete(id);
  }
}

type SavedFrame = Readonly<Record<string, SnapshotValue>>;

/** An end that has not come yet is saved as -1. */
function saved({ megahertz, modulation, powerDbm, begins, addressBegins, addressEnds, ends, bitMicroseconds, bits, addressBits }: AirPacket): SavedFrame {
  return { megahertz, modulation, powerDbm, begins, addressBegins, addressEnds, ends: ends === Infinity ? -1 : ends, bitMicroseconds, bits: bits.join(''), addressBits };
}

function restored(from: SavedFrame): AirPacket {
  const number = (key: string): number => Number(from[key]);
  const bits = String(from['bits']);
  return {
    megahertz: number('megahertz'), modulation: String(from['modulation']), powerDbm: number('powerDbm'),
    begins: number('begins'), addressBegins: number('addressBegins'), addressEnds: number('addressEnds'),
    ends: number('ends') < 0 ? Infinity : number('ends'), bitMicroseconds: number('bitMicroseconds'),
    bits: Uint8Array.from(bits.slice(0, MOST_BITS), (bit) => (bit === '1' ? 1 : 0)), addressBits: number('addressBits'),
  };
}

function listFrom(from: Snapshot, key: string, longest: number): SavedFrame[] {
  const list = from[key];
  if (!Array.isArray(list) || list.length > longest) throw new Error(`ether: the snapshot has no list "${key}"; restore one taken from the same model`);
  return list as SavedFrame[];
}
