/**
 * Loads `dist/cli.cjs` with the code that V8 made of it when it was built (`dist/cli.cache`): compiling the bundle takes longer
 * than all the rest of a start. A cache of another V8, or of another bundle, is left aside and costs only that time.
 */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import * as vm from 'node:vm';

export const DIGEST_BYTES = 32;

/** How the bundle's own `import()` finds packages: as from the bundle's place. Node before 20.12 takes a function instead. */
const LOADER = vm.constants?.USE_MAIN_CONTEXT_DEFAULT_LOADER ?? ((specifier) => import(specifier));

/** @returns what the bundle exports, its script, and the digest that a cache of it begins with */
export function loadBundle(bundle, cache) {
  const source = readFileSync(bundle, 'utf8');
  const digest = createHash('sha256').update(source).digest();
  // As Node wraps a CommonJS module.
  const script = new vm.Script(`(function (exports, require, module, __filename, __dirname) { ${source}\n})`, { filename: bundle, cachedData: readCache(cache, digest), importModuleDynamically: LOADER });
  const module = { exports: {} };
  script.runInThisContext()(module.exports, createRequire(bundle), module, bundle, dirname(bundle));
  return { exports: module.exports, script, digest };
}

function readCache(cache, digest) {
  if (cache === undefined || !existsSync(cache)) return undefined;
  const bytes = readFileSync(cache);
  return bytes.subarray(0, DIGEST_BYTES).equals(digest) ? bytes.subarray(DIGEST_BYTES) : undefined;
}
