/** What is measured: the programs, how each is compiled, and what its code must contain to be worth its place. */

/** A core, and the board that both emulators have for it. */
export type TargetName = 'm4' | 'm0';

export interface Program {
  readonly name: string;
  /** in `programs/`; `boot` is generated (see boot-source.ts) */
  readonly source: string;
  readonly target: TargetName;
  readonly optimise: '-O2' | '-Os';
  /** for one to two seconds of QEMU; a tenth of it with --quick */
  readonly iterations: number;
  /** `false` where the program is about the board, its output about the C library, or its time about soft floating point */
  readonly native: boolean;
  /** lines of the image's disassembly, in functions of these names: proof that the compiler kept what the program is about */
  readonly contains: readonly { readonly in: RegExp; readonly line: RegExp }[];
}

const DSP = [/\bsmlad\b/, /\bsxtb16\b/].map((line) => ({ in: /^main$/, line }));
const FPU = [/\bvmul\.f32\b/, /\bvadd\.f32\b/].map((line) => ({ in: /^main$/, line }));
const TABLE_BRANCH = /\btb[bh]\b/;
/** a call to libgcc's helper, which jumps by the table that follows the call */
const THUMB1_SWITCH = /\bbl\b.*<__gnu_thumb1_case_/;

const m4 = { target: 'm4', optimise: '-O2', native: true, contains: [] } as const;
const m0 = { target: 'm0', optimise: '-Os', native: true, contains: [] } as const;

export const PROGRAMS: readonly Program[] = [
  { ...m4, name: 'int8-convolution', source: 'int8-convolution.c', iterations: 15_000, contains: DSP },
  { ...m4, name: 'int8-fully-connected', source: 'int8-fully-connected.c', iterations: 48_000, contains: [...DSP, { in: /^main$/, line: /\bsxtab16\b/ }] },
  { ...m4, name: 'float-fft', source: 'float-fft.c', iterations: 120_000, contains: FPU },
  { ...m4, name: 'float-matrix', source: 'float-matrix.c', iterations: 30_000, contains: [...FPU, { in: /^main$/, line: /\bvdiv\.f32\b/ }] },
  { ...m4, name: 'coremark-like', source: 'coremark-like.c', iterations: 30_000, contains: [{ in: /^state_machine/, line: TABLE_BRANCH }] },
  { ...m4, name: 'quicksort', source: 'quicksort.c', iterations: 12_000, contains: [{ in: /^sort_by/, line: /\bblx\s+r/ }] },
  { ...m4, name: 'crc-sha256', source: 'crc-sha256.c', iterations: 36_000 },
  { ...m4, name: 'bytecode', source: 'bytecode.c', iterations: 24_000, contains: [{ in: /^interpret/, line: TABLE_BRANCH }] },
  { ...m4, name: 'kernel', source: 'kernel.c', iterations: 1_050_000, native: false, contains: [{ in: /^task/, line: /\bsvc\b/ }, { in: /^pendsv_entry/, line: /\bmsr\s+PSP\b/ }] },
  { ...m4, name: 'peripherals', source: 'peripherals.c', iterations: 150_000, native: false },
  { ...m4, name: 'boot', source: 'boot', iterations: 3, native: false, contains: [{ in: /^m\d+_f\d+/, line: /<__aeabi_dmul>/ }, { in: /^m\d+_f\d+/, line: /<snprintf>/ }, { in: /^m\d+_f\d+/, line: TABLE_BRANCH }] },
  { ...m0, name: 'm0-bytecode', source: 'bytecode.c', iterations: 13_500, contains: [{ in: /^interpret/, line: THUMB1_SWITCH }] },
  { ...m0, name: 'm0-coremark-like', source: 'coremark-like.c', iterations: 18_000, contains: [{ in: /^state_machine/, line: THUMB1_SWITCH }] },
  { ...m0, name: 'm0-soft-float-fft', source: 'float-fft.c', iterations: 3_000, native: false, contains: [{ in: /^main$/, line: /<__aeabi_fmul>/ }] },
];

/** @returns how often `program` repeats its work, at least once */
export function iterationsOf(program: Pick<Program, 'iterations'>, quick: boolean): number {
  return quick ? Math.ceil(program.iterations / 10) : program.iterations;
}
