/**
 * Every floating-point instruction of Armv7-M: FPv4-SP (feature `fpv4-sp`), the additions of FPv5 (`fpv5-sp`) and its
 * double precision (`fpv5-dp`). Source: Armv7-M ARM (DDI 0403E), A6.4 to A6.7 and A7.7. What a feature set has no row
 * for is UNDEFINED. Each row begins with the core's `ExecuteFPCheck`; its other helpers stand in `float-helpers.ts`.
 */
import type { Instruction } from '../../../isa/instruction.js';
import { FP_ARITHMETIC } from './floating-point-arithmetic.js';
import { FP_CONVERSIONS } from './floating-point-convert.js';
import { FP_TRANSFERS } from './floating-point-transfer.js';

export const FLOATING_POINT: readonly Instruction[] = [...FP_ARITHMETIC, ...FP_CONVERSIONS, ...FP_TRANSFERS];
