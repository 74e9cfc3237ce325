/**
 * What the compiler cannot say: which folder may import which, and that a run depends on nothing but its inputs.
 * The map of folders is explained in ARCHITECTURE.md.
 */
import { posix } from 'node:path';
import eslint from '@eslint/js';
import tseslint from 'typescript-eslint';

/** Folder of `emulator/` (or a file at its top) to what it may import. The longest prefix counts. Shared layers come first. */
const MAY_IMPORT = {
  bus: [],
  isa: [],
  // The translator knows rows, never a core.
  jit: ['isa'],
  loader: [],
  semihosting: [],
  time: ['bus'],
  wires: ['bus', 'time'],
  'peripherals/registers': ['bus'],
  // Families know the shared files beside them, never each other: the list of blocks is the only place where they meet.
  'peripherals/arm': ['bus', 'time', 'wires', 'peripherals/registers', 'peripherals/block', 'peripherals/countdown', 'peripherals/pins'],
  'peripherals/avr': ['bus', 'time', 'wires', 'peripherals/registers', 'peripherals/block', 'peripherals/comparator'],
  'peripherals/cmsdk': ['bus', 'time', 'wires', 'peripherals/registers', 'peripherals/block', 'peripherals/countdown', 'peripherals/pins'],
  'peripherals/mps2': ['bus', 'time', 'wires', 'peripherals/registers', 'peripherals/block', 'peripherals/countdown', 'peripherals/pins'],
  peripherals: ['bus', 'time', 'wires', 'peripherals'],
  // A core describes its own registers (SCS, DWT) in the language of register maps.
  'cores/cortex-m': ['bus', 'time', 'wires', 'isa', 'jit', 'peripherals/registers', 'cores/watchpoints'],
  'cores/avr': ['bus', 'isa', 'jit', 'cores/watchpoints'],
  'cores/watchpoints': [],
  sensors: ['bus', 'time', 'wires', 'peripherals/registers'],
  boards: ['peripherals', 'sensors'],
  'machine-api': ['loader', 'semihosting', 'sensors', 'wires'],
  machine: ['machine-api', 'boards', 'bus', 'cores', 'isa', 'loader', 'peripherals', 'semihosting', 'sensors', 'time', 'wires'],
  debug: ['machine-api', 'cores', 'isa', 'loader', 'time', 'wires'],
  energy: ['machine-api', 'boards'],
  models: ['machine-api', 'boards', 'energy', 'loader', 'sensors'],
  index: ['machine', 'machine-api', 'boards', 'cores', 'debug', 'energy', 'loader', 'models', 'semihosting', 'sensors', 'time', 'wires'],
  'host/node': ['semihosting'],
  cli: ['index', 'machine', 'machine-api', 'boards', 'debug', 'energy', 'host', 'loader', 'models', 'semihosting', 'time'],
};

const holds = (prefix, path) => path === prefix || path.startsWith(`${prefix}/`);
const areaOf = (path) => Object.keys(MAY_IMPORT).filter((area) => holds(area, path)).sort((a, b) => b.length - a.length)[0];

const importDirection = {
  meta: { type: 'problem', schema: [], messages: { direction: '{{from}} may not import {{to}}: see MAY_IMPORT in eslint.config.js', unknown: '{{from}} has no line in MAY_IMPORT of eslint.config.js' } },
  create(context) {
    const file = context.filename.replaceAll('\\', '/').split('/emulator/').at(-1).replace(/\.ts$/, '');
    const from = areaOf(file);
    const check = (node) => {
      const target = node.source?.value;
      if (typeof target !== 'string' || !target.startsWith('.')) return;
      if (from === undefined) return context.report({ node, messageId: 'unknown', data: { from: file } });
      const to = posix.join(posix.dirname(file), target).replace(/\.js$/, '');
      if (!holds(from, to) && !MAY_IMPORT[from].some((area) => holds(area, to))) context.report({ node, messageId: 'direction', data: { from, to } });
      // A family is a folder of its own although its parent's rule would let it in.
      else if (holds(from, to) && areaOf(to) !== from && !MAY_IMPORT[from].includes(areaOf(to)) && !MAY_IMPORT[from].includes(from)) context.report({ node, messageId: 'direction', data: { from, to } });
    };
    return { ImportDeclaration: check, ExportNamedDeclaration: check, ExportAllDeclaration: check, ImportExpression: check };
  },
};

const VIRTUAL_TIME_ONLY = 'a run depends on firmware, board, input and seed alone';
const NO_PLATFORM = 'emulator/ outside host/ and cli/ runs in browsers too';

export default tseslint.config(
  { ignores: ['dist/', 'coverage/', '**/generated/', '**/build/', '**/node_modules/'] },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  eslint.configs.recommended,
  ...tseslint.configs.recommendedTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: { allowDefaultProject: ['*.js', 'bin/*.js', 'scripts/*.mjs'] }, tsconfigRootDir: import.meta.dirname } },
    rules: {
      'max-lines': ['error', { max: 700 }],
      eqeqeq: ['error', 'always'],
      'no-eval': 'error',
      'no-new-func': 'error',
      'prefer-const': 'error',
      'no-fallthrough': 'off', // the compiler's noFallthroughCasesInSwitch knows better
      // A guest's fault is an event of the simulation, thrown often: no Error, whose stack trace would cost more than the fault.
      '@typescript-eslint/only-throw-error': ['error', { allowThrowingUnknown: true, allow: [{ from: 'file', name: ['GuestFault', 'Restart', 'Failure', 'Stop'] }] }],
      '@typescript-eslint/no-base-to-string': 'off',
      '@typescript-eslint/restrict-template-expressions': 'off',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { args: 'all', argsIgnorePattern: '^_', varsIgnorePattern: '^_', caughtErrorsIgnorePattern: '^_', destructuredArrayIgnorePattern: '^_' }],
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
    },
  },
  {
    files: ['emulator/**/*.ts'],
    plugins: { architecture: { rules: { 'import-direction': importDirection } } },
    rules: { 'architecture/import-direction': 'error' },
  },
  // Memory accessors close over what they need, and a literal's getters name their device: nothing there loses a `this`.
  { files: ['emulator/cores/**/*.ts'], rules: { '@typescript-eslint/unbound-method': 'off' } },
  { files: ['emulator/peripherals/**/*.ts'], rules: { '@typescript-eslint/no-this-alias': 'off' } },
  {
    files: ['emulator/**/*.ts'],
    ignores: ['emulator/host/**', 'emulator/cli/**'],
    rules: {
      'no-restricted-imports': ['error', { patterns: [{ group: ['node:*'], message: NO_PLATFORM }] }],
      'no-restricted-globals': [
        'error',
        ...['Date', 'performance', 'setTimeout', 'setInterval', 'setImmediate', 'queueMicrotask', 'crypto'].map((name) => ({ name, message: VIRTUAL_TIME_ONLY })),
        ...['process', 'Buffer', 'require', 'window', 'document', 'navigator', 'fetch'].map((name) => ({ name, message: NO_PLATFORM })),
      ],
      'no-restricted-properties': ['error', { object: 'Math', property: 'random', message: VIRTUAL_TIME_ONLY }],
    },
  },
  {
    files: ['test/**/*.ts'],
    rules: {
      // Tests look into what they know, and hand rubbish to what must refuse it.
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/unbound-method': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
      'no-restricted-syntax': ['error', { selector: "MemberExpression[property.name=/^(only|skip|todo)$/][object.name=/^(it|test|describe)$/]", message: 'every test runs' }],
    },
  },
  {
    files: ['**/*.js', '**/*.mjs'],
    extends: [tseslint.configs.disableTypeChecked],
    languageOptions: { globals: { process: 'readonly', console: 'readonly', URL: 'readonly' }, parserOptions: { projectService: false } },
  },
);
