/** Before all tests: the interpreter's handlers as the instruction rows are now, so that a bare `npx vitest run` works. */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

export default function generateSources(): void {
  execFileSync(process.execPath, ['--import', 'tsx', 'scripts/generate.ts'], { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] });
}
