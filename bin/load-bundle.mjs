/**
 * Loads `dist/cli.cjs` with the code that V8 made of it when it was built (`dist/cli.cache`): compiling the bundle takes longer
 * than all the rest of a start. A cache of another V8, or of another bundle, is left aside and costs only that time.
 */
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import * as vm from 'node:vm';

/** What the bundle ends with, and a cache of it begins with: `scripts/bundle.mjs` writes it. Computing it at each start would take a tenth of it. */
export const DIGEST_CHARACTERS = 64;

/** What the bundle imports packages with: a script that V8 takes from a cache has no `import()` of its own (Node 20). */
const importPackage = (name) => import(name);

/** @returns what the bundle exports, its script, and the digest that a cache of it begins with */
export function loadBundle(bundle, cache) {
  // The bundle is ASCII.
  const source = readFileSync(bundle, 'latin1');
  const digest = source.slice(-DIGEST_CHARACTERS);
  // As Node wraps a CommonJS module.
  const script = new vm.Script(`(function (exports, require, module, __filename, __dirname, importPackage) { ${source}\n})`, { filename: bundle, cachedData: readCache(cache, digest) });
  const module = { exports: {} };
  script.runInThisContext()(module.exports, createRequire(bundle), module, bundle, dirname(bundle), importPackage);
  return { exports: module.exports, script, digest };
}

function readCache(cache, digest) {
  if (cache === undefined || !existsSync(cache)) return undefined;
  const bytes = readFileSync(cache);
  return bytes.toString('latin1', 0, DIGEST_CHARACTERS) === digest ? bytes.subarray(DIGEST_CHARACTERS) : undefined;
}
