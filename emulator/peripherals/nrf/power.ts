/**
 * Nordic POWER: reset reasons, System OFF, what RAM keeps, the USB supply.
 * Source: nRF52840 Product Specification v1.1, POWER; nRF51 Reference Manual v3.0, POWER. It shares its addresses, INTENSET and
 * INTENCLR with CLOCK. The supply is steady: POFWARN never happens, DC/DC converters and CONSTLAT change nothing that firmware
 * sees, MAINREGSTATUS says Normal. In System OFF the 32.768 kHz clock stands; other blocks lose their state only with the
 * reset that ends it. RAM switched off by RAM[n].POWER in System ON keeps its contents. USBPWRRDY comes 1 ms after USBDETECTED,
 * a figure chosen here. nRF51 alone has RAMON, RAMONB, RESET and DCDCFORCE; it has no SLEEPENTER, no SLEEPEXIT and no USB.
 */
import { z } from 'zod';
import type { ResetKind, Snapshot } from '../../bus/types.js';
import { restoreEvent, saveEvent, timedEvent } from '../../time/event-queue.js';
import { defineBlock, numberFrom, partFrom, RegisterPeripheral, type BlockContext } from '../block.js';
import { bit, bits, choice, registerMap, type Field } from '../registers/index.js';
import { numbered } from './fields.js';
import { LOW_FREQUENCY, rootTicksOf, type LowFrequency } from './low-frequency.js';
import { Noise } from '../../wires/noise.js';
import { PADS } from './pads.js';
import { POWER_CLOCK_EVENTS } from './power-clock-events.js';
import { USB_SUPPLY, type UsbSupply } from './usb-supply.js';
import { TaskEvents } from './task-events.js';
import { resetPinOf } from './uicr.js';
import { WAKE_UP, type WakeSource } from './wake-up.js';

const MOST_RAM = 9;
const RAM_FIELDS = { ...numbered('S{n}POWER', 0, 16), ...numbered('S{n}RETENTION', 16, 16) };
/** RAM blocks of one of nRF51's two registers. */
const ramSwitches = (first: number): Record<string, Field> =>
  Object.fromEntries([0, 1].flatMap((n) => ['ON', 'OFF'].map((state, half) => [`${state}RAM${first + n}`, choice(16 * half + n, 16 * half + n, { [`RAM${first + n}Off`]: 0, [`RAM${first + n}On`]: 1 })])));
const FORCE = { NoForce: 0, Force: 1 } as const;

export const POWER = registerMap({
  TASKS_CONSTLAT:     { at: 0x078, kind: 'task' },
  TASKS_LOWPWR:       { at: 0x07c, kind: 'task' },
  EVENTS_POFWARN:     { at: 0x108, kind: 'event' },
  EVENTS_SLEEPENTER:  { at: 0x114, kind: 'event' },
  EVENTS_SLEEPEXIT:   { at: 0x118, kind: 'event' },
  EVENTS_USBDETECTED: { at: 0x11c, kind: 'event' },
  EVENTS_USBREMOVED:  { at: 0x120, kind: 'event' },
  EVENTS_USBPWRRDY:   { at: 0x124, kind: 'event' },
  INTENSET:           { at: 0x304, kind: 'w1s', fields: POWER_CLOCK_EVENTS },
  INTENCLR:           { at: 0x308, kind: 'clearBits', of: 'INTENSET' },
  RESETREAS:          { at: 0x400, kind: 'w1c', fields: {
    RESETPIN: bit(0), DOG: bit(1), SREQ: bit(2), LOCKUP: bit(3), OFF: bit(16), LPCOMP: bit(17), DIF: bit(18), NFC: bit(19), VBUS: bit(20),
  } },
  RAMSTATUS:          { at: 0x428, kind: 'ro', fields: { RAMBLOCK: bits(0, 3) } },
  USBREGSTATUS:       { at: 0x438, kind: 'ro', fields: { VBUSDETECT: choice(0, 0, { NoVbus: 0, VbusPresent: 1 }), OUTPUTRDY: choice(1, 1, { NotReady: 0, Ready: 1 }) } },
  SYSTEMOFF:          { at: 0x500, kind: 'wo', fields: { SYSTEMOFF: bit(0) } },
  POFCON:             { at: 0x510, fields: {
    POF: bit(0),
    // nRF51 has four: V21, V23, V25, V27 from 0 on.
    THRESHOLD: choice(1, 4, { V17: 4, V18: 5, V19: 6, V20: 7, V21: 8, V22: 9, V23: 10, V24: 11, V25: 12, V26: 13, V27: 14, V28: 15 }),
    THRESHOLDVDDH: choice(8, 11, { V27: 0, V28: 1, V29: 2, V30: 3, V31: 4, V32: 5, V33: 6, V34: 7, V35: 8, V36: 9, V37: 10, V38: 11, V39: 12, V40: 13, V41: 14, V42: 15 }),
  } },
  GPREGRET:           { at: 0x51c, fields: { GPREGRET: bits(0, 7) } },
  GPREGRET2:          { at: 0x520, fields: { GPREGRET: bits(0, 7) } },
  RAMON:              { at: 0x524, reset: 3, fields: ramSwitches(0) },
  RESET:              { at: 0x544, fields: { RESET: bit(0) } },
  RAMONB:             { at: 0x554, reset: 3, fields: ramSwitches(2) },
  DCDCEN:             { at: 0x578, fields: { DCDCEN: bit(0) } },
  DCDCEN0:            { at: 0x580, fields: { DCDCEN: bit(0) } },
  MAINREGSTATUS:      { at: 0x640, kind: 'ro', fields: { MAINREGSTATUS: choice(0, 0, { Normal: 0, High: 1 }) } },
  RAM_POWER:          { at: 0x900, count: MOST_RAM, stride: 16, reset: Array<number>(MOST_RAM).fill(0xffff), fields: RAM_FIELDS },
  RAM_POWERSET:       { at: 0x904, count: MOST_RAM, stride: 16, kind: 'setBits', of: 'RAM_POWER' },
  RAM_POWERCLR:       { at: 0x908, count: MOST_RAM, stride: 16, kind: 'clearBits', of: 'RAM_POWER' },
  DCDCFORCE:          { at: 0xa08, fields: { FORCEOFF: choice(0, 0, FORCE), FORCEON: choice(1, 1, FORCE) } },
  // Not in the specification: the workaround for nRF52840 erratum 115 has start-up code copy trim bits here.
  TRIM:               { at: 0xee4 },
});

const REASONS: Readonly<Record<Exclude<ResetKind, 'power-on' | 'wake-up'>, number>> = { pin: 1 << 0, watchdog: 1 << 1, system: 1 << 2, lockup: 1 << 3, 'brown-out': 0 };
const WAKES: readonly WakeSource[] = ['OFF', 'LPCOMP', 'DIF', 'NFC', 'VBUS'];
const FIRST_WAKE_BIT = 16;
const RETAINED = ['RESETREAS', 'GPREGRET', 'GPREGRET2'] as const;

const KB = 1024;
/** A family's RAM: sections of each RAM[n], all of one size. On nRF51 two blocks with their bits in RAMON. */
const RAM_OF = {
  nrf51:    [{ sections: 1, bytes: 8 * KB }, { sections: 1, bytes: 8 * KB }],
  nrf52833: [...Array.from({ length: 8 }, () => ({ sections: 2, bytes: 4 * KB })), { sections: 2, bytes: 32 * KB }],
  nrf52840: [...Array.from({ length: 8 }, () => ({ sections: 2, bytes: 4 * KB })), { sections: 6, bytes: 32 * KB }],
} as const;
const RAM_BASE = 0x2000_0000;
const USB_READY_MICROSECONDS = 1000;

export interface PowerOptions {
  readonly family: keyof typeof RAM_OF;
}

export class Power extends RegisterPeripheral {
  protected readonly registers;
  private readonly events: TaskEvents<typeof POWER.spec>;
  private readonly lowFrequency: LowFrequency;
  private readonly family;
  private readonly supply: UsbSupply;
  private isOff = false;
  /** What ended System OFF: an index of WAKES. */
  private wokenBy = 0;
  private unwatch: (() => void) | undefined;
  private readonly wake = timedEvent(() => this.wakeUp());
  private readonly usbReady = timedEvent(() => this.usbPowered());

  constructor(private readonly context: BlockContext, { family }: PowerOptions) {
    super();
    this.family = family;
    this.supply = context.shared(USB_SUPPLY);
    this.supply.onChange((isPresent) => this.vbusChanged(isPresent));
    this.lowFrequency = context.shared(LOW_FREQUENCY);
    this.events = new TaskEvents(POWER, context, {
      tasks: {},
      onWrite: { SYSTEMOFF: (value) => { if (value === 1) this.enterOff(); } },
    });
    this.registers = this.events.registers;
    context.shared(PADS).detect.subscribe((level) => { if (level) this.raise('OFF'); });
    context.shared(WAKE_UP).onRaise = (source) => this.raise(source);
    if (family !== 'nrf51') context.core.onSleep((isAsleep) => this.events.emit(isAsleep ? 'EVENTS_SLEEPENTER' : 'EVENTS_SLEEPEXIT'));
    this.reset('power-on');
  }

  private vbusChanged(isPresent: boolean): void {
    if (isPresent) {
      this.detectUsb();
      this.raise('VBUS');
      return;
    }
    this.context.scheduler.cancel(this.usbReady);
    this.registers.set('USBREGSTATUS', 0);
    this.events.emit('EVENTS_USBREMOVED');
  }

  override reset(kind: ResetKind = 'power-on'): void {
    const { scheduler } = this.context;
    const kept = RETAINED.map((name) => this.registers.get(name));
    const retained = this.retainedSections();
    this.events.reset();
    scheduler.cancel(this.wake);
    scheduler.cancel(this.usbReady);
    this.isOff = false;
    if (kind !== 'power-on') {
      RETAINED.forEach((name, i) => this.registers.set(name, kept[i]));
      const reason = kind === 'wake-up' ? 1 << (FIRST_WAKE_BIT + this.wokenBy) : REASONS[kind];
      this.registers.set('RESETREAS', this.registers.get('RESETREAS') | reason);
    }
    if (kind === 'wake-up') this.loseRam(retained);
    if (this.family === 'nrf51') this.registers.set('RAMSTATUS', 3);
    this.lowFrequency.switchOff(false);
    if (this.supply.isPresent) this.detectUsb();
    this.watchResetPin();
  }

  override snapshot(): Snapshot {
    return {
      registers: this.events.snapshot(), isOff: this.isOff ? 1 : 0, wokenBy: this.wokenBy,
      wake: saveEvent(this.wake), usbReady: saveEvent(this.usbReady),
    };
  }

  override restore(from: Snapshot): void {
    const { name, scheduler } = this.context;
    this.events.restore(partFrom(from, 'registers', name));
    this.isOff = numberFrom(from, 'isOff', name) !== 0;
    this.wokenBy = numberFrom(from, 'wokenBy', name);
    restoreEvent(scheduler, this.wake, from['wake']);
    restoreEvent(scheduler, this.usbReady, from['usbReady']);
    this.watchResetPin();
  }

  // -- System OFF.

  private enterOff(): void {
    this.isOff = true;
    this.lowFrequency.switchOff(true);
    this.context.core.powerOff();
    if (this.context.shared(PADS).detect.level) this.raise('OFF');
  }

  /** Something that ends System OFF has happened; in System ON it is none of this block's business. */
  private raise(source: WakeSource): void {
    const { scheduler } = this.context;
    if (!this.isOff || this.wake.slot >= 0) return;
    this.wokenBy = WAKES.indexOf(source);
    scheduler.schedule(this.wake, scheduler.now());
  }

  private wakeUp(): void {
    this.context.requestReset(`wake-up from System OFF by ${this.wokenBy === 0 ? 'DETECT' : WAKES[this.wokenBy]}`, 'wake-up');
  }

  /** Sections of RAM that System OFF does not wipe, in the order of their addresses. */
  private retainedSections(): boolean[] {
    const isOld = this.family === 'nrf51';
    return RAM_OF[this.family].flatMap(({ sections }, n) => {
      const retention = (isOld ? this.registers.get('RAMON') >>> n : this.registers.get('RAM_POWER', n)) >>> 16;
      return Array.from({ length: sections }, (_, section) => ((retention >>> section) & 1) !== 0);
    });
  }

  /** RAM without retention has contents that nobody can count on: noise. */
  private loseRam(retained: readonly boolean[]): void {
    const noise = new Noise(this.context.seed);
    let at = RAM_BASE;
    const sizes = RAM_OF[this.family].flatMap(({ sections, bytes }) => Array<number>(sections).fill(bytes));
    sizes.forEach((bytes, section) => {
      const memory = retained[section] ? undefined : this.context.memories.find(at, bytes);
      if (memory) {
        const offset = at - memory.base;
        for (let i = 0; i < bytes; i++) memory.data[offset + i] = noise.byte();
        memory.changed(offset, bytes);
      }
      at += bytes;
    });
  }

  // -- The reset pin, which UICR chooses.

  private watchResetPin(): void {
    this.unwatch?.();
    this.unwatch = undefined;
    if (this.family === 'nrf51') return;
    const pad = this.context.shared(PADS).selected(resetPinOf(this.context.memories));
    if (!pad) return;
    pad.pin.pull('up');
    this.unwatch = pad.pin.net.onEdge((level) => { if (!level) this.context.requestReset('reset pin', 'pin'); });
  }

  // -- USB.

  private detectUsb(): void {
    const { scheduler } = this.context;
    this.registers.set('USBREGSTATUS', 1);
    this.events.emit('EVENTS_USBDETECTED');
    scheduler.schedule(this.usbReady, scheduler.now() + rootTicksOf(scheduler, USB_READY_MICROSECONDS));
  }

  private usbPowered(): void {
    this.registers.set('USBREGSTATUS', 3);
    this.events.emit('EVENTS_USBPWRRDY');
  }
}

export const POWER_BLOCK = defineBlock({
  irqs: ['irq'],
  options: z.strictObject({ family: z.enum(['nrf51', 'nrf52833', 'nrf52840']) }),
  create: (context, options) => new Power(context, options),
});
