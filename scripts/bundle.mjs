/**
 * Makes `dist/cli.js` (the command, with all it needs) and `dist/emulator/index.js` (the library) from the sources.
 * `node scripts/bundle.mjs`, after `npm run generate`.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync } from 'node:fs';
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
    legalComments: 'none',
    logLevel: 'error',
    ...options,
  });
  renameSync(unfinished, outfile);
}

export async function bundleAll() {
  await bundle('emulator/cli/main.ts', 'dist/cli.js', {
    platform: 'node',
    // The option parser is a CommonJS module and asks for Node's own modules with `require`.
    banner: { js: "import { createRequire } from 'node:module';\nconst require = createRequire(import.meta.url);" },
  });
  if (existsSync(join(root, 'emulator', 'index.ts'))) await bundle('emulator/index.ts', 'dist/emulator/index.js', { platform: 'neutral', mainFields: ['module', 'main'] });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await bundleAll();
