/** How an image begins on a Cortex-M: as after reset, as its bootloader would hand over, or at its entry. */
import type { Board } from '../boards/index.js';
import type { Bus } from '../bus/bus.js';
import type { CortexM } from '../cores/cortex-m/core.js';
import { Word } from '../cores/cortex-m/state.js';
import type { BootPlan } from './boot.js';

/** CPACR.CP10 and CP11: full access. */
const FULL_FPU_ACCESS = 0xf << 20;

export function bootCortexM(plan: BootPlan, cortex: CortexM, bus: Bus, bootloader: Board['bootloader']): void {
  const { words } = cortex;
  if (plan.kind === 'vectors') {
    if (plan.address === cortex.config.vtorReset) return;
    words[Word.SP] = (bus.peek(plan.address, 4) ?? 0) & ~3;
    const reset = bus.peek(plan.address + 4, 4) ?? 0;
    words[Word.PC] = reset & ~1;
    words[Word.T] = reset & 1;
    if (cortex.config.vtorMask !== 0) cortex.system.registers.VTOR = plan.address;
    if (bootloader?.application === plan.address) for (const { at, value } of bootloader.writes) bus.write(at, value, 4);
  } else {
    words[Word.SP] = plan.stackPointer;
    words[Word.PC] = plan.address;
    words[Word.T] = 1;
    // Without start-up code of its own nobody else would let the program use the FPU.
    cortex.system.registers.CPACR = FULL_FPU_ACCESS;
    cortex.system.exceptions.fp.refresh();
  }
  cortex.system.exceptions.leaveLockup();
}
