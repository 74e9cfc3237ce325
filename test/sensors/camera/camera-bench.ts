/** A camera alone: its registers written at once, its port read like a logic analyser that samples when PCLK has risen. */
import { Inputs, PARTS, type Part, type Picture } from '../../../emulator/sensors/index.js';
import { steadyClock } from '../../../emulator/wires/clock.js';
import { Net, Pin } from '../../../emulator/wires/net.js';
import { ManualTime } from '../../support/manual-time.js';

/** Root ticks a period of the camera's clock takes on this bench. */
export const CLOCK_TICKS = 4;
export const BENCH_HZ = 96_000_000;

export interface CameraBench {
  readonly time: ManualTime;
  readonly part: Part;
  readonly warnings: string[];
  readonly world: Inputs;
  /** The camera's input clock. */
  readonly clock: Pin;
  pin(name: string): Net;
  write(...bytes: number[]): void;
  read(...address: number[]): number;
  level(name: string): boolean;
  /** Bits of D0 to D7. */
  data(): number;
  /** Runs on to so many periods of the camera's clock, from the start of the clock. */
  at(periods: number): void;
}

/** @param running whether the camera's clock runs from the beginning */
export function cameraBench(name: string, scene: Picture, { running = true, options = {} }: { readonly running?: boolean; readonly options?: Record<string, unknown> } = {}): CameraBench {
  const time = new ManualTime(BENCH_HZ);
  const { queue } = time;
  const nets = new Map<string, Net>();
  const pin = (own: string): Net => {
    if (!nets.has(own)) nets.set(own, new Net(own, queue));
    return nets.get(own)!;
  };
  const warnings: string[] = [];
  const world = new Inputs();
  world.setPicture(() => scene);
  const factory = PARTS[name];
  const part = factory.create({ name, bus: factory.buses[0], scheduler: queue, warnings: { warn: (_key, text) => void warnings.push(text) }, world, seed: 1, imperfections: false, draws: () => {}, addresses: [], pin }, factory.options.parse(options));
  part.reset();
  const clock = new Pin('clock', pin(factory.pins.includes('mclk') ? 'mclk' : 'xclk'));
  if (running) clock.carryClock(steadyClock(0, CLOCK_TICKS, 1));
  const [target] = part.targets!;
  const data = Array.from({ length: 8 }, (_, bit) => pin(`d${bit}`));
  return {
    time, part, warnings, world, clock, pin,
    write: (...bytes) => {
      target.start(false);
      for (const byte of bytes) target.write(byte);
      target.stop();
    },
    read: (...address) => {
      target.start(false);
      for (const byte of address) target.write(byte);
      target.start(true);
      const value = target.read();
      target.stop();
      return value;
    },
    level: (own) => pin(own).level,
    data: () => data.reduce((sum, net, bit) => sum | (net.level ? 1 << bit : 0), 0),
    at: (periods) => time.advanceTo(Math.round(periods * CLOCK_TICKS)),
  };
}

/** A picture whose pixels differ from each other and from their neighbours. */
export function patterned(width: number, height: number): Picture {
  const pixels = new Uint8Array(width * height * 3);
  for (let i = 0; i < width * height; i++) {
    const [x, y] = [i % width, Math.floor(i / width)];
    pixels.set([(x * 5 + y * 3) & 0xff, ((x * x + 7 * y) >> 3) & 0xff, ((x * 11) ^ (y * 13)) & 0xff], 3 * i);
  }
  return { width, height, pixels };
}
