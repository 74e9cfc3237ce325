/** No two things of a chip may answer at one address, and a mirror must have something to mirror. */
import { didYouMean, type Description, type Path } from './problems.js';
import type { ChipText } from './schema.js';

interface Range { readonly name: string; readonly from: number; readonly to: number; readonly path: Path }

export function checkAddresses(chip: ChipText, description: Description): void {
  checkMemories(chip, description);
  const mapped: Range[] = [
    ...chip.memories.map((memory, index) => range(memory.name, memory.at, memory.bytes, ['memories', index, 'at'])),
    ...peripheralRanges(chip),
  ];
  const all = [...mapped, ...chip.reserved.map((entry, index) => range(entry.name, entry.at, entry.bytes, ['reserved', index, 'at']))];
  for (const { name, to, path } of all) {
    if (to > 0x1_0000_0000) description.refuse(path, `${name} ends past the address space; it must end at or below 0xffffffff`);
  }
  refuseOverlaps(all, description);
}

/**
 * Blocks at the very same addresses stand for one range: firmware enables one of them at a time. An AVR's blocks have their
 * registers here and there in the I/O space: the machine finds out which.
 */
function peripheralRanges(chip: ChipText): Range[] {
  if (chip.core.name === 'avr') return [];
  const seen = new Set<string>();
  return Object.entries(chip.peripherals).flatMap(([name, { at, bytes, from }]) => {
    const place = `${at + from} ${bytes}`;
    if (seen.has(place)) return [];
    seen.add(place);
    return [range(name, at + from, bytes, ['peripherals', name, 'at'])];
  });
}

function checkMemories(chip: ChipText, description: Description): void {
  const names = chip.memories.filter((memory) => memory.mirrorOf === undefined).map((memory) => memory.name);
  const seen = new Set<string>();
  chip.memories.forEach((memory, index) => {
    const path = ['memories', index];
    if (seen.has(memory.name)) description.refuse([...path, 'name'], `memory "${memory.name}" stands twice; rename one`);
    seen.add(memory.name);
    if (memory.mirrorOf === undefined && memory.kind === undefined) description.refuse(path, `memory "${memory.name}" needs kind: rom, ram or flash, or mirrorOf`);
    if (memory.mirrorOf !== undefined && memory.kind !== undefined) description.refuse([...path, 'kind'], `a mirror has the kind of what it mirrors; remove kind`);
    if (memory.mirrorOf !== undefined && !names.includes(memory.mirrorOf)) {
      description.refuse([...path, 'mirrorOf'], `no memory is called "${memory.mirrorOf}"; ${didYouMean(memory.mirrorOf, names)}`);
    }
  });
}

function refuseOverlaps(ranges: readonly Range[], description: Description): void {
  const sorted = [...ranges].sort((a, b) => a.from - b.from);
  let widest: Range | undefined;
  for (const next of sorted) {
    if (widest !== undefined && next.from < widest.to) {
      description.refuse(next.path, `${next.name} at ${hex(next.from)} overlaps ${widest.name}, which ends at ${hex(widest.to - 1)}; move or shorten one of them`);
    }
    if (widest === undefined || next.to > widest.to) widest = next;
  }
}

function range(name: string, at: number, bytes: number, path: Path): Range {
  return { name, from: at, to: at + bytes, path };
}

function hex(address: number): string {
  return `0x${address.toString(16).padStart(8, '0')}`;
}
