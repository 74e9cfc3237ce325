/** Where the package lies on this computer. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * The nearest folder above this code that holds `boards/` and `package.json`: the same for the bundle in `dist/` and
 * for the sources of a checkout.
 * @throws Error when the package is incomplete
 */
export function packageRoot(from = fileURLToPath(import.meta.url)): string {
  let folder = dirname(from);
  while (!(existsSync(join(folder, 'package.json')) && existsSync(join(folder, 'boards')))) {
    const parent = dirname(folder);
    if (parent === folder) throw new Error('the boards folder of the package is missing: install thumbelina again');
    folder = parent;
  }
  return folder;
}
