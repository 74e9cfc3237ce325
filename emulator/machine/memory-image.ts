/** The contents of all memories, for a snapshot. */
import type { Snapshot } from '../bus/types.js';
import { MachineError } from './machine-error.js';
import type { PlacedMemory } from './memory-layout.js';

/** Views, not copies: encode them before the machine goes on. */
export function saveMemories(buffer: ArrayBuffer, memories: readonly PlacedMemory[]): Snapshot {
  return Object.fromEntries(originals(memories).map(({ name, offset, bytes }) => [name, new Uint8Array(buffer, offset, bytes)]));
}

/** @throws MachineError when a memory is missing or of another size; nothing has changed then */
export function restoreMemories(buffer: ArrayBuffer, memories: readonly PlacedMemory[], from: Snapshot): void {
  const contents = originals(memories).map(({ name, bytes }) => {
    const saved = from[name];
    if (!(saved instanceof Uint8Array) || saved.length !== bytes) throw new MachineError(`the snapshot has no memory ${name} of ${bytes} bytes: take it on the same board`);
    return saved;
  });
  originals(memories).forEach(({ offset, bytes }, i) => new Uint8Array(buffer, offset, bytes).set(contents[i]));
}

const originals = (memories: readonly PlacedMemory[]): readonly PlacedMemory[] => memories.filter(({ isMirror }) => !isMirror);
