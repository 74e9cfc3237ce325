/**
 * What was learned, from the times that translated code gave up, about single instructions: where their accesses go, whether
 * they need the interpreter, where indirect branches lead. It only makes code faster: whatever is known, results are the same.
 */
import type { Window } from '../../jit/accesses.js';
import type { Decoded } from '../../jit/region.js';

/** Side exits of an instruction before its translation changes. */
const EXITS_PER_STEP = 8;
/** After a step code as it was is used for a while: that says nothing about the new. */
const EXITS_BETWEEN_STEPS = 64;
/** Accesses of an interpreted instruction to devices before it is expected to go there. */
const DEVICE_ACCESSES = 3;
/** The step at which the interpreter takes over. */
const LAST_STEP = 3;
/** Targets remembered of one branch, and how far they may lie from it. */
const MOST_TARGETS = 64;
const FARTHEST_TARGET = 8192;
const MOST_SITES = 1 << 14;

const NOTHING_KNOWN = { accesses: [], isIndirect: true } as const;

interface Site {
  exits: number;
  step: number;
  deviceAccesses: number;
  window: Window | 'map' | undefined;
  needsInterpreter: boolean;
  targets: number[];
  /** Times that a new target was seen since code was made of the known ones. */
  misses: number;
  missesToLearn: number;
}

export class SiteKnowledge {
  private readonly sites = new Map<number, Site>();

  targets(address: number): readonly number[] { return this.sites.get(address)?.targets ?? []; }
  needsInterpreter(address: number): boolean { return this.sites.get(address)?.needsInterpreter ?? false; }
  window(address: number): Window | 'map' | undefined { return this.sites.get(address)?.window; }

  /** Windows are others now. */
  forgetWindows(): void {
    for (const site of this.sites.values()) {
      site.window = undefined;
      site.step = site.needsInterpreter ? LAST_STEP : 0;
    }
  }

  /**
   * The instruction gave up; registers are as before it.
   * @returns true when it should be translated in another way
   */
  sideExit(address: number, decoded: () => Decoded | undefined, words: Int32Array, loads: readonly Window[], stores: readonly Window[]): boolean {
    const site = this.siteAt(address);
    if (++site.exits < EXITS_PER_STEP || site.step >= LAST_STEP) return false;
    site.exits = -EXITS_BETWEEN_STEPS;
    const { accesses, isIndirect } = decoded()?.effects ?? NOTHING_KNOWN;
    // Where branches lead out of ordinary code, there is nothing to learn.
    if (isIndirect && (accesses.length === 0 || site.step > 0)) {
      site.step = LAST_STEP;
      return false;
    }
    if (accesses.length === 0) return this.takeToInterpreter(site);
    site.step++;
    const [{ register, offset, index, shift, isStore, bytes }] = accesses;
    if (site.step === 1 && register >= 0) {
      const place = words[register] + offset + (index < 0 ? 0 : words[index] << shift);
      const window = (isStore ? stores : loads).find(({ base, bytes: size }) => ((place - base) >>> 0) <= size - bytes);
      if (window) {
        site.window = window;
        return true;
      }
      return this.takeToInterpreter(site);
    }
    if (site.window !== 'map') {
      site.window = 'map';
      return true;
    }
    return this.takeToInterpreter(site);
  }

  /** The instruction, interpreted, has accessed a device. @returns true when it should be translated in another way */
  deviceAccess(address: number): boolean {
    const site = this.siteAt(address);
    return ++site.deviceAccesses === DEVICE_ACCESSES && !site.needsInterpreter && this.takeToInterpreter(site);
  }

  private takeToInterpreter(site: Site): boolean {
    site.step = LAST_STEP;
    site.needsInterpreter = true;
    return true;
  }

  /** An indirect branch, or the return from a call, has led to an unexpected place. @returns true when that is worth knowing */
  wentTo(address: number, target: number): boolean {
    if (Math.abs(target - address) > FARTHEST_TARGET) return false;
    const site = this.siteAt(address);
    if (!site.targets.includes(target)) {
      if (site.targets.length >= MOST_TARGETS) return false;
      site.targets = [...site.targets, target];
    }
    if (++site.misses < site.missesToLearn) return false;
    site.misses = 0;
    site.missesToLearn *= 4;
    return true;
  }

  private siteAt(address: number): Site {
    let site = this.sites.get(address);
    if (!site) {
      if (this.sites.size >= MOST_SITES) this.sites.clear();
      site = { exits: 0, step: 0, deviceAccesses: 0, window: undefined, needsInterpreter: false, targets: [], misses: 0, missesToLearn: 16 };
      this.sites.set(address, site);
    }
    return site;
  }
}
