/**
 * Makes `dist/cli.cjs` (the command, with all it needs), `dist/cli.cache` (V8's code for it) and `dist/emulator/index.js` (the library) from the sources.
 * `node scripts/bundle.mjs`, after `npm run generate`.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { appendFileSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Writes the generated sources. @throws Error when that fails */
export function generate() {
  const script = join(root, 'scripts', 'generate.ts');
  if (!existsSync(script)) return;
  const { status } = spawnSync(process.execPath, ['--import', 'tsx', script], { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] });
  if (status !== 0) throw new Error('scripts/generate.ts failed');
}

/** The schema library brings its messages in fifty languages, of which the English ones are imported by themselves. */
const withoutTranslations = {
  name: 'without-translations',
  setup(bundler) {
    bundler.onLoad({ filter: /zod[\\/]v4[\\/]locales[\\/]index\.js$/ }, () => ({ contents: 'export {}' }));
  },
};

/** Loaded by the few runs that hear such a file, from the package's dependencies: in the bundles they would be most of it. */
const LOADED_WHEN_NEEDED = ['opus-decoder'];

/** `import()` of packages becomes a call of what `bin/load-bundle.mjs` gives the bundle. */
function withImporter(code) {
  return LOADED_WHEN_NEEDED.reduce((text, name) => text.replaceAll(`import("${name}")`, `importPackage("${name}")`), code);
}

/** A process that starts meanwhile sees the old file or the new one, never half of one. */
async function bundle(entry, target, options) {
  const outfile = join(root, target);
  const unfinished = `${outfile}.${process.pid}`;
  mkdirSync(dirname(outfile), { recursive: true });
  await build({
    entryPoints: [join(root, entry)],
    outfile: unfinished,
    absWorkingDir: root,
    bundle: true,
    format: 'esm',
    target: 'es2022',
    // Half the text to scan at each start; names stay, for readable stack traces.
    minifyWhitespace: true,
    legalComments: 'none',
    logLevel: 'error',
    external: LOADED_WHEN_NEEDED,
    plugins: [withoutTranslations],
    ...options,
  });
  if (options.format === 'cjs') writeFileSync(unfinished, withImporter(readFileSync(unfinished, 'latin1')), 'latin1');
  const bytes = readFileSync(unfinished);
  if (options.format === 'cjs' && bytes.some((byte) => byte > 0x7f)) throw new Error(`${target}: a regular expression or template has a character that is not ASCII: write it as \\u....`);
  // Who keeps something made of the bundle knows by this whether it is the same (bin/load-bundle.mjs).
  appendFileSync(unfinished, `// ${createHash('sha256').update(bytes).digest('hex')}`);
  renameSync(unfinished, outfile);
}

/** Without it the command starts later, and does the same. */
function keepCode() {
  spawnSync(process.execPath, [join(root, 'scripts', 'code-cache.mjs')], { cwd: root, stdio: 'ignore' });
}

export async function bundleAll() {
  await bundle('emulator/cli/main.ts', 'dist/cli.cjs', {
    platform: 'node',
    // A script, so that V8's code for it can be kept (bin/load-bundle.mjs).
    format: 'cjs',
    define: { 'import.meta.url': 'bundleUrl' },
    banner: { js: "const bundleUrl = require('node:url').pathToFileURL(__filename).href;" },
  });
  keepCode();
  if (existsSync(join(root, 'emulator', 'index.ts'))) await bundle('emulator/index.ts', 'dist/emulator/index.js', { platform: 'neutral', mainFields: ['module', 'main'] });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await bundleAll();
