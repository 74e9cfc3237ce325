import { describe, expect, it, vi } from 'vitest';
import { DebugInfo } from '../../../emulator/debug/dwarf/index.js';
import type { FrameRow, RegisterRule } from '../../../emulator/debug/dwarf/frame-program.js';
import { loadFirmware } from '../../../emulator/loader/index.js';
import { buildArmProgram, type ArmProgram } from '../../support/arm-toolchain.js';
import { SAMPLE } from './sample.js';

// The compiler shares the machine with other tests.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

/** Rules at one address, in readelf's words: `CFA` as `r13+8`, registers as `c-4`, those without a rule left out. */
interface InterpretedRow { readonly address: number; readonly rules: Readonly<Record<string, string>> }

/** Rows of `readelf --debug-dump=frames-interp`. */
function interpretedRows(program: ArmProgram): InterpretedRow[] {
  const rows: InterpretedRow[] = [];
  let columns: string[] = [];
  let end = 0;
  for (const line of program.binutils('readelf', ['--debug-dump=frames-interp']).split('\n')) {
    const cells = line.trim().split(/\s+/);
    if (/ (CIE|FDE) /.test(line)) end = Number.parseInt(/ FDE .*\.\.([0-9a-f]+)/.exec(line)?.[1] ?? '0', 16);
    else if (cells[0] === 'LOC') columns = cells;
    else if (/^[0-9a-f]{8}$/.test(cells[0] ?? '') && Number.parseInt(cells[0], 16) < end) {
      const rules: Record<string, string> = {};
      for (let i = 1; i < cells.length; i++) if (cells[i] !== 'u') rules[columns[i]] = cells[i]!;
      rows.push({ address: Number.parseInt(cells[0], 16), rules });
    }
  }
  return rows;
}

function inReadelfsWords({ cfa, registers }: FrameRow): Record<string, string> {
  const rules: Record<string, string> = {};
  rules['CFA'] = cfa?.kind === 'register' ? `r${cfa.register}+${cfa.offset}` : 'exp';
  for (const [register, rule] of registers) rules[register === 14 ? 'ra' : `r${register}`] = ruleInWords(rule);
  for (const [name, rule] of Object.entries(rules)) if (rule === 'u') delete rules[name];
  return rules;
}

function ruleInWords(rule: RegisterRule): string {
  switch (rule.kind) {
    case 'offset': return `c${rule.offset < 0 ? '' : '+'}${rule.offset}`;
    case 'valueOffset': return `v${rule.offset < 0 ? '' : '+'}${rule.offset}`;
    case 'same': return 's';
    case 'undefined': return 'u';
    case 'register': return `r${rule.register}`;
    case 'expression': return rule.isValue ? 'vexp' : 'exp';
  }
}

describe.each([
  ['-O0', ['-O0']],
  ['-Os -fomit-frame-pointer', ['-Os', '-fomit-frame-pointer']],
  ['-O2, hard float', ['-O2', '-mfpu=fpv4-sp-d16', '-mfloat-abi=hard']],
  ['-O2 -fno-omit-frame-pointer', ['-O2', '-fno-omit-frame-pointer']],
])('call-frame information of a program built with %s', (_, flags) => {
  it('agrees with readelf at every row', () => {
    const program = buildArmProgram(SAMPLE, { flags });
    try {
      const rows = interpretedRows(program);
      const { callFrames } = new DebugInfo(loadFirmware(program.bytes));
      expect(rows.length).toBeGreaterThan(20);
      // The last row of an address that has several is the one that holds there.
      const last = rows.filter((row, i) => rows[i + 1]?.address !== row.address);
      const ours = last.map(({ address }) => ({ address, rules: inReadelfsWords(callFrames.frameAt(address)!.row) }));
      // readelf calls FP registers by name; only core registers are compared.
      const core = ({ address, rules }: InterpretedRow) => ({ address, rules: Object.fromEntries(Object.entries(rules).filter(([name]) => /^(CFA|ra|r\d|r1\d)$/.test(name))) });
      expect(ours.map(core)).toEqual(last.map(core));
    } finally {
      program.dispose();
    }
  });
});
