/**
 * Operands shared by the floating-point rows. Register fields: Vd, Vn, Vm are `d`, `n`, `m`; their extra bits `D`, `N`,
 * `M`. A single is numbered Vd:D. A double is numbered D:Vd with D = 0, written as a fixed bit: Armv7-M has 16 of them.
 */
import type { Fields, InstructionSpec } from '../../../isa/instruction.js';
import type { Builder, Value } from '../../../isa/builder.js';

export const SIGN = 0x8000_0000 | 0;

export const Sd = (f: Fields): number => (f.d << 1) | f.D;
export const Sn = (f: Fields): number => (f.n << 1) | f.N;
export const Sm = (f: Fields): number => (f.m << 1) | f.M;

export const coreRegister = (n: number): string => ['SP', 'LR', 'PC'][n - 13] ?? `R${n}`;

type Syntax = Exclude<InstructionSpec['syntax'], string>;

/** Assembly text from a template: `{Sd}` `{Dd}` `{Rt}` ... name a register by its field. */
export function text(template: string): Syntax {
  return (f) => template.replace(/\{(\w+)\}/g, (_, name: string) => registerText(name, f));
}

function registerText(name: string, f: Fields): string {
  switch (name) {
    case 'Sd': return `S${Sd(f)}`;
    case 'Sn': return `S${Sn(f)}`;
    case 'Sm': return `S${Sm(f)}`;
    case 'Sm1': return `S${Sm(f) + 1}`;
    case 'Dd': return `D${f.d}`;
    case 'Dn': return `D${f.n}`;
    case 'Dm': return `D${f.m}`;
    case 'Rt': return coreRegister(f.t);
    case 'Rt2': return coreRegister(f.u);
    case 'Rn': return coreRegister(f.n);
    default: throw new Error(`no register field is called ${name}`);
  }
}

type Operation = InstructionSpec['operation'];

/** S<d> = f(b, S<n>, S<m>) behind the check that every floating-point instruction begins with. */
export function ofTwo(f: (b: Builder, n: Value, m: Value) => Value): Operation {
  return (b, { d, n, m }) => {
    b.do('ExecuteFPCheck');
    b.setSreg(d, f(b, b.sreg(n), b.sreg(m)));
  };
}

/** S<d> = f(b, S<m>). */
export function ofOne(f: (b: Builder, m: Value) => Value): Operation {
  return (b, { d, m }) => {
    b.do('ExecuteFPCheck');
    b.setSreg(d, f(b, b.sreg(m)));
  };
}

/** S<d> = f(b, S<d>, S<n>, S<m>). */
export function accumulating(f: (b: Builder, d: Value, n: Value, m: Value) => Value): Operation {
  return (b, { d, n, m }) => {
    b.do('ExecuteFPCheck');
    b.setSreg(d, f(b, b.sreg(d), b.sreg(n), b.sreg(m)));
  };
}

/** A helper that takes the numbers of three doubles. */
export function ofDoubles(helper: string): Operation {
  return (b, { d, n, m }) => {
    b.do('ExecuteFPCheck');
    b.do(helper, d, n, m);
  };
}

export const threeSingles = { d: Sd, n: Sn, m: Sm } as const;
export const twoSingles = { d: Sd, m: Sm } as const;
export const threeDoubles = { d: 'd', n: 'n', m: 'm' } as const;
export const twoDoubles = { d: 'd', m: 'm' } as const;
