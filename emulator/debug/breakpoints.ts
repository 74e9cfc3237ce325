/** Places in the code somebody wants to know about. */

/** What happens at an address: `true` stops the machine, `false` lets it go on. */
export type TracePointAction = (address: number) => boolean;

/** The part of the machine that watches addresses. */
export interface AddressWatch {
  setBreakpoint(address: number): void;
  clearBreakpoint(address: number): void;
}

interface Point {
  readonly id: number;
  readonly address: number;
  readonly action: TracePointAction;
}

/**
 * Breakpoints and trace points by address. The machine is told of an address once, however many points share it, and
 * asked to forget it when the last one goes.
 */
export class TracePoints {
  private readonly byAddress = new Map<number, Point[]>();
  private readonly byId = new Map<number, Point>();
  private lastId = 0;

  constructor(private readonly watch: AddressWatch) {}

  /** A point at which the machine stops. @returns its id, for `remove` */
  addBreakpoint(address: number): number {
    return this.add(address, () => true);
  }

  /** A point at which something is noted and the machine goes on. */
  addTracePoint(address: number, note: (address: number) => void): number {
    return this.add(address, (at) => {
      note(at);
      return false;
    });
  }

  add(address: number, action: TracePointAction): number {
    // Debuggers hand over function pointers as they are; bit 0 is the Thumb bit, not part of the address.
    const point: Point = { id: ++this.lastId, address: (address & ~1) >>> 0, action };
    const others = this.byAddress.get(point.address);
    if (others === undefined) {
      this.byAddress.set(point.address, [point]);
      this.watch.setBreakpoint(point.address);
    } else others.push(point);
    this.byId.set(point.id, point);
    return point.id;
  }

  /** @returns false when there is no such point */
  remove(id: number): boolean {
    const point = this.byId.get(id);
    if (point === undefined) return false;
    this.byId.delete(id);
    const left = this.byAddress.get(point.address)!.filter((other) => other !== point);
    if (left.length > 0) this.byAddress.set(point.address, left);
    else {
      this.byAddress.delete(point.address);
      this.watch.clearBreakpoint(point.address);
    }
    return true;
  }

  removeAll(): void {
    for (const id of [...this.byId.keys()]) this.remove(id);
  }

  get addresses(): readonly number[] {
    return [...this.byAddress.keys()].sort((a, b) => a - b);
  }

  /** To be called when the machine stopped at a breakpoint. Every point there acts. @returns whether to stay stopped */
  reached(address: number): boolean {
    const points = this.byAddress.get(address >>> 0) ?? [];
    return points.map((point) => point.action(address >>> 0)).includes(true);
  }
}
