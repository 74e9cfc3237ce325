/** exp, log and tanh of the inference runtime against this machine's libm in double. `real-math.c` with a step of 1 looks at every float32. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { inFolder } from './host.js';

const INFERENCE = fileURLToPath(new URL('../../firmware-samples/inference/', import.meta.url));
const STEP = 4099;

describe('real functions', () => {
  const worst = inFolder((folder) => {
    const program = join(folder, 'real-math');
    const include = ['src', 'include'].map((name) => `-I${join(INFERENCE, name)}`);
    execFileSync('gcc', ['-std=c11', '-O2', '-ffp-contract=off', ...include, fileURLToPath(new URL('real-math.c', import.meta.url)), join(INFERENCE, 'src/real-math.c'), '-lm', '-o', program]);
    return JSON.parse(execFileSync(program, [String(STEP)], { encoding: 'utf8' })) as Record<string, number>;
  });

  it.each(['exp', 'log', 'tanh'])('%s errs by less than one unit in the last place', (name) => {
    expect(worst[name]).toBeLessThan(1);
  });
});
