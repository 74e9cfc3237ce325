/** For builders that only look at what an instruction does: arithmetic whose results nobody asks for. */
import type { Value } from './builder.js';

export const UNKNOWN = { isUnknown: true } as unknown as Value;

/** What an operation of two numbers gives, and `otherwise` when one of them is not known. */
export const fold = (x: Value, y: Value, otherwise: Value, op: (a: number, b: number) => number): Value =>
  (typeof x === 'number' && typeof y === 'number' ? op(x, y) : otherwise);

export class UnknownValues {
  mul(): Value { return UNKNOWN; }
  xor(): Value { return UNKNOWN; }
  not(): Value { return UNKNOWN; }
  shrS(): Value { return UNKNOWN; }
  ror(): Value { return UNKNOWN; }
  clz(): Value { return UNKNOWN; }
  signExtend8(): Value { return UNKNOWN; }
  signExtend16(): Value { return UNKNOWN; }
  mulHighS(): Value { return UNKNOWN; }
  mulHighU(): Value { return UNKNOWN; }
  eq(): Value { return UNKNOWN; }
  ne(): Value { return UNKNOWN; }
  ltS(): Value { return UNKNOWN; }
  ltU(): Value { return UNKNOWN; }
  geU(): Value { return UNKNOWN; }
  leS(): Value { return UNKNOWN; }
  select(): Value { return UNKNOWN; }
}
