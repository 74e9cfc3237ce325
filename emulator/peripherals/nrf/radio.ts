/**
 * Nordic RADIO: 2.4 GHz transceiver that takes packets from RAM and puts them there.
 * Source: nRF52840 Product Specification v1.1, RADIO; nRF52833 Product Specification v1.5; nRF51 Reference Manual v3.0. Delays of
 * the transmit and receive chains (about 1 us and 3 to 10 us) are taken as none: events are at the times of bits on the air.
 * A packet's header is taken from RAM at ADDRESS and its payload at PAYLOAD, the latest that hardware would, or when a receiver
 * looks at it before.
 * Not modelled: direction finding, RATEBOOST, SYNC and PDUSTAT of long range, constant carrier, that HFXO must run.
 */
import { z } from 'zod';
import type { Snapshot } from '../../bus/types.js';
import { restoreEvent, saveEvent, timedEvent } from '../../time/event-queue.js';
import { Ether, type AirFrame } from '../../wires/ether.js';
import { defineBlock, numberFrom, partFrom, RegisterPeripheral, type BlockContext, type SharedKind } from '../block.js';
import type { RegisterMap } from '../registers/index.js';
import { ticksOfMicroseconds } from './aes.js';
import { EasyDma } from './easy-dma.js';
import { switchPower } from './power-switch.js';
import { RADIO, RADIO_NRF51, RADIO_NRF52833, type RadioSpec } from './radio-map.js';
import { addressBits, addressMatch, type AddressRegisters } from './radio-address.js';
import { LONG_RANGE, modeOf, rssiMicroseconds, switchingTimes, type RadioFamily, type RadioMode } from './radio-modes.js';
import { bitsOf, bitsOfBytes, bytesOfBits, crcOf, headerBits, headerBitsOf, headerBytes, headerBytesOf, lengthIn, numberOf, payloadBytesOf, whitened, type Layout } from './radio-packet.js';
import { TaskEvents, type EventName, type Shortcut, type TaskName } from './task-events.js';

export const ETHER: SharedKind<Ether> = { make: ({ scheduler }) => new Ether(scheduler) };

const STATE = { disabled: 0, rxRampUp: 1, rxIdle: 2, rx: 3, rxDisable: 4, txRampUp: 9, txIdle: 10, tx: 11, txDisable: 12 } as const;
/** What the next step ends: a ramp-up or ramp-down, or a part of a packet; `search` waits for a packet. */
const STAGE = { none: 0, rampUp: 1, rampDown: 2, search: 3, address: 4, header: 5, payload: 6, crc: 7, term2: 8 } as const;
const MEASURING = { nothing: 0, energy: 1, channel: 2 } as const;
const NO_FRAME = -1;
/** Level where nothing is on the air. */
const NOISE_DBM = -100;
/** EDSAMPLE: level = -92 dBm + 4 dB * sample (nRF52840 Product Specification v1.1, "Energy detection": ED_RSSIOFFS, ED_RSSISCALE). */
const ED = { offsetDbm: -92, scale: 4, microseconds: 128 } as const;
const DEVICE_ADDRESS_BITS = 48;

const shortcut = (bit: number, event: EventName<RadioSpec>, task: TaskName<RadioSpec>): Shortcut<RadioSpec> => ({ bit, event, task });
const SHORTS_COMMON = [
  shortcut(0, 'EVENTS_READY', 'TASKS_START'), shortcut(1, 'EVENTS_END', 'TASKS_DISABLE'), shortcut(2, 'EVENTS_DISABLED', 'TASKS_TXEN'),
  shortcut(3, 'EVENTS_DISABLED', 'TASKS_RXEN'), shortcut(4, 'EVENTS_ADDRESS', 'TASKS_RSSISTART'), shortcut(5, 'EVENTS_END', 'TASKS_START'),
  shortcut(6, 'EVENTS_ADDRESS', 'TASKS_BCSTART'), shortcut(8, 'EVENTS_DISABLED', 'TASKS_RSSISTOP'),
];
const SHORTS_NRF52 = [
  ...SHORTS_COMMON,
  shortcut(11, 'EVENTS_RXREADY', 'TASKS_CCASTART'), shortcut(12, 'EVENTS_CCAIDLE', 'TASKS_TXEN'), shortcut(13, 'EVENTS_CCABUSY', 'TASKS_DISABLE'),
  shortcut(14, 'EVENTS_FRAMESTART', 'TASKS_BCSTART'), shortcut(15, 'EVENTS_READY', 'TASKS_EDSTART'), shortcut(16, 'EVENTS_EDEND', 'TASKS_DISABLE'),
  shortcut(17, 'EVENTS_CCAIDLE', 'TASKS_STOP'), shortcut(18, 'EVENTS_TXREADY', 'TASKS_START'), shortcut(19, 'EVENTS_RXREADY', 'TASKS_START'),
  shortcut(20, 'EVENTS_PHYEND', 'TASKS_DISABLE'), shortcut(21, 'EVENTS_PHYEND', 'TASKS_START'),
];

export class Radio extends RegisterPeripheral {
  protected readonly registers;
  readonly ether: Ether;
  private readonly events: TaskEvents<RadioSpec>;
  private readonly dma: EasyDma;
  private readonly state: Uint32Array;
  private readonly isNrf51: boolean;
  private stage: number = STAGE.none;
  /** PACKETPTR as START took it. */
  private packetAt = 0;
  private frameId = NO_FRAME;
  /** Root tick since when it listens. */
  private listensSince = 0;
  /** Root tick of the last END: TIFS counts from it. */
  private lastEnd = 0;
  /** While DISABLED is told: what its shortcuts enable keeps TIFS. */
  private isTurning = false;
  private bitCountBegan = -1;
  private measuring: number = MEASURING.nothing;
  private measuresSince = 0;
  private readonly step = timedEvent(() => this.advance());
  private readonly counted = timedEvent(() => this.events.emit('EVENTS_BCMATCH'));
  private readonly rssi = timedEvent(() => this.sampleRssi());
  private readonly match = timedEvent(() => this.matchPayload());
  private readonly measured = timedEvent(() => this.endMeasuring());

  constructor(private readonly context: BlockContext, private readonly family: RadioFamily) {
    super();
    this.isNrf51 = family === 'nrf51';
    this.dma = new EasyDma(context);
    this.ether = context.shared(ETHER);
    this.ether.addReceiver((frame) => this.hear(frame));
    this.ether.addSender((frame) => { if (this.state[0] === STATE.tx && this.stage === STAGE.payload && frame.id === this.frameId) this.fill(frame); });
    // One type for the three maps: what a family does not have is asked nowhere for it.
    const maps = { nrf51: RADIO_NRF51, nrf52833: RADIO_NRF52833, nrf52840: RADIO };
    this.events = new TaskEvents(maps[family] as unknown as RegisterMap<RadioSpec>, context, {
      tasks: {
        TASKS_TXEN: () => this.enable(STATE.txRampUp),
        TASKS_RXEN: () => this.enable(STATE.rxRampUp),
        TASKS_START: () => this.start(),
        TASKS_STOP: () => this.stop(),
        TASKS_DISABLE: () => this.disable(),
        TASKS_RSSISTART: () => this.startRssi(),
        TASKS_RSSISTOP: () => this.context.scheduler.cancel(this.rssi),
        TASKS_BCSTART: () => this.startBitCount(),
        TASKS_BCSTOP: () => this.stopBitCount(),
        TASKS_EDSTART: () => this.measure(MEASURING.energy, (this.registers.get('EDCNT') + 1) * ED.microseconds),
        TASKS_EDSTOP: () => this.stopMeasuring(MEASURING.energy, 'EVENTS_EDSTOPPED'),
        TASKS_CCASTART: () => this.measure(MEASURING.channel, ED.microseconds),
        TASKS_CCASTOP: () => this.stopMeasuring(MEASURING.channel, 'EVENTS_CCASTOPPED'),
      },
      shorts: this.isNrf51 ? SHORTS_COMMON : SHORTS_NRF52,
      onWrite: {
        POWER: (on) => switchPower(on !== 0, this, this.registers.storage('POWER')),
        DATAWHITEIV: (value) => { this.registers.storage('DATAWHITEIV')[0] = value | 0x40; }, // "bit 6 is hard-wired to 1"
        BCC: () => this.planBitCount(),
      },
    });
    this.registers = this.events.registers;
    this.state = this.registers.storage('STATE');
    this.reset();
  }

  override reset(): void {
    this.breakOff();
    for (const event of [this.step, this.counted, this.rssi, this.match, this.measured]) this.context.scheduler.cancel(event);
    this.stage = STAGE.none;
    this.packetAt = 0;
    this.listensSince = 0;
    this.lastEnd = 0;
    this.bitCountBegan = -1;
    this.measuring = MEASURING.nothing;
    this.events.reset();
  }

  override snapshot(): Snapshot {
    const { stage, packetAt, frameId, listensSince, lastEnd, bitCountBegan, measuring, measuresSince } = this;
    return {
      registers: this.events.snapshot(), stage, packetAt, frameId, listensSince, lastEnd, bitCountBegan, measuring, measuresSince,
      step: saveEvent(this.step), counted: saveEvent(this.counted), rssi: saveEvent(this.rssi), match: saveEvent(this.match), measured: saveEvent(this.measured),
    };
  }

  override restore(from: Snapshot): void {
    const { name, scheduler } = this.context;
    this.events.restore(partFrom(from, 'registers', name));
    for (const key of ['stage', 'packetAt', 'frameId', 'listensSince', 'lastEnd', 'bitCountBegan', 'measuring', 'measuresSince'] as const) this[key] = numberFrom(from, key, name);
    for (const key of ['step', 'counted', 'rssi', 'match', 'measured'] as const) restoreEvent(scheduler, this[key], from[key]);
  }

  // -- What the registers say.

  private get mode(): RadioMode { return modeOf(this.registers.field('MODE', 'MODE')); }

  private get megahertz(): number {
    const value = this.registers.get('FREQUENCY');
    return ((value & 0x100) === 0 ? 2400 : 2360) + (value & 0x7f);
  }

  private get layout(): Layout {
    const { registers } = this;
    const pcnf0 = registers.get('PCNF0');
    const pcnf1 = registers.get('PCNF1');
    const s1Bits = (pcnf0 >>> 16) & 15;
    return {
      hasS0: (pcnf0 & 0x100) !== 0, lengthBits: Math.min(pcnf0 & 15, 8), s1Bits, hasS1Byte: s1Bits > 0 || (pcnf0 & (1 << 20)) !== 0,
      maxLength: pcnf1 & 0xff, staticLength: (pcnf1 >>> 8) & 0xff, isBigEndian: (pcnf1 & (1 << 24)) !== 0,
      crcBytes: registers.get('CRCCNF') & 3, countsCrc: (pcnf0 & (1 << 26)) !== 0,
    };
  }

  private get addresses(): AddressRegisters {
    const { registers } = this;
    return {
      base: [registers.get('BASE0'), registers.get('BASE1')], prefixes: [registers.get('PREFIX0'), registers.get('PREFIX1')],
      baseBytes: Math.min(registers.field('PCNF1', 'BALEN'), 4), sfd: this.mode.isIeee802154 ? registers.get('SFD') : undefined,
    };
  }

  private get whitensFrom(): number | undefined {
    return this.registers.field('PCNF1', 'WHITEEN') === 1 ? this.registers.get('DATAWHITEIV') : undefined;
  }

  private get frame(): AirFrame | undefined { return this.ether.frame(this.frameId); }

  private emit(name: EventName<RadioSpec>): void {
    this.events.emit(name);
  }

  private emitOnNrf52(name: EventName<RadioSpec>): void {
    if (!this.isNrf51) this.events.emit(name);
  }

  private after(microseconds: number, stage: number): void {
    const { scheduler } = this.context;
    this.stage = stage;
    scheduler.schedule(this.step, scheduler.now() + ticksOfMicroseconds(scheduler, microseconds));
  }

  // -- States.

  private get switching() {
    return switchingTimes(this.family, this.mode, !this.isNrf51 && this.registers.is('MODECNF0', 'RU', 'Fast'));
  }

  private enable(rampUp: number): void {
    const [from] = this.state;
    const isTurnaround = !this.isNrf51 && (rampUp === STATE.txRampUp ? from === STATE.rxIdle || from === STATE.rx : from === STATE.txIdle);
    if (from !== STATE.disabled && !isTurnaround) return;
    this.leaveAir();
    const { scheduler } = this.context;
    const microseconds = rampUp === STATE.txRampUp ? this.switching.txEnable : this.switching.rxEnable;
    this.state[0] = rampUp;
    this.after(microseconds, STAGE.rampUp);
    const spaced = this.lastEnd + ticksOfMicroseconds(scheduler, this.registers.get('TIFS'));
    if (this.isTurning && this.registers.get('TIFS') !== 0 && spaced > this.step.due) scheduler.schedule(this.step, spaced);
  }

  private ready(): void {
    const isTransmitter = this.state[0] === STATE.txRampUp;
    this.stage = STAGE.none;
    this.state[0] = isTransmitter ? STATE.txIdle : STATE.rxIdle;
    this.emit('EVENTS_READY');
    this.emitOnNrf52(isTransmitter ? 'EVENTS_TXREADY' : 'EVENTS_RXREADY');
  }

  private start(): void {
    if (this.state[0] === STATE.txIdle) this.transmit();
    else if (this.state[0] === STATE.rxIdle) {
      this.state[0] = STATE.rx;
      this.stage = STAGE.search;
      this.packetAt = this.registers.get('PACKETPTR');
      this.listensSince = this.context.scheduler.now();
    }
  }

  private stop(): void {
    if (this.state[0] !== STATE.tx && this.state[0] !== STATE.rx) return;
    const isTransmitter = this.state[0] === STATE.tx;
    this.leaveAir();
    this.state[0] = isTransmitter ? STATE.txIdle : STATE.rxIdle;
  }

  /** In DISABLED too the task ends in DISABLED: drivers trigger it to be sure, and wait for the event. */
  private disable(): void {
    const [from] = this.state;
    if (from === STATE.txDisable || from === STATE.rxDisable) return;
    this.leaveAir();
    this.stopMeasuring(this.measuring);
    if (from === STATE.disabled) this.emit('EVENTS_DISABLED');
    else {
      const isTransmitter = from >= STATE.txRampUp;
      this.state[0] = isTransmitter ? STATE.txDisable : STATE.rxDisable;
      this.after(isTransmitter ? this.switching.txDisable : this.switching.rxDisable, STAGE.rampDown);
    }
  }

  private disabled(): void {
    this.stage = STAGE.none;
    this.state[0] = STATE.disabled;
    this.isTurning = true;
    this.emit('EVENTS_DISABLED');
    this.isTurning = false;
  }

  private breakOff(): void {
    if (this.frame && this.state[0] === STATE.tx && this.frame.ends === Infinity) this.ether.breakOff(this.frame);
    this.frameId = NO_FRAME;
  }

  private leaveAir(): void {
    this.breakOff();
    this.stage = STAGE.none;
    this.stopBitCount();
    this.context.scheduler.cancel(this.step);
    this.context.scheduler.cancel(this.match);
  }

  private advance(): void {
    const isTransmitter = this.state[0] === STATE.tx;
    if (this.stage === STAGE.rampUp) this.ready();
    else if (this.stage === STAGE.rampDown) this.disabled();
    else if (this.stage === STAGE.address) this.addressSent();
    else if (this.stage === STAGE.header) this.headerEnds(isTransmitter);
    else if (this.stage === STAGE.payload) this.payloadEnds(isTransmitter);
    else if (this.stage === STAGE.crc) this.packetEnds(isTransmitter);
    else if (this.stage === STAGE.term2) this.physicalEnd(isTransmitter);
  }

  // -- A packet on its way out.

  private preambleMicroseconds(): number {
    const { isLongRange, isIeee802154, bitMicroseconds } = this.mode;
    if (isLongRange) return LONG_RANGE.preamble;
    const length = this.isNrf51 ? 0 : this.registers.field('PCNF0', 'PLEN');
    return (isIeee802154 || length >= 2 ? 32 : length === 1 ? 16 : 8) * bitMicroseconds;
  }

  private transmit(): void {
    const { scheduler } = this.context;
    const { mode } = this;
    const bits = Uint8Array.from(addressBits(this.addresses, this.registers.get('TXADDRESS')));
    const begins = scheduler.now();
    const preamble = this.preambleMicroseconds();
    const address = bits.length * (mode.isLongRange ? LONG_RANGE.addressBit : mode.bitMicroseconds);
    this.state[0] = STATE.tx;
    this.packetAt = this.registers.get('PACKETPTR');
    this.after(preamble + address, STAGE.address);
    this.frameId = this.ether.begin({
      megahertz: this.megahertz, modulation: mode.modulation, powerDbm: (this.registers.get('TXPOWER') << 24) >> 24, begins,
      addressBegins: begins + ticksOfMicroseconds(scheduler, preamble), addressEnds: this.step.due,
      bitMicroseconds: mode.bitMicroseconds, bits, addressBits: bits.length,
    }).id;
  }

  private addressSent(): void {
    const { frame } = this;
    if (!frame) return this.stop();
    this.append(frame, headerBits(this.layout, this.ramHeader()));
    this.afterAddress(frame);
    this.emit('EVENTS_ADDRESS');
    this.ether.announce(frame);
  }

  private ramHeader(): Uint8Array {
    const header = new Uint8Array(headerBytesOf(this.layout));
    this.dma.read(this.packetAt, header);
    return header;
  }

  /** Adds bits to what was sent: the whitener runs on from the address's end. */
  private append(frame: AirFrame, plain: readonly number[]): void {
    const before = this.plainBits(frame);
    const all = [...before, ...plain];
    const sent = this.whitensFrom === undefined ? all : whitened(all, this.whitensFrom);
    frame.bits = Uint8Array.from([...frame.bits.subarray(0, frame.addressBits), ...sent]);
  }

  /** Bits after the address without whitening. */
  private plainBits(frame: AirFrame): Uint8Array {
    const bits = frame.bits.subarray(frame.addressBits);
    return this.whitensFrom === undefined ? bits : whitened(bits, this.whitensFrom);
  }

  // -- A packet on its way in.

  /** A frame's address has just ended. */
  private hear(frame: AirFrame): void {
    if (this.state[0] !== STATE.rx || this.stage !== STAGE.search || frame.isDisturbed) return;
    if (frame.megahertz !== this.megahertz || frame.modulation !== this.mode.modulation || frame.addressBegins < this.listensSince) return;
    const logical = addressMatch(this.addresses, this.registers.get('RXADDRESSES'), frame.bits.subarray(0, frame.addressBits));
    if (logical === undefined) return;
    this.frameId = frame.id;
    this.registers.storage('RXMATCH')[0] = logical;
    this.afterAddress(frame);
    this.planMatch(frame);
    this.emit('EVENTS_ADDRESS');
  }

  private planMatch({ bitMicroseconds }: AirFrame): void {
    const { isBluetooth, isIeee802154 } = this.mode;
    const isWanted = isBluetooth ? (this.registers.get('DACNF') & 0xff) !== 0 : isIeee802154 && this.registers.get('MHRMATCHMAS') !== 0;
    const { scheduler } = this.context;
    const bits = headerBitsOf(this.layout) + (isBluetooth ? DEVICE_ADDRESS_BITS : 32);
    if (isWanted) scheduler.schedule(this.match, scheduler.now() + ticksOfMicroseconds(scheduler, bits * bitMicroseconds + this.gap));
  }

  /** Whether the payload begins with an address of DAB and DAP, or with what MHRMATCHCONF says: looked at when it ends. */
  private matchPayload(): void {
    const { frame } = this;
    if (!frame) return;
    this.ether.fetch(frame);
    const plain = this.plainBits(frame);
    const from = headerBitsOf(this.layout);
    if (this.mode.isIeee802154) {
      const difference = numberOf(plain, from, 32, false) ^ this.registers.get('MHRMATCHCONF');
      if ((difference & this.registers.get('MHRMATCHMAS')) === 0) this.emitOnNrf52('EVENTS_MHRMATCH');
      return;
    }
    const low = numberOf(plain, from, 32, false);
    const high = numberOf(plain, from + 32, 16, false);
    const isRandom = this.layout.hasS0 ? plain[6] : 0;
    const found = this.deviceMatching(low, high, isRandom);
    if (found !== undefined) this.registers.storage('DAI')[0] = found;
    this.emit(found === undefined ? 'EVENTS_DEVMISS' : 'EVENTS_DEVMATCH');
  }

  private deviceMatching(low: number, high: number, isRandom: number): number | undefined {
    const configuration = this.registers.get('DACNF');
    const found = [0, 1, 2, 3, 4, 5, 6, 7].find((n) => ((configuration >>> n) & 1) === 1 && ((configuration >>> (8 + n)) & 1) === isRandom
      && this.registers.get('DAB', n) === low && this.registers.get('DAP', n) === high);
    return found;
  }

  // -- What both ways have in common.

  /** Microseconds between the address and the header. */
  private get gap(): number { return this.mode.isLongRange ? LONG_RANGE.codingIndicatorAndTerm1 : 0; }

  private afterAddress(frame: AirFrame): void {
    this.after(this.gap + headerBitsOf(this.layout) * frame.bitMicroseconds, STAGE.header);
  }

  private headerEnds(isTransmitter: boolean): void {
    const { frame, layout } = this;
    if (!frame) return this.stop();
    const header = isTransmitter ? this.ramHeader() : headerBytes(layout, this.plainBits(frame), 0);
    if (!isTransmitter) this.dma.write(this.packetAt, header);
    const bytes = payloadBytesOf(layout, lengthIn(layout, header));
    this.after(8 * bytes * frame.bitMicroseconds, STAGE.payload);
    if (this.mode.isIeee802154) this.emitOnNrf52('EVENTS_FRAMESTART');
  }

  /** Bytes of payload, by the header as it went over the air. */
  private payloadBytes(plain: Uint8Array): number {
    return payloadBytesOf(this.layout, lengthIn(this.layout, headerBytes(this.layout, plain, 0)));
  }

  /** Payload and CRC as RAM has them now: what was filled in before is replaced. */
  private fill(frame: AirFrame): void {
    const { layout } = this;
    const header = this.plainBits(frame).subarray(0, headerBitsOf(layout));
    const payload = new Uint8Array(this.payloadBytes(header));
    this.dma.read((this.packetAt + headerBytesOf(layout)) >>> 0, payload);
    frame.bits = frame.bits.slice(0, frame.addressBits);
    this.append(frame, [...header, ...bitsOfBytes(payload, layout.isBigEndian)]);
    this.append(frame, bitsOf(this.crc(frame), 8 * layout.crcBytes, true));
  }

  private payloadEnds(isTransmitter: boolean): void {
    const { frame, layout } = this;
    if (!frame) return this.stop();
    if (isTransmitter) this.fill(frame);
    else {
      this.ether.fetch(frame);
      const plain = this.plainBits(frame);
      this.dma.write((this.packetAt + headerBytesOf(layout)) >>> 0, bytesOfBits(plain, headerBitsOf(layout), this.payloadBytes(plain), layout.isBigEndian));
    }
    this.after(8 * layout.crcBytes * frame.bitMicroseconds, STAGE.crc);
    this.emit('EVENTS_PAYLOAD');
  }

  /** CRC of what has come after the address up to the payload's end. */
  private crc(frame: AirFrame): number {
    const { registers, layout } = this;
    const skip = (registers.get('CRCCNF') >>> 8) & 3;
    const plain = this.plainBits(frame);
    const covered = new Uint8Array(headerBitsOf(layout) + 8 * this.payloadBytes(plain));
    covered.set(plain.subarray(0, covered.length));
    const settings = { bytes: layout.crcBytes, polynomial: registers.get('CRCPOLY'), initial: registers.get('CRCINIT') };
    if (skip === 0) return crcOf(settings, [...frame.bits.subarray(0, frame.addressBits), ...covered]);
    return crcOf(settings, skip === 2 ? covered.subarray(headerBitsOf(layout)) : covered);
  }

  private packetEnds(isTransmitter: boolean): void {
    const { frame } = this;
    if (!frame) return this.stop();
    this.lastEnd = this.context.scheduler.now();
    if (isTransmitter && !this.mode.isLongRange) this.ether.end(frame);
    const isGood = isTransmitter || this.check(frame);
    if (this.mode.isLongRange) this.after(LONG_RANGE.term2Bits * frame.bitMicroseconds, STAGE.term2);
    else this.toIdle(isTransmitter);
    if (!isTransmitter) this.emitOnNrf52(isGood ? 'EVENTS_CRCOK' : 'EVENTS_CRCERROR');
    this.emit('EVENTS_END');
    if (!this.mode.isLongRange) this.emitOnNrf52('EVENTS_PHYEND');
  }

  private check(frame: AirFrame): boolean {
    const { registers, layout } = this;
    this.ether.fetch(frame);
    const plain = this.plainBits(frame);
    const received = numberOf(plain, headerBitsOf(layout) + 8 * this.payloadBytes(plain), 8 * layout.crcBytes, true);
    const isGood = !frame.isDisturbed && received === this.crc(frame);
    registers.storage('RXCRC')[0] = received;
    registers.storage('CRCSTATUS')[0] = isGood ? 1 : 0;
    return isGood;
  }

  private physicalEnd(isTransmitter: boolean): void {
    if (isTransmitter && this.frame) this.ether.end(this.frame);
    this.toIdle(isTransmitter);
    this.emitOnNrf52('EVENTS_PHYEND');
  }

  private toIdle(isTransmitter: boolean): void {
    this.stage = STAGE.none;
    this.frameId = NO_FRAME;
    this.stopBitCount();
    this.state[0] = isTransmitter ? STATE.txIdle : STATE.rxIdle;
  }

  // -- Bit counter.

  private startBitCount(): void {
    this.bitCountBegan = this.context.scheduler.now();
    this.planBitCount();
  }

  private stopBitCount(): void {
    this.bitCountBegan = -1;
    this.context.scheduler.cancel(this.counted);
  }

  private planBitCount(): void {
    const { scheduler } = this.context;
    scheduler.cancel(this.counted);
    if (this.bitCountBegan < 0) return;
    const due = this.bitCountBegan + ticksOfMicroseconds(scheduler, this.registers.get('BCC') * (this.frame?.bitMicroseconds ?? this.mode.bitMicroseconds));
    if (due > scheduler.now()) scheduler.schedule(this.counted, due);
  }

  // -- What is on the air.

  private levelSince(tick: number): number {
    return Math.max(NOISE_DBM, this.ether.levelDbm(this.megahertz, tick));
  }

  private startRssi(): void {
    const { scheduler } = this.context;
    scheduler.schedule(this.rssi, scheduler.now() + ticksOfMicroseconds(scheduler, rssiMicroseconds(this.family)));
  }

  private sampleRssi(): void {
    this.registers.storage('RSSISAMPLE')[0] = Math.max(0, Math.min(127, -this.levelSince(this.context.scheduler.now())));
    this.emit('EVENTS_RSSIEND');
  }

  private measure(what: number, microseconds: number): void {
    if (this.state[0] !== STATE.rxIdle && this.state[0] !== STATE.rx) return;
    const { scheduler } = this.context;
    this.measuring = what;
    this.measuresSince = scheduler.now();
    scheduler.schedule(this.measured, scheduler.now() + ticksOfMicroseconds(scheduler, microseconds));
  }

  private stopMeasuring(what: number, event?: EventName<RadioSpec>): void {
    if (this.measuring === what) {
      this.measuring = MEASURING.nothing;
      this.context.scheduler.cancel(this.measured);
    }
    if (event) this.emit(event);
  }

  private endMeasuring(): void {
    const what = this.measuring;
    const sample = Math.max(0, Math.min(255, Math.floor((this.levelSince(this.measuresSince) - ED.offsetDbm) / ED.scale)));
    this.measuring = MEASURING.nothing;
    if (what === MEASURING.energy) {
      this.registers.storage('EDSAMPLE')[0] = sample;
      this.emit('EVENTS_EDEND');
    } else this.emit(this.isChannelBusy(sample) ? 'EVENTS_CCABUSY' : 'EVENTS_CCAIDLE');
  }

  /** CCAMODE: energy, carrier, both, either. Carrier: a frame of this modulation. */
  private isChannelBusy(sample: number): boolean {
    const control = this.registers.get('CCACTRL');
    const hasEnergy = sample > ((control >>> 8) & 0xff);
    const hasCarrier = this.ether.levelDbm(this.megahertz, this.measuresSince, this.mode.modulation) > NOISE_DBM;
    return [hasEnergy, hasCarrier, hasEnergy && hasCarrier, hasEnergy || hasCarrier][control & 7] ?? hasEnergy;
  }
}

export const RADIO_BLOCK = defineBlock({
  irqs: ['irq'],
  options: z.strictObject({ family: z.enum(['nrf51', 'nrf52833', 'nrf52840']) }),
  create: (context, { family }) => new Radio(context, family),
});
