/** The parts that a board hangs on its pins, made and attached: their buses, supplies and the world they measure. */
import type { Board, PartDescription, SwitchedPin } from '../boards/index.js';
import type { ResetKind, Snapshot, Stateful, Warnings } from '../bus/types.js';
import { ChargeMeter, Inputs, PARTS, turned, type Part, type Shown } from '../sensors/index.js';
import type { PartView } from '../machine-api.js';
import type { Scheduler } from '../time/types.js';
import type { AnalogSource } from '../wires/analog.js';
import { I2cBus, type I2cTarget } from '../wires/i2c-bus.js';
import { I2sTransmitter } from '../wires/i2s.js';
import { Net, Pin } from '../wires/net.js';
import { PdmMicrophone } from '../wires/pdm.js';
import { SpiBus } from '../wires/spi-bus.js';

export interface PartServices {
  readonly scheduler: Scheduler;
  readonly warnings: Warnings;
  net(name: string): Net | undefined;
  /** The run's seed mixed with a part's name. */
  seed(name: string): number;
  /** For parts of which the board says nothing: whether they have noise, offsets and clocks of their own. */
  readonly imperfections: boolean;
  /** The bytes of a file that a part's options name. */
  readonly file: ((name: string) => Uint8Array) | undefined;
}

export class BoardParts implements Stateful {
  readonly inputs = new Inputs();
  readonly views: readonly PartView[];
  private readonly stateful = new Map<string, Stateful>();
  private readonly parts: Part[] = [];
  private readonly i2cBuses: I2cBus[] = [];
  private readonly spiBuses: SpiBus[] = [];

  constructor(board: Board, private readonly services: PartServices) {
    for (const { sda, scl, pullUps } of board.i2c) this.i2cBus({ sda, scl }, pullUps);
    this.makeSpiBuses(board);
    this.views = board.parts.map((description) => this.add(description));
    this.inputs.beforeChange = () => { for (const part of this.parts) part.catchUp?.(); };
  }

  /** A reset of the chip is none of its parts: they keep their supply. */
  reset(kind?: ResetKind): void {
    if (kind !== undefined && kind !== 'power-on') return;
    for (const part of this.stateful.values()) part.reset();
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

  // -- Buses.

  /** The one on those pins; made when there is none, with pull-ups as modules have them. */
  private i2cBus({ sda, scl }: Readonly<Record<string, string>>, pullUps?: SwitchedPin): I2cBus {
    const [data, clock] = [this.net(sda), this.net(scl)];
    const present = this.i2cBuses.find((bus) => bus.sda === data && bus.scl === clock);
    if (present !== undefined) return present;
    const bus = new I2cBus(this.services.scheduler, data, clock, { pullUps: pullUps === undefined });
    if (pullUps !== undefined) {
      const resistors = [new Pin(`pull-up ${sda}`, data), new Pin(`pull-up ${scl}`, clock)];
      const supply = new Supply(this.net(pullUps.pin), pullUps);
      const pull = (): void => { for (const resistor of resistors) resistor.pull(supply.isOn ? 'up' : 'none'); };
      supply.onChange(pull);
      pull();
    }
    this.stateful.set(`i2c${this.i2cBuses.length}`, bus);
    this.i2cBuses.push(bus);
    return bus;
  }

  /** Before the parts, since one of them may name the MISO that another leaves open: it is the same bus. */
  private makeSpiBuses(board: Board): void {
    const wanted: { sck: Net; mosi: Net | undefined; miso: Net | undefined }[] = [];
    const lists = [...board.spi, ...board.parts.filter(({ bus }) => bus === 'spi').map(({ wires }) => wires as { sck: string; mosi?: string; miso?: string })];
    for (const { sck: clock, mosi: output, miso: input } of lists) {
      const [sck, mosi, miso] = [this.net(clock), output === undefined ? undefined : this.net(output), input === undefined ? undefined : this.net(input)];
      const same = wanted.find((bus) => bus.sck === sck && agree(bus.mosi, mosi) && agree(bus.miso, miso));
      if (same === undefined) wanted.push({ sck, mosi, miso });
      else Object.assign(same, { mosi: same.mosi ?? mosi, miso: same.miso ?? miso });
    }
    const { scheduler } = this.services;
    wanted.forEach(({ sck, mosi, miso }, index) => {
      const bus = new SpiBus({ sck, mosi: mosi ?? new Net(`open MOSI of ${sck.name}`, scheduler), miso });
      this.stateful.set(`spi${index}`, bus);
      this.spiBuses.push(bus);
    });
  }

  private spiBus({ sck, mosi, miso }: Readonly<Record<string, string>>): SpiBus {
    const isOn = (net: Net | undefined, name: string | undefined): boolean => name === undefined || this.net(name) === net;
    return this.spiBuses.find(({ nets }) => isOn(nets.sck, sck) && isOn(nets.mosi, mosi) && isOn(nets.miso, miso))!;
  }

  // -- Parts.

  private add(description: PartDescription): PartView {
    const { name, bus, addresses, axes, pins, options } = description;
    const { scheduler, warnings, file } = this.services;
    const pin = (own: string): Net | undefined => (Object.hasOwn(pins, own) ? this.net(pins[own]) : undefined);
    const presence = new PartPresence(scheduler);
    const meter = new ChargeMeter(scheduler);
    const part = PARTS[description.part].create({
      name, bus, scheduler, warnings, world: turned(this.inputs, axes), seed: this.services.seed(name), addresses, pin, ...(file && { file }),
      imperfections: description.imperfections ?? this.services.imperfections,
      changed: () => presence.tell(), draws: (state, microamps, at) => meter.draws(state, microamps, at),
    }, options);
    presence.follows(part);
    this.parts.push(part);
    // Before the part, whose own reset says what it draws.
    this.stateful.set(`charge ${name}`, meter);
    this.stateful.set(`part ${name}`, part);
    const supply = description.enable && new Supply(this.net(description.enable.pin), description.enable);
    if (supply) meter.power(supply.isOn);
    supply?.onChange(() => {
      meter.power(supply.isOn);
      part.reset();
    });
    this.attach(description, part, supply);
    for (const [own, source] of Object.entries(part.voltages ?? {})) {
      if (Object.hasOwn(pins, own)) this.addVoltage(`${name} ${own}`, this.net(pins[own]), source, supply);
    }
    return presence.view(description, meter);
  }

  private attach(description: PartDescription, part: Part, supply: Supply | undefined): void {
    const { name, bus, wires, addresses } = description;
    switch (bus) {
      case 'i2c': case 'sccb':
        part.targets?.forEach((target, which) => {
          if (addresses[which] !== undefined) this.i2cBus(wires).attach(supply ? new SwitchedTarget(target, supply) : target, { address: addresses[which] });
        });
        for (const listener of part.listeners ?? []) this.i2cBus(wires).attachListener(listener, (address) => (supply?.isOn ?? true) && listener.answers(address));
        return;
      case 'spi':
        this.addToSpi(description, part, supply);
        this.addSecondBus(description, part, supply);
        return;
      case 'pdm': return this.addMicrophone(description, part);
      case 'i2s': return this.addTransmitter(description, part);
      case 'analog':
        if (part.voltage !== undefined) this.addVoltage(name, this.net(wires['out']), part.voltage, supply);
        return;
      case 'pins': return;
    }
  }

  private addToSpi({ wires }: PartDescription, { spi }: Part, supply: Supply | undefined): void {
    if (spi === undefined) return;
    const { device, ...format } = spi;
    const slave = this.spiBus(wires).attach(device, { cs: this.net(wires['cs']), ...format, ...(supply && { isPowered: () => supply.isOn }) });
    supply?.onChange(() => slave.supplyChanged());
  }

  /** A part whose data is on SPI and whose registers are on I2C. */
  private addSecondBus({ part: model, pins, addresses }: PartDescription, { targets }: Part, supply: Supply | undefined): void {
    const { sda, scl } = pins;
    if (targets === undefined || sda === undefined || scl === undefined) return;
    targets.forEach((target, which) => {
      const address = addresses[which] ?? PARTS[model].addresses[which][0];
      this.i2cBus({ sda, scl }).attach(supply ? new SwitchedTarget(target, supply) : target, { address });
    });
  }

  private addMicrophone({ name, wires, enable }: PartDescription, { microphone }: Part): void {
    if (microphone === undefined) return;
    const { source, ...wire } = microphone;
    const switched = enable && { enable: { net: this.net(enable.pin), activeHigh: enable.active === 'high' } };
    this.stateful.set(`wire ${name}`, new PdmMicrophone(this.services.scheduler, source, { ...wire, clock: this.net(wires['clk']), data: this.net(wires['din']), ...switched }));
  }

  private addTransmitter({ name, wires, enable }: PartDescription, { i2s }: Part): void {
    if (i2s === undefined) return;
    const { source, ...wire } = i2s;
    const switched = enable && { supply: { net: this.net(enable.pin), activeHigh: enable.active === 'high' } };
    this.stateful.set(`wire ${name}`, new I2sTransmitter(this.services.scheduler, source, { ...wire, sck: this.net(wires['sck']), ws: this.net(wires['ws']), sd: this.net(wires['sd']), ...switched }));
  }

  private addVoltage(name: string, net: Net, source: AnalogSource, supply: Supply | undefined): void {
    const output = new Pin(name, net);
    const drive = (): void => {
      if (supply === undefined || supply.isOn) output.driveAnalog(source);
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

const agree = (one: Net | undefined, other: Net | undefined): boolean => one === undefined || other === undefined || one === other;

/** What the outside sees of a part; `follows` when it has been made. */
class PartPresence {
  private part: Part | undefined;
  private listeners: readonly ((shown: Shown, at: number) => void)[] = [];

  constructor(private readonly scheduler: Scheduler) {}

  follows(part: Part): void {
    this.part = part;
  }

  /** Those who listen are told what it shows now. */
  tell(): void {
    const shown = this.listeners.length === 0 ? undefined : this.part?.shows?.();
    if (shown === undefined) return;
    for (const listener of this.listeners) listener(shown, this.scheduler.now());
  }

  view({ name, part: model, bus, wires, pins, addresses, options }: PartDescription, meter: ChargeMeter): PartView {
    return {
      name, part: model, bus, pins: { ...wires, ...pins }, addresses, options,
      controls: this.part?.controls ?? {},
      shows: () => this.part?.shows?.(),
      contents: () => this.part?.contents?.(),
      get draws() { return meter.now; },
      uses: () => meter.uses(),
      onChange: (listener) => {
        const own: typeof listener = (shown, at) => listener(shown, at);
        this.listeners = [...this.listeners, own];
        return () => { this.listeners = this.listeners.filter((other) => other !== own); };
      },
    };
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
