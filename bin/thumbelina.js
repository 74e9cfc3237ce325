#!/usr/bin/env node
/**
 * Starts the command from its bundle `dist/cli.cjs`. In a checkout, where the sources lie beside it, a missing or
 * outdated bundle is made first, so that `node bin/thumbelina.js` always runs what the sources say.
 */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadBundle } from './load-bundle.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const bundle = join(root, 'dist', 'cli.cjs');
const cache = join(root, 'dist', 'cli.cache');

/** Made from the other sources and by the tests too: its age says nothing. */
const GENERATED = 'generated';

/** Is there a source newer than this time? Done at each start in a checkout, so it joins paths by hand. */
function hasNewer(folder, time) {
  return readdirSync(folder, { withFileTypes: true }).some((entry) => {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) return entry.name !== GENERATED && hasNewer(path, time);
    return /\.(ts|mjs|json)$/.test(entry.name) && statSync(path).mtimeMs > time;
  });
}

function isOutdated() {
  if (!existsSync(bundle)) return true;
  const time = statSync(bundle).mtimeMs;
  return ['emulator', 'scripts'].some((folder) => hasNewer(join(root, folder), time));
}

async function makeBundle() {
  try {
    const { generate, bundleAll } = await import('../scripts/bundle.mjs');
    generate();
    await bundleAll();
  } catch (error) {
    const remedy = error?.code === 'ERR_MODULE_NOT_FOUND' ? 'run npm ci in the checkout' : 'run npm run build in the checkout to see why';
    process.stderr.write(`thumbelina: the command could not be built from its sources: ${remedy}\n`);
    process.exit(70);
  }
}

if (existsSync(join(root, 'emulator', 'cli', 'main.ts')) && isOutdated()) await makeBundle();
await loadBundle(bundle, cache).exports.main(process.argv.slice(2));
