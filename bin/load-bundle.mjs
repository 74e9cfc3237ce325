/**
 * Loads `dist/cli.cjs` with the code that V8 made of it when it was built (`dist/cli.cache`): compiling the bundle takes longer
 * than all the rest of a start. A cache of another V8, or of another bundle, is left aside and costs only that time.
 */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { Script } from 'node:vm';

export const DIGEST_BYTES = 32;

/** @returns what the bundle exports, its script, and the digest that a cache of it begins with */
export function loadBundle(bundle, cache) {
  const source = readFileSync(bundle, 'utf8');
  const digest = createHash('sha256').update(source).digest();
  // As Node wraps a CommonJS module.
  const script = new Script(`(function (exports, require, module, __filename, __dirname) { ${source}\n})`, { filename: bundle, cachedData: readCache(cache, digest) });
  const module = { exports: {} };
  script.runInThisContext()(module.exports, createRequire(bundle), module, bundle, dirname(bundle));
  return { exports: module.exports, script, digest };
}

function readCache(cache, digest) {
  if (cache === undefined || !existsSync(cache)) return undefined;
  const bytes = readFileSync(cache);
  return bytes.subarray(0, DIGEST_BYTES).equals(digest) ? bytes.subarray(DIGEST_BYTES) : undefined;
}
