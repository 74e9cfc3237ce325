/** Every sensor on I2C, SPI and analog pins, through the real buses of an ATmega328P and of an nRF52840, against its datasheet. */
import { describe, expect, it } from 'vitest';
import { bytesOf, FAMILIES, FAMILY_NAMES, line, session, SPI_WIRES, type Answer, type Family } from './bridge.js';
import { SHEETS, WORLD, type Read, type Sheet, type Wire, type Write } from './datasheets.js';

const MILLISECONDS = 1000;
/** From the last bit of the write that starts a part until the bridge asks its clock, and a poll of a status register. */
const LATENCY_US = 60;

const partOf = (family: Family, { part, interrupt }: Sheet, { address }: Wire): string =>
  [part, address === 0 ? SPI_WIRES : FAMILIES[family].i2c, ...(interrupt === undefined ? [] : [`${interrupt.pin}=D8`])].join(',');

const writeOf = ({ address, write }: Wire, [register, ...bytes]: Write): string => line('w', address, write(register, bytes.length), ...bytes);
const readOf = ({ address, read }: Wire, [register, count]: Read): string => line('r', address, read(register, count), count);

/** Counts samples for so long, from an edge of the interrupt pin to the next or from one rise of a status bit to the next. */
function countOf({ poll, data: [register, count], access, milliseconds = MILLISECONDS }: Sheet, { address, read }: Wire): string {
  const data = [read(register, count), count] as const;
  if (poll !== undefined) return line('s', milliseconds, poll.microseconds, address, read(poll.status, 1), poll.mask, ...data);
  return line('k', milliseconds, address, ...data, ...(access === undefined ? [] : [access]));
}

interface Measured {
  readonly identity: number;
  readonly value: readonly number[];
  readonly samples: number;
  /** Microseconds: the end of the write that started it, when counting ended, the first sample and the last. */
  readonly started: number;
  readonly ended: number;
  readonly first: number;
  readonly last: number;
  readonly fifo: readonly (readonly number[])[];
  readonly warnings: readonly string[];
}

function measure(family: Family, sheet: Sheet, wire: Wire): Measured {
  const { interrupt, before, setup, start, data, also = [], fifo, milliseconds = MILLISECONDS } = sheet;
  const edge = interrupt === undefined ? 0 : Number(interrupt.edge === 'rising') | (interrupt.pullUp === true ? 2 : 0);
  const first = [
    ...(before?.writes.map(([register, ...bytes]) => line('w', before.address, register, ...bytes)) ?? []),
    readOf(wire, [sheet.identity[0], 1]), ...setup.map((write) => writeOf(wire, write)),
    line('g', edge), writeOf(wire, start), countOf(sheet, wire),
  ];
  const then = also.map((read) => readOf(wire, read));
  const last = fifo === undefined ? [] : [...fifo.writes.map((write) => writeOf(wire, write)), line('d', fifo.milliseconds), ...fifo.reads.map((read) => readOf(wire, read))];
  const { answers, warnings } = session(family, [partOf(family, sheet, wire)], [...first, ...then, ...last], WORLD);
  const refused = answers.find(({ words }) => words[0] === 'nack');
  if (refused !== undefined) throw new Error(`${sheet.part} did not acknowledge "${refused.command}"`);
  const bytes = ({ words }: Answer): number[] => bytesOf(words[0]);
  const [started, counted] = answers.slice(first.length - 2);
  const [samples, firstAt, lastAt] = counted.words.slice(0, 3).map((word) => parseInt(word, 16));
  return {
    identity: bytes(answers[before?.writes.length ?? 0])[0],
    value: sheet.value(bytesOf(counted.words[3]).slice(0, data[1]), answers.slice(first.length, first.length + then.length).map(bytes)),
    samples, first: firstAt, last: lastAt, started: started.microseconds, ended: counted.microseconds + 1000 * milliseconds,
    fifo: fifo === undefined ? [] : answers.slice(-fifo.reads.length).map((answer, n) => bytes(answer).map((byte) => byte & fifo.masks[n])),
    warnings,
  };
}

/** Each part is run once on each of its buses, when the first test asks. */
function onceFor<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}

const rows = FAMILY_NAMES.flatMap((family) => SHEETS.flatMap((sheet) => sheet.wires.map((wire) => {
  const name = `${sheet.part}${sheet.element === undefined ? '' : ` (${sheet.element})`} on ${wire.address === 0 ? 'SPI' : 'I2C'} of ${family}`;
  return { name, sheet, measured: onceFor(() => measure(family, sheet, wire)) };
})));

describe.each(rows)('$name', ({ sheet, measured }) => {
  it('identifies itself, and nothing is warned of', () => {
    const { identity, warnings } = measured();
    expect([identity, warnings]).toEqual([sheet.identity[1], []]);
  });

  it('gives the world to a digit', () => {
    const wrong = measured().value.map((value, n) => [value, sheet.expected[n]]).filter(([value, expected], n) => !(Math.abs(value - expected) <= sheet.within[n]));
    expect(wrong).toEqual([]);
  });

  it('takes as many samples as its data rate says', () => {
    const { samples, started, ended } = measured();
    expect(Math.abs(samples - ((ended - started) * sheet.hz) / 1e6)).toBeLessThanOrEqual(1);
  });

  it('tells of its first sample a period after it was started, and of the others by its clock', () => {
    const { samples, started, first, last } = measured();
    const period = 1e6 / sheet.hz;
    const slack = sheet.poll === undefined ? 1 : sheet.poll.microseconds + 3 * LATENCY_US;
    const late = first - started - (sheet.firstAfter === undefined ? period : sheet.firstAfter * 1e6);
    expect([late >= -LATENCY_US && late <= slack, Math.abs(last - first - (samples - 1) * period) <= 1 + slack]).toEqual([true, true]);
  });
});

describe.each(rows.filter(({ sheet }) => sheet.fifo !== undefined))('the FIFO of $name', ({ sheet, measured }) => {
  it('is full and says that samples were lost', () => {
    expect(measured().fifo).toEqual(sheet.fifo!.expected);
  });
});

// -- Analog parts: what a converter makes of their volts.

const HALF = 0.5;
describe.each(FAMILY_NAMES)('on %s', (family) => {
  const { voltsPerStep } = FAMILIES[family];
  const read = (parts: readonly string[], world = {}): number[] => session(family, parts, [0, 1, 2].map((channel) => line('a', channel)), world).answers.map(({ words }) => parseInt(words[0], 16) * voltsPerStep);
  const isNear = (volts: number, expected: number): boolean => Math.abs(volts + HALF * voltsPerStep - expected) <= voltsPerStep;

  it('an ADXL335 gives 330 mV per g around half of its supply of 3.3 V', () => {
    const volts = read(['adxl335,xout=A0,yout=A1,zout=A2'], WORLD);
    const expected = [3.1, -4.2, 7.3].map((acceleration) => 1.65 + (0.33 * acceleration) / 9.80665);
    expect(volts.map((value, axis) => isNear(value, expected[axis]))).toEqual([true, true, true]);
  });

  it('an electret module gives 2.65 V for 3 Pa at a gain of 52.8', () => {
    // -44 dBV/Pa: 6.31 mV for a pascal; full scale is 20 * sqrt(2) Pa.
    const [volts] = read(['electret,out=A0,gain=52.8,lowest=0'], { sound: 3 / (20 * Math.SQRT2) });
    expect(isNear(volts, 1.65 + 52.8 * 3 * 10 ** (-44 / 20))).toBe(true);
  });

  it('an SPU0410LR5H gives 0.73 V, and 12.6 mV per Pa', () => {
    const [volts] = read(['spu0410lr5h,out=A0,gain=40'], { sound: 2 / (20 * Math.SQRT2) });
    expect(isNear(volts, 0.73 + 40 * 2 * 10 ** (-38 / 20))).toBe(true);
  });

  it('a potentiometer gives its share of the supply', () => {
    const [volts] = read(['potentiometer,out=A0,position=0.3,volts=3.3']);
    expect(isNear(volts, 0.3 * 3.3)).toBe(true);
  });
});
