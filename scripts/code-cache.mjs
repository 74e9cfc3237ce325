/**
 * Writes `dist/cli.cache`: runs the command once and saves the code that V8 made for it, functions compiled on the way included.
 * `node scripts/code-cache.mjs`, by `scripts/bundle.mjs`.
 */
import { Buffer } from 'node:buffer';
import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadBundle } from '../bin/load-bundle.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const cache = join(root, 'dist', 'cli.cache');
const { exports, script, digest } = loadBundle(join(root, 'dist', 'cli.cjs'));
const exit = process.exit.bind(process);

process.exit = () => {
  const unfinished = `${cache}.${process.pid}`;
  writeFileSync(unfinished, Buffer.concat([Buffer.from(digest, 'latin1'), script.createCachedData()]));
  renameSync(unfinished, cache);
  exit(0);
};
await exports.main(['run', join(root, 'firmware-samples', 'hello', 'hello.mps2-an386.elf'), '--board', 'mps2-an386', '--semihosting', '--quiet', '--stdin', 'none']);
