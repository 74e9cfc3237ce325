/**
 * AVR system control: sleep, reset causes, clock prescaler, power reduction, pull-ups' switch, vectors' place, general
 * purpose registers.
 * Sources: ATmega328P data sheet DS40002061B, chapters 9 (system clock), 10 (sleep), 11 (reset), 12.4 (moving vectors), 14.4
 * (MCUCR.PUD); ATmega2560 data sheet DS40002211A, the same chapters as 10, 11, 12, 14.3 and 13.4.
 * Not modelled: OSCCAL's effect on the RC oscillator, CKOUT, the brown-out detector (supply does not drop here) and so BODS
 * beyond its timing, JTAG and debugWIRE, external memory (XMCRA, XMCRB), that writing IVCE blocks interrupts for four cycles.
 * Cycles of start-up: start-up.ts. Time begins when the first start-up after power-on is over.
 */
import { z } from 'zod';
import type { ResetKind, Snapshot } from '../../bus/types.js';
import { restoreEvent, saveEvent, timedEvent } from '../../time/event-queue.js';
import { defineBlock, numberFrom, partFrom, RegisterPeripheral, type BlockContext, type SteeredClock } from '../block.js';
import { bit, bits } from '../registers/index.js';
import { AVR_CPU, type AvrCpu } from './cpu.js';
import { Fuses } from './fuses.js';
import { PLACES, placeRegisters, type Places, type Placed, type Template } from './registers.js';
import { SLEEP_MODES, type SleepMode } from './sleep-modes.js';
import { clockSourceOf, RESET_CYCLES, STANDBY_CYCLES, startUpOf } from './start-up.js';
import { AVR_SYSTEM, type AvrClock, type AvrSystem } from './system.js';
import { TimedChange } from './timed-change.js';

const PRR0 = {
  PRADC: bit(0), PRUSART0: bit(1), PRSPI: bit(2), PRTIM1: bit(3), PRTIM0: bit(5), PRTIM2: bit(6), PRTWI: bit(7),
} as const;
const PRR1 = { PRUSART1: bit(0), PRUSART2: bit(1), PRUSART3: bit(2), PRTIM3: bit(3), PRTIM4: bit(4), PRTIM5: bit(5) } as const;

/** Of all chips; a chip has those that its file places. */
export const SYSTEM = {
  GPIOR0: {},
  GPIOR1: {},
  GPIOR2: {},
  OCDR:   { unmodelled: true },
  DWDR:   { unmodelled: true },
  SMCR:   { fields: { SE: bit(0), SM: bits(1, 3) } },
  MCUSR:  { fields: { PORF: bit(0, { kind: 'w0c' }), EXTRF: bit(1, { kind: 'w0c' }), BORF: bit(2, { kind: 'w0c' }), WDRF: bit(3, { kind: 'w0c' }), JTRF: bit(4, { kind: 'w0c' }) } },
  MCUCR:  { fields: { IVCE: bit(0), IVSEL: bit(1), PUD: bit(4), BODSE: bit(5), BODS: bit(6), JTD: bit(7, { unmodelled: true }) } },
  CLKPR:  { fields: { CLKPS: bits(0, 3), CLKPCE: bit(7) } },
  PRR:    { fields: PRR0 },
  PRR0:   { fields: PRR0 },
  PRR1:   { fields: PRR1 },
  OSCCAL: {},
  XMCRA:  { unmodelled: true },
  XMCRB:  { unmodelled: true },
} as const satisfies Template;

const REQUIRED = ['GPIOR0', 'GPIOR1', 'GPIOR2', 'SMCR', 'MCUSR', 'MCUCR', 'CLKPR', 'OSCCAL'];
const PORF = 1, EXTRF = 2, BORF = 4, WDRF = 8;
const IVCE = 1, IVSEL = 2, PUD = 0x10, BODSE = 0x20, BODS = 0x40;
const CLKPCE = 0x80;
const SE = 1;
/** CLKPS: 256 is the largest division, the values above are reserved. */
const MOST_CLKPS = 8;
const BODS_CYCLES = 3;

export class SystemControl extends RegisterPeripheral {
  protected readonly registers;
  private readonly stored: Placed<typeof SYSTEM>['stored'];
  private readonly shared: AvrSystem;
  private readonly cpu: AvrCpu;
  private readonly fuses: Fuses;
  private readonly system: SteeredClock;
  private readonly gates: Partial<Record<AvrClock, SteeredClock>>;
  private readonly prescalerChange: TimedChange;
  private readonly vectorsChange: TimedChange;
  private readonly bodChange: TimedChange;
  private readonly osccal: number;
  /** While the core sleeps and until its clocks run again. */
  private mode: SleepMode | undefined;
  private readonly hasStarted = timedEvent(() => this.openGates());

  constructor(private readonly context: BlockContext, { registers: places, osccal }: { registers: Places; osccal: number }) {
    super();
    this.shared = context.shared(AVR_SYSTEM);
    this.cpu = context.shared(AVR_CPU);
    this.fuses = new Fuses(context.memories);
    this.system = context.steeredClock('system');
    this.gates = { io: context.steeredClock('io'), adc: context.steeredClock('adc'), asy: context.steeredClock('asy') };
    [this.prescalerChange, this.vectorsChange] = [new TimedChange(this.system), new TimedChange(this.system)];
    this.bodChange = new TimedChange(this.system, BODS_CYCLES);
    const { block, stored } = placeRegisters(context, SYSTEM, { instance: '', places, required: REQUIRED }, {
      onRead: { CLKPR: (_, value) => this.readCLKPR(value), MCUCR: (_, value) => this.readMCUCR(value) },
      onPeek: { CLKPR: (_, value) => this.readCLKPR(value), MCUCR: (_, value) => this.readMCUCR(value) },
      onWrite: {
        CLKPR: (value, _index, old) => this.writeCLKPR(value, old),
        MCUCR: (value, _index, old) => this.writeMCUCR(value, old),
        PRR: (value) => this.reducePower(PRR0, value),
        PRR0: (value) => this.reducePower(PRR0, value),
        PRR1: (value) => this.reducePower(PRR1, value),
        OSCCAL: (value, _index, old) => { if (value !== old) context.warnings.warn(`${context.name} osccal`, `${context.name}: OSCCAL is stored and changes no frequency`); },
      },
    });
    this.registers = block;
    this.stored = stored;
    stored.OSCCAL[0] = this.osccal = osccal;
    this.cpu.onSleep = () => (this.stored.SMCR[0] & SE) !== 0;
    this.cpu.hasWatchdogReset = () => (this.stored.MCUSR[0] & WDRF) !== 0;
    context.core.onSleep((isAsleep) => (isAsleep ? this.fallAsleep() : this.wakeUp()));
  }

  override reset(kind: ResetKind = 'power-on'): void {
    const causes = this.stored.MCUSR[0];
    this.registers.reset();
    this.stored.OSCCAL[0] = this.osccal;
    this.stored.MCUSR[0] = kind === 'power-on' ? PORF : causes | causeOf(kind);
    this.stored.CLKPR[0] = this.fuses.dividesBy8 ? 3 : 0;
    for (const change of [this.prescalerChange, this.vectorsChange, this.bodChange]) change.close();
    this.context.scheduler.cancel(this.hasStarted);
    this.chooseClock();
    this.openGates();
    this.shared.pullUpsDisabled = false;
    for (const name of [...Object.keys(PRR0), ...Object.keys(PRR1)]) this.shared.setPower(name, true);
    this.cpu.core.setVectors(0);
    this.shared.changed();
    if (kind !== 'power-on') this.holdInReset();
  }

  // -- Clocks.

  private chooseClock(): void {
    const source = clockSourceOf(this.fuses.cksel);
    this.system.setParent(this.context.steeredClock(source === 'rc' ? 'rc' : source === 'rc128k' ? 'rc128k' : 'xtal'));
    this.system.setRatio(1, 2 ** Math.min(this.stored.CLKPR[0], MOST_CLKPS));
  }

  private readCLKPR(value: number): number {
    return this.prescalerChange.isOpen ? value | CLKPCE : value & ~CLKPCE;
  }

  /** CLKPCE alone opens the change; the new CLKPS then comes without it. */
  private writeCLKPR(value: number, old: number): void {
    const wasOpen = this.prescalerChange.isOpen;
    this.stored.CLKPR[0] = old & ~CLKPCE;
    if (value === CLKPCE) {
      this.prescalerChange.open();
      return;
    }
    this.prescalerChange.close();
    if (!wasOpen || (value & CLKPCE) !== 0) return;
    if (value > MOST_CLKPS) this.context.warnings.warn(`${this.context.name} clkps`, `${this.context.name}: CLKPR.CLKPS = ${value} is reserved; the clock is divided by 256`);
    this.stored.CLKPR[0] = value;
    this.system.setRatio(1, 2 ** Math.min(value, MOST_CLKPS));
    this.shared.changed();
  }

  // -- MCUCR.

  private readMCUCR(value: number): number {
    return (value & ~(IVCE | BODSE | BODS)) | (this.vectorsChange.isOpen ? IVCE : 0) | (this.bodChange.isOpen ? value & (BODSE | BODS) : 0);
  }

  private writeMCUCR(value: number, old: number): void {
    const mayMove = this.vectorsChange.isOpen && (value & IVCE) === 0;
    this.stored.MCUCR[0] = mayMove ? value : (value & ~IVSEL) | (old & IVSEL);
    if ((value & IVCE) !== 0) this.vectorsChange.open();
    else if (mayMove) {
      this.vectorsChange.close();
      this.cpu.core.setVectors((value & IVSEL) === 0 ? 0 : bootStart(this.cpu, this.fuses));
    }
    if ((value & (BODSE | BODS)) === (BODSE | BODS)) this.bodChange.open();
    else if ((value & BODS) === 0 || !this.bodChange.isOpen) this.bodChange.close();
    if (((value ^ old) & PUD) === 0) return;
    this.shared.pullUpsDisabled = (value & PUD) !== 0;
    this.shared.changed();
  }

  private reducePower(bitsOf: Readonly<Record<string, { readonly lo: number }>>, value: number): void {
    for (const [name, { lo }] of Object.entries(bitsOf)) this.shared.setPower(name, ((value >>> lo) & 1) === 0);
    this.shared.changed();
  }

  // -- Sleep.

  private fallAsleep(): void {
    const mode = SLEEP_MODES[this.stored.SMCR[0] >> 1];
    const { warnings, name } = this.context;
    if (mode === undefined) warnings.warn(`${name} sleep`, `${name}: SMCR.SM = ${this.stored.SMCR[0] >> 1} is reserved; the core sleeps as in idle mode`);
    this.context.scheduler.cancel(this.hasStarted);
    this.mode = mode ?? SLEEP_MODES[0]!;
    this.cpu.core.wakeBy(this.mode.wakesBy);
    for (const clock of this.mode.stops) {
      this.gates[clock]?.stop();
      this.shared.setClock(clock, false);
    }
    this.shared.changed();
  }

  /** The oscillator starts, and the core goes on when it runs. */
  private wakeUp(): void {
    if (this.mode === undefined) return;
    const { scheduler, core } = this.context;
    const cycles = this.mode.wake === 'at once' ? 0 : this.mode.wake === 'standby' ? STANDBY_CYCLES : startUpOf(this.fuses.cksel, this.fuses.sut).wakeCycles;
    if (cycles === 0) return this.openGates();
    const due = this.system.rootTickOf(this.system.ticks() + cycles);
    core.stall(due);
    scheduler.schedule(this.hasStarted, due);
  }

  private openGates(): void {
    this.mode = undefined;
    this.cpu.core.wakeBy(undefined);
    for (const clock of ['cpu', 'flash', 'io', 'adc', 'asy'] as const) {
      this.gates[clock]?.start();
      this.shared.setClock(clock, true);
    }
    this.shared.changed();
  }

  private holdInReset(): void {
    const { scheduler, core } = this.context;
    const { resetSeconds } = startUpOf(this.fuses.cksel, this.fuses.sut);
    core.stall(this.system.rootTickOf(this.system.ticks() + RESET_CYCLES) + Math.round(resetSeconds * scheduler.rootHz));
  }

  // -- Snapshots.

  override snapshot(): Snapshot {
    return {
      registers: this.registers.snapshot(), hasStarted: saveEvent(this.hasStarted),
      mode: this.mode === undefined ? -1 : SLEEP_MODES.indexOf(this.mode),
      prescalerChange: this.prescalerChange.save(), vectorsChange: this.vectorsChange.save(), bodChange: this.bodChange.save(),
    };
  }

  override restore(from: Snapshot): void {
    const { name, scheduler } = this.context;
    this.registers.restore(partFrom(from, 'registers', name));
    restoreEvent(scheduler, this.hasStarted, from['hasStarted']);
    this.mode = SLEEP_MODES[numberFrom(from, 'mode', name)];
    this.cpu.core.wakeBy(this.mode?.wakesBy);
    this.prescalerChange.load(numberFrom(from, 'prescalerChange', name));
    this.vectorsChange.load(numberFrom(from, 'vectorsChange', name));
    this.bodChange.load(numberFrom(from, 'bodChange', name));
    this.shared.pullUpsDisabled = (this.stored.MCUCR[0] & PUD) !== 0;
    for (const clock of ['cpu', 'flash', 'io', 'adc', 'asy'] as const) this.shared.setClock(clock, this.mode?.stops.includes(clock) !== true);
    const reductions: readonly (readonly [Readonly<Record<string, { readonly lo: number }>>, number])[] = [
      [PRR0, this.stored.PRR[0] | this.stored.PRR0[0]], [PRR1, this.stored.PRR1[0]],
    ];
    for (const [bitsOf, value] of reductions) {
      for (const [bitName, { lo }] of Object.entries(bitsOf)) this.shared.setPower(bitName, ((value >>> lo) & 1) === 0);
    }
    this.cpu.core.setVectors((this.stored.MCUCR[0] & IVSEL) === 0 ? 0 : bootStart(this.cpu, this.fuses));
  }
}

/** First byte of the boot section. */
export function bootStart({ core: { flash } }: AvrCpu, fuses: Fuses): number {
  return flash.bytes - flash.smallestBootBytes * fuses.bootSectionFactor;
}

function causeOf(kind: ResetKind): number {
  if (kind === 'watchdog') return WDRF;
  return kind === 'brown-out' ? BORF : EXTRF;
}

export const SYSTEM_BLOCK = defineBlock({
  clocks: ['system', 'io', 'adc', 'asy', 'xtal', 'rc', 'rc128k'],
  options: z.strictObject({ registers: PLACES, osccal: z.int().min(0).max(255).default(0x9f) }),
  create: (context, options) => new SystemControl(context, options),
});
