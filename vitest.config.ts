import { defineConfig } from 'vitest/config';

const SECONDS = 1000;

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts', 'ui/test/**/*.test.ts'],
    setupFiles: ['test/support/properties.ts'],
    globalSetup: ['test/support/generated-sources.ts'],
    // Bounds against hanging, wide enough for a busy machine. Tests that compile, or run another program, may say more.
    testTimeout: 90 * SECONDS,
    hookTimeout: 120 * SECONDS,
    pool: 'forks',
    // Every worker compiles the interpreter anew: more of them than cores only wait for each other.
    maxWorkers: '100%',
    // An event without a handler is a failure, never a footnote.
    dangerouslyIgnoreUnhandledErrors: false,
    allowOnly: false,
    passWithNoTests: false,
  },
});
