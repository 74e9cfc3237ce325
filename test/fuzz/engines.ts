/** The engines that can be put under test, by name. */
import { makeFloatHelpers } from '../../emulator/cores/cortex-m/float-helpers.js';
import { CORTEX_M_ROWS } from '../../emulator/cores/cortex-m/rows/index.js';
import { CORES } from '../../emulator/cores/cortex-m/system/config.js';
import type { Instruction } from '../../emulator/isa/instruction.js';
import type { CoreName } from './case.js';
import { CoreEngine } from './core-engine.js';
import type { EngineUnderTest } from './engine.js';
import { RowEngine } from './row-engine.js';
import { TranslatorEngine } from './translator-engine.js';

/** The first is the default. */
export const ENGINES = ['interpreter', 'translator', 'rows'] as const;
export type EngineName = (typeof ENGINES)[number];

/** The rows that a core has; the Cortex-M4 has its floating-point unit. */
export function rowsOf(core: CoreName): readonly Instruction[] {
  const features: readonly string[] = CORES[core === 'cortex-m4' ? 'cortex-m4f' : core].features;
  return CORTEX_M_ROWS.filter(({ feature }) => features.includes(feature));
}

export function openEngine(name: EngineName, core: CoreName): EngineUnderTest {
  if (name === 'rows') return new RowEngine(rowsOf(core), makeFloatHelpers);
  return name === 'translator' ? new TranslatorEngine(core) : new CoreEngine(core);
}
