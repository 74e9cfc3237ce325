/**
 * Brings objdump's text and ours to one form: lower case, single spaces, no comments, decimal immediates, PC-relative
 * addresses resolved, register ranges written out, and Armv7-M's names where objdump keeps older ones.
 */

/** What objdump writes in an older or another way than the manual, brought to the manual's. */
const ALIASES: readonly (readonly [RegExp, string | ((...groups: string[]) => string)])[] = [
  [/\bcpsr_fs\b/, 'apsr_nzcvqg'], [/\bcpsr_f\b/, 'apsr_nzcvq'], [/\bcpsr_s\b/, 'apsr_g'], [/\bcpsr\b/, 'apsr'], [/ psr\b/, ' xpsr'],
  [/\b([ixe]+[ap]?psr)_\w+/, '$1'],
  [/^mov(\w*) r8, r8$/, 'nop$1'],
  [/^neg(\w*) (\w+), (\w+)$/, 'rsb$1 $2, $3, #0'],
  [/^mul(\w*) (\w+), (\w+)$/, 'mul$1 $2, $3, $2'],
  [/^mov(s?)(\w*)\.w (\w+), (\w+), (lsl|lsr|asr|ror) #/, '$5$1$2.w $3, $4, #'],
  [/^mov(s?)(\w*)\.w (\w+), (\w+), rrx/, 'rrx$1$2 $3, $4'],
  [/^stmdb(\w*) sp!, /, 'push$1.w '], [/^ldmia(\w*)\.w sp!, /, 'pop$1.w '],
  [/, #0\]$/, ']'],
  // Names that are reserved in Armv7-M: from Armv8, and the A profile's barrier options.
  [/^sevl(\w*)$/, 'nop$1 {5}'], [/^dfb(\w*)$/, 'dsb$1 #12'],
  [/^(d[ms]b\w*) (\w+)$/, (line, barrier, option) => (option in BARRIER_OPTIONS ? `${barrier} #${BARRIER_OPTIONS[option]}` : line)],
];
const BARRIER_OPTIONS: Readonly<Record<string, number>> = { oshld: 1, oshst: 2, osh: 3, nshld: 5, unst: 6, un: 7, ishld: 9, ishst: 10, ish: 11, ld: 13, st: 14 };

/** One form for objdump's text and ours: see above. */
export function normalise(text: string, address: number): string {
  const immediate = /^(vmov\w*\.f\d\d\s+\w+, #)\d+\s*@ 0x\w+\s+(\S+)/.exec(text); // the 8-bit code, its value in the comment
  const withValue = immediate ? immediate[1] + immediate[2].replace(/(\.\d+?)0+$/, '$1') : text;
  const withoutComment = withValue.toLowerCase().replace(/\s*[@;].*$/, '').replace(/\s+/g, ' ').trim();
  const decimal = withoutComment.replace(/#(-?)0x([0-9a-f]+)/g, (_, sign: string, digits: string) => `#${sign}${parseInt(digits, 16)}`);
  const aliased = ALIASES.reduce((line, [old, name]) => line.replace(old, name as string), decimal);
  return expandRanges(resolve(aliased, address));
}

/** `[pc, #n]`, and ADR written as an addition to the PC, become the address. */
function resolve(text: string, address: number): string {
  const from = (offset: number): string => `0x${((((address + 4) & ~3) + offset) >>> 0).toString(16)}`;
  const loaded = text.replace(/\[pc(?:, #(-?\d+))?\]$/, (_, offset = '0') => from(Number(offset)));
  const added = /^(add|sub)(w?)(\w*) (\w+), pc, #(\d+)$/.exec(loaded);
  if (!added) return loaded;
  const [, operation, w, condition, Rd, offset] = added;
  return `adr${condition}${w && '.w'} ${Rd}, ${from(operation === 'add' ? Number(offset) : -Number(offset))}`;
}

/** `{r0-r2}` becomes `{r0, r1, r2}`. */
const expandRanges = (text: string): string => text.replace(/\br(\d+)-r(\d+)/g, (_, first: string, last: string) =>
  Array.from({ length: Number(last) - Number(first) + 1 }, (_, i) => `r${Number(first) + i}`).join(', '));
