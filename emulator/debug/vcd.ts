/**
 * Value Change Dump of nets: what a logic analyser would show, for GTKWave, PulseView and others.
 * Source of the format: IEEE 1364-2005, chapter 18. Recording a net makes the links on it drive true levels.
 */
import type { RootTicks, TimeSource } from '../time/types.js';
import type { Net, NetState } from '../wires/net.js';

const TIMESCALES = ['s', 'ms', 'us', 'ns', 'ps', 'fs'];
const FEMTOSECONDS = 10n ** 15n;

export interface VcdOptions {
  readonly rootHz: number;
  /** Takes the text, piece by piece. */
  readonly write: (text: string) => void;
  /** Name of the scope that holds the nets; default `board`. */
  readonly scope?: string;
}

export class VcdRecorder {
  readonly #time: TimeSource;
  readonly #options: VcdOptions;
  readonly #unit: Timescale;
  readonly #nets: { readonly net: Net; readonly name: string; readonly code: string }[] = [];
  readonly #ends: (() => void)[] = [];
  #written: RootTicks | undefined;
  #isOpen = false;

  constructor(time: TimeSource, options: VcdOptions) {
    this.#time = time;
    this.#options = options;
    this.#unit = timescaleFor(options.rootHz);
  }

  /** Before `begin`. @param name default: the net's own; spaces become underscores */
  add(net: Net, name = net.name): void {
    if (this.#isOpen) throw new Error('nets are added to a VCD before it begins');
    this.#nets.push({ net, name: name.replace(/\s+/g, '_'), code: identifier(this.#nets.length) });
  }

  /** Writes the header and the levels of now, and follows every change. */
  begin(): void {
    this.#isOpen = true;
    this.#write(`$timescale ${this.#unit.text} $end\n$scope module ${this.#options.scope ?? 'board'} $end\n`);
    for (const { name, code } of this.#nets) this.#write(`$var wire 1 ${code} ${name} $end\n`);
    this.#write('$upscope $end\n$enddefinitions $end\n');
    // Following ends short-cuts, so that the levels written next are driven ones.
    for (const { net, code } of this.#nets) this.#ends.push(net.onState((state, at) => this.#change(code, state, at)));
    this.#at(this.#time.now());
    this.#write('$dumpvars\n');
    for (const { net, code } of this.#nets) this.#write(`${net.state}${code}\n`);
    this.#write('$end\n');
  }

  /** Ends the recording with the time of now, so that viewers show how long the last levels lasted. */
  end(): void {
    if (!this.#isOpen) return;
    for (const end of this.#ends.splice(0)) end();
    this.#at(this.#time.now());
    this.#isOpen = false;
  }

  #change(code: string, state: NetState, at: RootTicks): void {
    this.#at(at);
    this.#write(`${state}${code}\n`);
  }

  #at(tick: RootTicks): void {
    if (tick === this.#written) return;
    this.#written = tick;
    this.#write(`#${this.#unit.timeOf(tick)}\n`);
  }

  #write(text: string): void {
    this.#options.write(text);
  }
}

interface Timescale { readonly text: string; timeOf(tick: RootTicks): string }

/** The coarsest power of ten of which a root tick is a whole number; femtoseconds, rounded down, where none is. */
function timescaleFor(rootHz: number): Timescale {
  for (let exponent = 0; exponent <= 15; exponent++) {
    const perSecond = 10n ** BigInt(exponent);
    if (perSecond % BigInt(rootHz) !== 0n) continue;
    const perTick = perSecond / BigInt(rootHz);
    // 10^-4 s is written as 100 us.
    return { text: `${10 ** ((15 - exponent) % 3)} ${TIMESCALES[Math.ceil(exponent / 3)]}`, timeOf: (tick) => String(BigInt(tick) * perTick) };
  }
  return { text: '1 fs', timeOf: (tick) => String((BigInt(tick) * FEMTOSECONDS) / BigInt(rootHz)) };
}

/** Short names of printable characters, `!` to `~`. */
function identifier(index: number): string {
  let code = '';
  for (let rest = index; ; rest = Math.floor(rest / 94) - 1) {
    code += String.fromCharCode(33 + (rest % 94));
    if (rest < 94) return code;
  }
}
