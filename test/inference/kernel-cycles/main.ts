/**
 * `npx tsx test/inference/kernel-cycles/main.ts`: cycles per multiplication of the int8 kernels with DSP instructions, by the emulator's
 * timing model, beside the portable ones.
 */
import { CORE_NAMES, CORES, measuredCycles } from './programs.js';

for (const core of CORE_NAMES) {
  console.log(`\n${CORES[core]}`);
  console.log('kernel           layer                        MACs     cycles  cycles/MAC  portable');
  for (const { kernel, shape, macs, cycles, portableCycles, differing } of await measuredCycles(core)) {
    const perMac = (count: number): string => (count / macs).toFixed(2).padStart(10);
    const remark = differing === 0 ? '' : `  ${differing} bytes differ from the portable kernel`;
    console.log(`${kernel.padEnd(16)} ${shape.padEnd(22)} ${String(macs).padStart(10)} ${String(cycles).padStart(10)}  ${perMac(cycles)}${perMac(portableCycles)}${remark}`);
  }
}
