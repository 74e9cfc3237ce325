/** The parts that a board hangs on its pins, made and attached: their buses, supplies and the world they measure. */
import type { Board, PartDescription, SwitchedPin } from '../boards/index.js';
import type { PartUse } from '../machine-api.js';
import type { ResetKind, Snapshot, Stateful, Warnings } from '../bus/types.js';
import { ChargeMeter, Inputs, PARTS, turned, type Part } from '../sensors/index.js';
import type { Scheduler } from '../time/types.js';
import { I2cBus, type I2cTarget } from '../wires/i2c-bus.js';
import { Pin, type Net } from '../wires/net.js';
import { I2sTransmitter } from '../wires/i2s.js';
import { PdmMicrophone } from '../wires/pdm.js';

export interface PartServices {
  readonly scheduler: Scheduler;
  readonly warnings: Warnings;
  net(name: string): Net | undefined;
  /** The run's seed mixed with a part's name. */
  seed(name: string): number;
  /** For parts of which the board says nothing: whether they have noise, offsets and clocks of their own. */
  readonly imperfections: boolean;
}

export class BoardParts implements Stateful {
  readonly inputs = new Inputs();
  private readonly stateful = new Map<string, Stateful>();
  private readonly meters: { readonly name: string; readonly part: string; readonly meter: ChargeMeter }[] = [];

  constructor(private readonly board: Board, private readonly services: PartServices) {
    const buses = board.i2c.map((bus, index) => this.makeBus(bus, index));
    for (const description of board.parts) this.add(description, buses);
  }

  /** A reset of the chip is none of its parts: they keep their supply. */
  reset(kind?: ResetKind): void {
    if (kind !== undefined && kind !== 'power-on') return;
    for (const part of this.stateful.values()) part.reset();
  }

  /** Of the parts whose currents are known. */
  uses(): readonly PartUse[] {
    return this.meters.map(({ name, part, meter }) => ({ name, part, states: meter.uses() }));
  }

  snapshot(): Snapshot {
    return Object.fromEntries([...this.stateful].map(([name, part]) => [name, part.snapshot()]));
  }

  /** After the nets. @throws Error when the snapshot is of other parts */
  restore(from: Snapshot): void {
    for (const [name, part] of this.stateful) {
      const saved = from[name];
      if (typeof saved !== 'object' || saved === null) throw new Error(`the snapshot has no part ${name}: it was taken on another board`);
      part.restore(saved as Snapshot);
    }
  }

  private makeBus({ sda, scl, pullUps }: Board['i2c'][number], index: number): I2cBus {
    const [data, clock] = [this.net(sda), this.net(scl)];
    const bus = new I2cBus(this.services.scheduler, data, clock, { pullUps: pullUps === undefined });
    if (pullUps !== undefined) {
      const resistors = [new Pin(`pull-up ${sda}`, data), new Pin(`pull-up ${scl}`, clock)];
      const supply = new Supply(this.net(pullUps.pin), pullUps);
      const pull = (): void => { for (const resistor of resistors) resistor.pull(supply.isOn ? 'up' : 'none'); };
      supply.onChange(pull);
      pull();
    }
    this.stateful.set(`i2c${index}`, bus);
    return bus;
  }

  private add(description: PartDescription, buses: readonly I2cBus[]): void {
    const { name, place, index, addresses, axes, pins, options } = description;
    const { scheduler, warnings } = this.services;
    const pin = (own: string): Net | undefined => (Object.hasOwn(pins, own) ? this.net(pins[own]) : undefined);
    const meter = new ChargeMeter(scheduler);
    const imperfections = description.imperfections ?? this.services.imperfections;
    const draws = (state: string, microamps: number): void => meter.draws(state, microamps);
    const part = PARTS[description.part].create({ name, scheduler, warnings, world: turned(this.inputs, axes), seed: this.services.seed(name), imperfections, addresses, pin, draws }, options);
    this.meters.push({ name, part: description.part, meter });
    // Before the part, whose own reset says what it draws.
    this.stateful.set(`charge ${name}`, meter);
    this.stateful.set(`part ${name}`, part);
    const supply = description.enable && new Supply(this.net(description.enable.pin), description.enable);
    if (supply) meter.power(supply.isOn);
    supply?.onChange(() => {
      meter.power(supply.isOn);
      part.reset();
    });
    part.targets?.forEach((target, which) => {
      if (place === 'i2c' && addresses[which] !== undefined) buses[index].attach(supply ? new SwitchedTarget(target, supply) : target, { address: addresses[which] });
    });
    if (place === 'pdm') this.addMicrophone(description, part);
    if (place === 'i2s') this.addTransmitter(description, part);
    if (place === 'analog') this.addVoltage(description, part, supply);
  }

  private addMicrophone({ name, index, enable }: PartDescription, { microphone }: Part): void {
    if (microphone === undefined) return;
    const { clk, din } = this.board.pdm[index];
    const { source, ...wire } = microphone;
    const switched = enable && { enable: { net: this.net(enable.pin), activeHigh: enable.active === 'high' } };
    this.stateful.set(`wire ${name}`, new PdmMicrophone(this.services.scheduler, source, { ...wire, clock: this.net(clk), data: this.net(din), ...switched }));
  }

  private addTransmitter({ name, index, enable }: PartDescription, { i2s }: Part): void {
    if (i2s === undefined) return;
    const { sck, ws, sd } = this.board.i2s[index];
    const { source, ...wire } = i2s;
    const switched = enable && { supply: { net: this.net(enable.pin), activeHigh: enable.active === 'high' } };
    this.stateful.set(`wire ${name}`, new I2sTransmitter(this.services.scheduler, source, { ...wire, sck: this.net(sck), ws: this.net(ws), sd: this.net(sd), ...switched }));
  }

  private addVoltage({ name, index }: PartDescription, { voltage }: Part, supply: Supply | undefined): void {
    if (voltage === undefined) return;
    const output = new Pin(name, this.net(this.board.analog[index].pin));
    const drive = (): void => {
      if (supply === undefined || supply.isOn) output.driveAnalog(voltage);
      else output.release();
    };
    supply?.onChange(drive);
    drive();
    this.stateful.set(`wire ${name}`, { reset: drive, snapshot: () => ({}), restore: drive });
  }

  private net(name: string): Net {
    return this.services.net(name)!;
  }
}

/** A pin that powers or enables something: off while nobody drives or pulls it to its level. */
class Supply {
  private readonly activeHigh: boolean;

  constructor(private readonly net: Net, { active }: SwitchedPin) {
    this.activeHigh = active === 'high';
  }

  get isOn(): boolean {
    return this.net.state === (this.activeHigh ? '1' : '0');
  }

  onChange(listener: () => void): void {
    let wasOn = this.isOn;
    this.net.follow(() => {
      if (this.isOn === wasOn) return;
      wasOn = this.isOn;
      listener();
    });
  }
}

/** A target that answers only with supply. */
class SwitchedTarget implements I2cTarget {
  constructor(private readonly target: I2cTarget, private readonly supply: Supply) {}

  start(read: boolean): boolean { return this.supply.isOn && this.target.start(read); }
  write(byte: number): boolean { return this.supply.isOn && this.target.write(byte); }
  read(): number { return this.supply.isOn ? this.target.read() : 0xff; }
  stop(): void { this.target.stop(); }
  hold(): number { return this.supply.isOn ? this.target.hold?.() ?? 0 : 0; }
}
