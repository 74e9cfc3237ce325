/** The comparison of chips with SVD files, on a chip and a file of our own. Format: CMSIS-SVD 1.3. */
import { describe, expect, it } from 'vitest';
import { bit, bits, choice, describeRegisters, registerMap, type MapSpec } from '../../../emulator/peripherals/registers/index.js';
import { blocksOf } from './blocks.js';
import { compare, type Block, type Difference } from './compare.js';
import { readSvd } from './read.js';

/** A lamp with a task, a mode, four levels and a cluster of two pads. */
const LAMP = {
  TASKS_START: { at: 0x000, kind: 'task' },
  INTEN:       { at: 0x300, fields: { DONE: bits(0, 1) } },
  MODE:        { at: 0x500, reset: 1, fields: { MODE: choice(0, 1, { Off: 0, Dim: 1, Bright: 2 }), LOCK: bit(8) } },
  LEVEL:       { at: 0x510, count: 4 },
  'PAD.SEL':   { at: 0x540, count: 2, stride: 8, reset: 0xffff_ffff },
  STATUS:      { at: 0x560, kind: 'ro' },
} as const satisfies MapSpec;

const LAMP_SVD = `<?xml version="1.0"?><device><name>toy</name><resetValue>0x0</resetValue><access>read-write</access><peripherals>
  <peripheral><name>LAMP0</name><baseAddress>0x40001000</baseAddress><interrupt><name>LAMP0</name><value>3</value></interrupt><registers>
    <register><name>TASKS_START</name><addressOffset>0x0</addressOffset><access>write-only</access>
      <fields><field><name>TASKS_START</name><lsb>0</lsb><msb>0</msb></field></fields></register>
    <register><name>INTEN</name><addressOffset>0x300</addressOffset><fields>
      <field><name>DONE0</name><bitRange>[0:0]</bitRange></field><field><name>DONE1</name><bitOffset>1</bitOffset><bitWidth>1</bitWidth></field></fields></register>
    <register><name>MODE</name><addressOffset>0x500</addressOffset><resetValue>0x1</resetValue><fields>
      <field><name>MODE</name><lsb>0</lsb><msb>1</msb><enumeratedValues>
        <enumeratedValue><name>Off</name><value>0</value></enumeratedValue><enumeratedValue><name>Dim</name><value>0x1</value></enumeratedValue>
        <enumeratedValue><name>Bright</name><value>2</value></enumeratedValue></enumeratedValues></field>
      <field><name>LOCK</name><lsb>8</lsb><msb>8</msb><enumeratedValues>
        <enumeratedValue><name>Disabled</name><value>0</value></enumeratedValue><enumeratedValue><name>Enabled</name><value>1</value></enumeratedValue></enumeratedValues></field>
    </fields></register>
    <register><dim>4</dim><dimIncrement>4</dimIncrement><name>LEVEL[%s]</name><addressOffset>0x510</addressOffset></register>
    <cluster><dim>2</dim><dimIncrement>8</dimIncrement><name>PAD[%s]</name><addressOffset>0x540</addressOffset>
      <register><name>SEL</name><addressOffset>0</addressOffset><resetValue>0xFFFFFFFF</resetValue></register></cluster>
    <register><name>STATUS</name><addressOffset>0x560</addressOffset><access>read-only</access></register>
  </registers></peripheral>
  <peripheral derivedFrom="LAMP0"><name>LAMP1</name><baseAddress>0x40002000</baseAddress><interrupt><name>LAMP1</name><value>4</value></interrupt></peripheral>
</peripherals></device>`;

function block(name: string, base: number, irq: number, spec: MapSpec): Block {
  const rows = describeRegisters(registerMap(spec));
  return { name, base, irqs: [irq], rows, resetOf: (offset) => rows.find((row) => row.offset === offset)?.resets[0] };
}

/** What is told of a chip with two lamps of that map. */
function told(spec: MapSpec, svd = LAMP_SVD): string[] {
  const chip = [block('lamp0', 0x4000_1000, 3, spec), block('lamp1', 0x4000_2000, 4, spec)];
  return lines(compare(chip, readSvd(svd), {}, {}));
}

function lines(differences: readonly Difference[]): string[] {
  return differences.map(({ where, what }) => `${where}: ${what}`);
}

describe('a chip against an SVD file', () => {
  it('says nothing where both say the same', () => {
    expect(told(LAMP)).toEqual([]);
  });

  it.each([
    ['a missing register', { ...LAMP, STATUS: undefined }, 'LAMP0.STATUS: missing, at 0x560'],
    ['a register too many', { ...LAMP, MORE: { at: 0x570 } }, 'LAMP0.MORE: ours alone, at 0x570'],
    ['another offset', { ...LAMP, STATUS: { at: 0x564, kind: 'ro' } }, 'LAMP0.STATUS.offset: ours 0x564, SVD 0x560'],
    ['another length of an array', { ...LAMP, LEVEL: { at: 0x510, count: 3 } }, 'LAMP0.LEVEL.count: ours 3, SVD 4'],
    ['another distance in an array', { ...LAMP, 'PAD.SEL': { ...LAMP['PAD.SEL'], stride: 4 } }, 'LAMP0.PAD_SEL.stride: ours 0x540,0x544, SVD 0x540,0x548'],
    ['another kind of access', { ...LAMP, STATUS: { at: 0x560 } }, 'LAMP0.STATUS.access: ours read-write, SVD read-only'],
    ['another reset value', { ...LAMP, MODE: { ...LAMP.MODE, reset: 0 } }, 'LAMP0.MODE.reset: ours 0x0, SVD 0x1'],
    ['a missing field', { ...LAMP, MODE: { ...LAMP.MODE, fields: { MODE: LAMP.MODE.fields.MODE } } }, 'LAMP0.MODE.LOCK: missing, bits 8 to 8 { Disabled: 0, Enabled: 1 }'],
    ['a field too many', { ...LAMP, MODE: { ...LAMP.MODE, fields: { ...LAMP.MODE.fields, KEY: bits(16, 23) } } }, 'LAMP0.MODE.KEY: ours alone, bits 16 to 23'],
    ['a field elsewhere', { ...LAMP, MODE: { ...LAMP.MODE, fields: { ...LAMP.MODE.fields, LOCK: bit(9) } } }, 'LAMP0.MODE.LOCK: ours bits 9 to 9, SVD 8 to 8'],
    ['a missing value', { ...LAMP, MODE: { ...LAMP.MODE, fields: { ...LAMP.MODE.fields, MODE: choice(0, 1, { Off: 0, Dim: 1 }) } } }, 'LAMP0.MODE.MODE.values: missing { Bright: 2 }'],
    ['a value too many', { ...LAMP, MODE: { ...LAMP.MODE, fields: { ...LAMP.MODE.fields, MODE: choice(0, 1, { Off: 0, Dim: 1, Bright: 2, Blink: 3 }) } } }, 'LAMP0.MODE.MODE.values: ours alone { Blink: 3 }'],
  ])('tells of %s, once for all instances', (_, spec, line) => {
    const present = Object.fromEntries(Object.entries(spec).filter(([, register]) => register !== undefined)) as MapSpec;
    expect(told(present)).toEqual([line]);
  });

  it('tells of another address', () => {
    expect(told(LAMP, LAMP_SVD.replace('0x40002000', '0x40003000'))).toEqual(['LAMP1.base: ours 0x40002000, SVD 0x40003000']);
  });

  it('tells of another interrupt', () => {
    expect(told(LAMP, LAMP_SVD.replace('<value>4</value></interrupt>', '<value>5</value></interrupt>'))).toEqual(['LAMP1.irq: ours 4, SVD 5']);
  });

  it('tells of a peripheral that the chip has not', () => {
    expect(lines(compare([block('lamp0', 0x4000_1000, 3, LAMP)], readSvd(LAMP_SVD), {}, {}))).toEqual(['LAMP1: not in the chip file']);
  });

  it('takes a renamed register for the same', () => {
    const { STATUS, ...rest } = LAMP;
    const chip = [block('lamp0', 0x4000_1000, 3, { ...rest, STATE: STATUS }), block('lamp1', 0x4000_2000, 4, { ...rest, STATE: STATUS })];
    expect(compare(chip, readSvd(LAMP_SVD), { STATUS: 'STATE' }, {})).toEqual([]);
  });

  it('wants both values of a bit named where they say more than no and yes', () => {
    const svd = LAMP_SVD.replace('<name>Disabled</name>', '<name>Open</name>').replace('<name>Enabled</name>', '<name>Shut</name>');
    expect(told(LAMP, svd)).toEqual(['LAMP0.MODE.LOCK.values: missing { Open: 0, Shut: 1 }']);
  });

  it('refuses a file that is none', () => {
    expect(() => readSvd('<html></html>')).toThrow('this is no SVD file');
  });

  it('refuses an array without end', () => {
    expect(() => readSvd(LAMP_SVD.replace('<dim>4</dim>', '<dim>4000000</dim>'))).toThrow('more than 4096 elements');
  });
});

it('knows the registers of a chip file\'s instances, and what they hold after reset', () => {
  const timer = blocksOf('nrf52840').find(({ name }) => name === 'timer3')!;
  expect([timer.base, timer.irqs, timer.rows.find(({ name }) => name === 'CC')?.count, timer.resetOf(0x510)]).toEqual([0x4001_a000, [26], 6, 4]);
});
