/** Files that `--part` names: images that parts begin with, and those to which their contents go at the end. */
import { readFileSync } from 'node:fs';
import type { PartView } from '../machine-api.js';
import { fileError, UserError } from './errors.js';

/** Only files that the command line names are read: a board file may come from a stranger. */
export function partFiles(parts: readonly string[]): (name: string) => Uint8Array {
  const named = new Set(parts.flatMap((text) => text.split(',')).map((word) => word.slice(word.indexOf('=') + 1)));
  return (name) => {
    if (!named.has(name)) throw new UserError(`${name}: a board file cannot name files: give it with --part`);
    try {
      return readFileSync(name);
    } catch (error) {
      throw fileError(name, error);
    }
  };
}

/** What is to be written where, of the parts with an option `save` that the command line has. */
export function filesToSave(views: readonly PartView[], parts: readonly string[]): { readonly path: string; readonly bytes: Uint8Array }[] {
  return views.flatMap((view) => {
    const path = view.options['save'];
    const bytes = typeof path === 'string' && parts.some((text) => text.split(',').includes(`save=${path}`)) ? view.contents() : undefined;
    return bytes === undefined ? [] : [{ path: path as string, bytes }];
  });
}
