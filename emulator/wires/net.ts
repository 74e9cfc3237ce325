/** An electrical node and the pins on it. */
import type { Snapshot, Stateful, Warnings } from '../bus/types.js';
import type { RootTicks, TimeSource } from '../time/types.js';
import type { AnalogSource } from './analog.js';
import type { SteadyClock } from './clock.js';

/** What a pin's output stage does: nothing, pulls to a rail strongly, or gives a voltage. */
export type Drive = 'z' | 'low' | 'high' | 'analog';
export type Pull = 'none' | 'up' | 'down';
/** As in a VCD: low, high, floating, contended. */
export type NetState = '0' | '1' | 'z' | 'x';

/** @param at root tick of the change */
export type EdgeListener = (level: boolean, at: RootTicks) => void;
export type StateListener = (state: NetState, at: RootTicks) => void;

/** A link that stands for a pin's bits without driving them. */
export interface Shortcut {
  /** The level that the pin would drive now. */
  levelAt(now: RootTicks): boolean;
  /** Somebody needs true levels from now on: ends the short-cut and drives the pin. */
  unfold(): void;
}

interface Change { readonly level: boolean; readonly edge: boolean; readonly state: NetState; readonly at: RootTicks }

export interface NetOptions {
  /** Volts of a high level; default 3.3. */
  readonly vdd?: number;
  readonly warnings?: Warnings;
}

/** CMOS input thresholds as shares of the supply; in between an input keeps its level. */
const LOW_BELOW = 0.3;
const HIGH_ABOVE = 0.7;

export class Net implements Stateful {
  readonly name: string;
  readonly vdd: number;
  readonly #time: TimeSource;
  readonly #warnings: Warnings | undefined;
  readonly #pins: Pin[] = [];
  readonly #links: object[] = [];
  #watchers: readonly EdgeListener[] = [];
  #followers: readonly EdgeListener[] = [];
  #levelFollowers = 0;
  #clockListeners: readonly (() => void)[] = [];
  /** Somebody wants to know when. */
  #isTimed = false;
  #stateWatchers: readonly StateListener[] = [];
  #shortcut: Shortcut | undefined;
  #shortcutPin: Pin | undefined;
  #level = false;
  #state: NetState = 'z';
  /** Changes that were made while listeners heard of another. */
  readonly #changes: Change[] = [];
  #isTelling = false;

  constructor(name: string, time: TimeSource, options: NetOptions = {}) {
    this.name = name;
    this.vdd = options.vdd ?? 3.3;
    this.#time = time;
    this.#warnings = options.warnings;
  }

  /** What a digital input reads. A floating net keeps its last level. */
  get level(): boolean {
    if (this.#shortcut !== undefined) return this.#shortcut.levelAt(this.#time.now());
    const analog = this.#analog();
    return analog === undefined || this.#state === 'x' ? this.#level : this.#digital(analog.volts(this.#time.now()));
  }

  get state(): NetState {
    if (this.#shortcut !== undefined) return this.level ? '1' : '0';
    return this.#state;
  }

  /** What an analog input reads: the supply rails for digital levels, 0 V for a floating net. */
  volts(now: RootTicks = this.#time.now()): number {
    const analog = this.#analog();
    if (analog !== undefined) return analog.volts(now);
    const state = this.state;
    return state === '1' ? this.vdd : state === 'x' ? this.vdd / 2 : 0;
  }

  /** Whether somebody needs every edge, so that links must drive true levels. */
  get isWatched(): boolean {
    return this.#watchers.length > 0 || this.#stateWatchers.length > 0;
  }

  /** Every edge from now on, also those that a short-cut would leave out. @returns a function that ends it */
  onEdge(listener: EdgeListener): () => void {
    this.unfold();
    const own: EdgeListener = (level, at) => listener(level, at);
    this.#watchers = [...this.#watchers, own];
    this.#isTimed = true;
    return () => { this.#watchers = this.#watchers.filter((other) => other !== own); };
  }

  /** Like `onEdge`, but told of floating and contention too. */
  onState(listener: StateListener): () => void {
    this.unfold();
    const own: StateListener = (state, at) => listener(state, at);
    this.#stateWatchers = [...this.#stateWatchers, own];
    this.#isTimed = true;
    return () => { this.#stateWatchers = this.#stateWatchers.filter((other) => other !== own); };
  }

  /** For links: the edges that happen anyway. Does not count as watching. */
  follow(listener: EdgeListener): () => void {
    this.#isTimed = true;
    return this.#follow((level, at) => listener(level, at));
  }

  /** The same for who does not ask when: a pad that toggles all the time does not have the time worked out for each edge. */
  followLevel(listener: (level: boolean) => void): () => void {
    const end = this.#follow((level) => listener(level));
    this.#levelFollowers++;
    return () => {
      end();
      this.#levelFollowers--;
    };
  }

  /** Somebody knows the level by its edges alone, as input ports of some chips do: who stands for levels may have to drive them. */
  get isFollowed(): boolean {
    return this.#levelFollowers > 0;
  }

  /** The steady clock that a pin puts on this net, whether its edges are driven or not. */
  get clock(): SteadyClock | undefined {
    for (const pin of this.#pins) if (pin.clock !== undefined) return pin.clock;
    return undefined;
  }

  /** Told when `clock` may have changed. @returns a function that ends it */
  onClock(listener: () => void): () => void {
    const own = (): void => listener();
    this.#clockListeners = [...this.#clockListeners, own];
    return () => { this.#clockListeners = this.#clockListeners.filter((other) => other !== own); };
  }

  #follow(own: EdgeListener): () => void {
    this.#followers = [...this.#followers, own];
    return () => { this.#followers = this.#followers.filter((other) => other !== own); };
  }

  /** For links: makes `link` findable by others on this net. A short-cut that does not know of it ends. */
  join(link: object): () => void {
    this.unfold();
    this.#links.push(link);
    return () => {
      const at = this.#links.indexOf(link);
      if (at >= 0) this.#links.splice(at, 1);
    };
  }

  /** For links: those of one class, in the order they joined. */
  linksOf<T>(kind: abstract new (...parameters: never[]) => T): T[] {
    return this.#links.filter((link): link is object & T => link instanceof kind);
  }

  /** For links: whether bits from `pin` may be left out: nobody watches, and nobody else drives. */
  canShortcut(pin: Pin): boolean {
    return !this.isWatched && this.#shortcut === undefined && this.#pins.every((other) => other === pin || other.driven === 'z');
  }

  /** For links: true levels from now on, until the next short-cut. */
  unfold(): void {
    this.#shortcut?.unfold();
  }

  reset(): void {
    for (const pin of this.#pins) pin.reset();
  }

  snapshot(): Snapshot {
    return { level: this.#level, pins: this.#pins.map((pin) => [pin.name, pin.driven, pin.pulled]) };
  }

  /** Tells nobody. Analog sources, clocks and short-cuts are put back by their owners. */
  restore(from: Snapshot): void {
    const { level, pins } = from;
    if (typeof level !== 'boolean' || !Array.isArray(pins) || pins.length !== this.#pins.length
      || !this.#pins.every((pin, i) => isSavedPin(pins[i], pin.name))) throw new Error(`the snapshot of net ${this.name} has other pins`);
    this.#shortcut = undefined;
    this.#shortcutPin = undefined;
    this.#pins.forEach((pin, i) => {
      const [, drive, pull] = pins[i] as readonly [string, Drive, Pull];
      pin.load(drive, pull);
    });
    this.#level = level;
    this.#state = this.#resolve();
  }

  // -- For pins.

  add(pin: Pin): void {
    this.#pins.push(pin);
  }

  /** A pin changed what it does. */
  changed(pin: Pin): void {
    if (this.#shortcut !== undefined && pin !== this.#shortcutPin) this.unfold();
    if (this.#shortcut !== undefined) return;
    this.#settle();
  }

  clockChanged(): void {
    for (const listener of this.#clockListeners) listener();
  }

  beginShortcut(pin: Pin, shortcut: Shortcut): void {
    this.#shortcut = shortcut;
    this.#shortcutPin = pin;
  }

  endShortcut(pin: Pin): void {
    if (this.#shortcutPin !== pin) return;
    this.#shortcut = undefined;
    this.#shortcutPin = undefined;
    this.#settle();
  }

  #settle(): void {
    const before = this.#state;
    const levelBefore = this.#level;
    this.#state = this.#resolve();
    if (this.#state === '0' || this.#state === '1') this.#level = this.#state === '1';
    else if (this.#state === 'x') this.#level = false;
    if (this.#state === 'x' && before !== 'x') this.#warnContention();
    if (this.#state !== before || this.#level !== levelBefore) this.#tell(this.#level !== levelBefore);
  }

  #resolve(): NetState {
    if (this.#pins.length === 1) { // most nets of a board end at the chip
      const { driven } = this.#pins[0];
      if (driven === 'high') return '1';
      if (driven === 'low') return '0';
    }
    let highs = 0;
    let lows = 0;
    let ups = 0;
    let downs = 0;
    for (const pin of this.#pins) {
      if (pin.driven === 'high') highs++;
      else if (pin.driven === 'low') lows++;
      if (pin.pulled === 'up') ups++;
      else if (pin.pulled === 'down') downs++;
    }
    const analog = this.#analog();
    if (highs + lows + (analog === undefined ? 0 : 1) > 0) {
      if ((highs > 0 && lows > 0) || (analog !== undefined && highs + lows > 0)) return 'x';
      if (analog !== undefined) return this.#digital(analog.volts(this.#time.now())) ? '1' : '0';
      return highs > 0 ? '1' : '0';
    }
    // Pulls against each other leave the input in its forbidden zone, where it keeps its level.
    if (ups > 0 && downs > 0) return this.#level ? '1' : '0';
    return ups > 0 ? '1' : downs > 0 ? '0' : 'z';
  }

  #analog(): AnalogSource | undefined {
    for (const pin of this.#pins) if (pin.driven === 'analog') return pin.source;
    return undefined;
  }

  #digital(volts: number): boolean {
    return this.#level ? volts >= LOW_BELOW * this.vdd : volts > HIGH_ABOVE * this.vdd;
  }

  /** In order of the changes, also when a listener makes the next one. */
  #tell(edge: boolean): void {
    const at = this.#isTimed ? this.#time.now() : 0;
    if (this.#isTelling) {
      this.#changes.push({ level: this.#level, edge, state: this.#state, at });
      return;
    }
    this.#isTelling = true;
    try {
      this.#tellOf(this.#level, edge, this.#state, at);
      for (let i = 0; i < this.#changes.length; i++) {
        const change = this.#changes[i];
        this.#tellOf(change.level, change.edge, change.state, change.at);
      }
    } finally {
      this.#isTelling = false;
      if (this.#changes.length > 0) this.#changes.length = 0;
    }
  }

  #tellOf(level: boolean, edge: boolean, state: NetState, at: RootTicks): void {
    const stateWatchers = this.#stateWatchers;
    for (let i = 0; i < stateWatchers.length; i++) stateWatchers[i](state, at);
    if (!edge) return;
    const watchers = this.#watchers;
    for (let i = 0; i < watchers.length; i++) watchers[i](level, at);
    const followers = this.#followers;
    for (let i = 0; i < followers.length; i++) followers[i](level, at);
  }

  #warnContention(): void {
    const drivers = this.#pins.filter((pin) => pin.driven !== 'z').map((pin) => `${pin.name} ${pin.driven}`);
    this.#warnings?.warn(`contention ${this.name}`, `net ${this.name}: drivers against each other (${drivers.join(', ')}); it reads low`);
  }
}

function isSavedPin(saved: unknown, name: string): boolean {
  return Array.isArray(saved) && saved[0] === name
    && ['z', 'low', 'high', 'analog'].includes(saved[1] as string) && ['none', 'up', 'down'].includes(saved[2] as string);
}

/** A connection of one part to a net. */
export class Pin {
  readonly name: string;
  readonly net: Net;
  #drive: Drive = 'z';
  #pull: Pull = 'none';
  #source: AnalogSource | undefined;
  #clock: SteadyClock | undefined;

  /** Starts floating, without a pull. */
  constructor(name: string, net: Net) {
    this.name = name;
    this.net = net;
    net.add(this);
  }

  /** The level of the net. */
  get level(): boolean {
    return this.net.level;
  }

  get driven(): Drive {
    return this.#drive;
  }

  get pulled(): Pull {
    return this.#pull;
  }

  get source(): AnalogSource | undefined {
    return this.#source;
  }

  /** The steady clock that this pin carries. */
  get clock(): SteadyClock | undefined {
    return this.#clock;
  }

  /** From now on the pin's levels are those of a clock, or no longer: parts that run on it need no edges. */
  carryClock(clock: SteadyClock | undefined): void {
    if (clock === this.#clock) return;
    this.#clock = clock;
    this.net.clockChanged();
  }

  /** Push-pull. */
  drive(level: boolean): void {
    this.#set(level ? 'high' : 'low');
  }

  /** Open drain: low or nothing. */
  openDrain(level: boolean): void {
    this.#set(level ? 'z' : 'low');
  }

  /** Open source: high or nothing. */
  openSource(level: boolean): void {
    this.#set(level ? 'high' : 'z');
  }

  driveAnalog(source: AnalogSource): void {
    this.#source = source;
    this.#drive = 'analog';
    this.net.changed(this);
  }

  /** High impedance; the pull stays. */
  release(): void {
    this.#set('z');
  }

  pull(pull: Pull): void {
    if (pull === this.#pull) return;
    this.#pull = pull;
    this.net.changed(this);
  }

  /** For links: from now on `shortcut` stands for this pin's levels. */
  beginShortcut(shortcut: Shortcut): void {
    this.net.beginShortcut(this, shortcut);
  }

  endShortcut(): void {
    this.net.endShortcut(this);
  }

  reset(): void {
    this.#pull = 'none';
    this.#source = undefined;
    this.carryClock(undefined);
    this.#set('z');
  }

  /** For the net's restore: no notice. */
  load(drive: Drive, pull: Pull): void {
    this.#drive = drive;
    this.#pull = pull;
    this.#clock = undefined;
  }

  #set(drive: Drive): void {
    if (drive === this.#drive) return;
    this.#drive = drive;
    this.net.changed(this);
  }
}
