/** Where a runner image, a model and its arena go on a board, and whether there is room for them. */
import type { Board } from '../boards/index.js';
import type { FirmwareImage, Segment } from '../loader/index.js';
import type { Model } from './model.js';
import { ModelError } from './model-error.js';

/** Of runner_parameters in firmware-samples/runner/runner.c. */
const MAGIC = 0x4e52_4c54;
const VERSION = 1;
const PARAMETERS_BYTES = 20;

export const MODEL_ALIGNMENT = 16;
const RAM = 0x2000_0000;

export interface Room {
  /** Bytes of flash from address 0, and of RAM from 0x20000000. */
  readonly flashBytes: number;
  readonly ramBytes: number;
}

/** What a model takes on a board. */
export interface Use {
  readonly imageBytes: number;
  readonly modelBytes: number;
  /** Stack and data of the image. */
  readonly fixedRamBytes: number;
}

/** @returns which runner image the board's core takes, as files are named. @throws ModelError for an AVR */
export function runnerCore({ name, chip: { core } }: Board): string {
  if (core.name === 'avr') throw new ModelError(`${name} has an AVR core: networks run on boards with a Cortex-M`);
  const needsFpu = core.name === 'cortex-m4' || core.name === 'cortex-m7';
  return needsFpu && core.fpu === 'none' ? 'cortex-m3' : core.name;
}

/** @throws ModelError when memory is not where the runner expects it */
export function roomOf({ name, chip }: Board): Room {
  const flash = chip.memories.find(({ at }) => at === 0);
  let end = RAM;
  for (;;) {
    const next = chip.memories.find(({ at, mirrorOf }) => at === end && mirrorOf === undefined);
    if (next === undefined) break;
    end = next.at + next.bytes;
  }
  if (flash === undefined || end === RAM) throw new ModelError(`${name} has no memory at ${flash === undefined ? '0' : '0x20000000'}: the runner needs flash at 0 and RAM at 0x20000000`);
  return { flashBytes: flash.bytes, ramBytes: end - RAM };
}

/** An image of ours, with the addresses that matter. */
export class RunnerImage {
  private readonly addresses: ReadonlyMap<string, number>;

  /** @throws ModelError when it is another firmware */
  constructor(readonly image: FirmwareImage) {
    this.addresses = new Map(image.symbols.map(({ name, address }) => [name, address]));
    const parameters = this.address('runner_parameters');
    const segment = image.segments.find(({ address, bytes }) => parameters >= address && parameters + PARAMETERS_BYTES <= address + bytes.length);
    const view = segment && new DataView(segment.bytes.buffer, segment.bytes.byteOffset + parameters - segment.address, PARAMETERS_BYTES);
    if (view?.getUint32(0, true) !== MAGIC || view.getUint32(4, true) !== VERSION) throw new ModelError('the runner image is of another version: build it anew with make -C firmware-samples/runner');
  }

  address(symbol: string): number {
    const address = this.addresses.get(symbol);
    if (address === undefined) throw new ModelError(`the runner image has no symbol ${symbol}: build it with make -C firmware-samples/runner`);
    return address;
  }

  use(model: Model): Use {
    return { imageBytes: this.address('image_end'), modelBytes: model.bytes.length, fixedRamBytes: this.address('arena_start') - RAM };
  }

  /** The image with the model behind it and its parameters filled in. */
  with(model: Model, { ramBytes }: Room): FirmwareImage {
    const at = this.address('image_end');
    const parameters = Uint32Array.of(MAGIC, VERSION, at, model.bytes.length, RAM + ramBytes);
    const segments = this.image.segments.map((segment) => filledIn(segment, this.address('runner_parameters'), parameters));
    return { ...this.image, segments: [...segments, { address: at, bytes: model.bytes, space: 'memory' as const }].sort((a, b) => a.address - b.address) };
  }
}

function filledIn(segment: Segment, at: number, words: Uint32Array): Segment {
  if (at < segment.address || at >= segment.address + segment.bytes.length) return segment;
  // A copy even where `slice` gives a view, as of a Buffer.
  const bytes = Uint8Array.from(segment.bytes);
  const view = new DataView(bytes.buffer);
  words.forEach((word, i) => view.setUint32(at - segment.address + 4 * i, word, true));
  return { ...segment, bytes };
}
