/** A chip description's core in the terms of the core's own configuration. */
import type { Chip } from '../boards/index.js';
import { configureCore, type CoreConfig, type CoreName } from '../cores/cortex-m/system/index.js';

/** @throws RangeError naming the option that the core cannot be built with; Error for an AVR chip */
export function coreConfigOf(chip: Chip): CoreConfig {
  const { core } = chip;
  if (core.name === 'avr') throw new Error(`${chip.fileName}: ${chip.name} has an AVR core, which this machine does not run`);
  const name: CoreName = core.name === 'cortex-m4' && core.fpu !== 'none' ? 'cortex-m4f' : core.name;
  const { tenms, skew } = core.systickCalibration ?? { tenms: 0, skew: false };
  return configureCore(name, {
    irqCount: core.irqs,
    priorityBits: core.priorityBits,
    mpuRegions: core.mpuRegions,
    bitBand: core.bitBand,
    fpu: core.fpu,
    systick: { present: true, referenceClock: core.systickReference !== undefined, tenms, skew },
  });
}
