/** Nordic SAADC: nRF52840 Product Specification v1.1, SAADC. RESULT = [V(P) - V(N)] * GAIN / REFERENCE * 2^(RESOLUTION - m). */
import { describe, expect, it } from 'vitest';
import { PPI } from '../../../emulator/peripherals/nrf/ppi.js';
import { SAADC } from '../../../emulator/peripherals/nrf/saadc.js';
import { TIMER } from '../../../emulator/peripherals/nrf/timer.js';
import type { AnalogSource } from '../../../emulator/wires/analog.js';
import { SteadyVoltage } from '../../../emulator/wires/analog.js';
import { Pin } from '../../../emulator/wires/net.js';
import { signalChip, TICK } from './signal-chip.js';

const RAM = 0x2000_0000;
/** P0.02 is AIN0, P0.03 AIN1. */
const AIN0 = { pin: 2, psel: 1 };
const AIN1 = { pin: 3, psel: 2 };
const VDD = 9;
const VDDHDIV5 = 13;
const GAIN1_6 = 0;
const GAIN1 = 5 << 8;
const TACQ_3US = 0;
const TACQ_10US = 2 << 16;
const DIFF = 1 << 20;
const BURST = 1 << 24;
const REF_VDD_4 = 1 << 12;
/** 3 us of acquisition and 2 us of conversion, in ticks of 16 MHz. */
const SHORTEST = (3 + 2) * 16;

const setUp = () => {
  const on = signalChip();
  const saadc = on.add('saadc', 'nrf/saadc', SAADC, 0x4000_7000);
  saadc.write('ENABLE', 1);
  const drive = (pin: number, source: AnalogSource): void => new Pin('outside', on.net(pin)).driveAnalog(source);
  const results = (count: number, from = RAM): number[] => Array.from({ length: count }, (_, n) => new DataView(on.chip.ram.data.buffer).getInt16(from - RAM + 2 * n, true));
  const begin = (count: number, pointer = RAM): void => {
    saadc.write('RESULT_PTR', pointer);
    saadc.write('RESULT_MAXCNT', count);
    saadc.write('TASKS_START', 1);
  };
  return { ...on, saadc, drive, results, begin };
};

describe('one conversion', () => {
  it.each([
    ['0.6 V, gain 1/6, 12 bits: 0.6/6/0.6 * 4096',      0.6,  GAIN1_6,             2, 682],
    ['0.3 V, gain 1, 10 bits: 0.3/0.6 * 1024',          0.3,  GAIN1,               1, 512],
    ['0.3 V, gain 1, 8 bits',                           0.3,  GAIN1,               0, 128],
    ['0.3 V, gain 1, 14 bits',                          0.3,  GAIN1,               3, 8192],
    ['past full scale',                                 1.5,  GAIN1,               1, 1023],
    ['a quarter of VDD as reference: 0.33/0.825 * 1000', 0.33, GAIN1 | REF_VDD_4,  1, 409],
  ])('gives %s', (_what, volts, config, resolution, expected) => {
    const { saadc, drive, results, begin, tick } = setUp();
    drive(AIN0.pin, new SteadyVoltage(volts));
    saadc.write('CH_PSELP[0]', AIN0.psel);
    saadc.write('CH_CONFIG[0]', config | TACQ_3US);
    saadc.write('RESOLUTION', resolution);
    begin(1);
    saadc.write('TASKS_SAMPLE', 1);
    tick(SHORTEST);
    expect(results(1)).toEqual([expected]);
  });

  it('is signed in differential mode: -0.3 V of 0.6 V, 10 bits', () => {
    const { saadc, drive, results, begin, tick } = setUp();
    drive(AIN0.pin, new SteadyVoltage(0.1));
    drive(AIN1.pin, new SteadyVoltage(0.4));
    saadc.write('CH_PSELP[0]', AIN0.psel);
    saadc.write('CH_PSELN[0]', AIN1.psel);
    saadc.write('CH_CONFIG[0]', GAIN1 | DIFF);
    begin(1);
    saadc.write('TASKS_SAMPLE', 1);
    tick(SHORTEST);
    expect(results(1)).toEqual([-256]);
  });

  // 3.3 / 6 / 0.6 * 4096 = 3754.7; 0.66 / 6 / 0.6 * 4096 = 750.9.
  it.each([['VDD', VDD, 3754], ['VDDHDIV5', VDDHDIV5, 750]])('measures %s', (_name, psel, expected) => {
    const { saadc, results, begin, tick } = setUp();
    saadc.write('CH_PSELP[0]', psel);
    saadc.write('CH_CONFIG[0]', GAIN1_6);
    saadc.write('RESOLUTION', 2);
    begin(1);
    saadc.write('TASKS_SAMPLE', 1);
    tick(SHORTEST);
    expect(results(1)).toEqual([expected]);
  });

  it.each([['3 us', TACQ_3US, 5 * 16], ['10 us', TACQ_10US, 12 * 16]])('ends after an acquisition of %s and 2 us', (_name, config, ticks) => {
    const { saadc, begin, tick } = setUp();
    saadc.write('CH_PSELP[0]', AIN0.psel);
    saadc.write('CH_CONFIG[0]', config);
    begin(1);
    saadc.write('TASKS_SAMPLE', 1);
    tick(ticks - 1);
    const before = [saadc.read('EVENTS_END'), saadc.read('STATUS')];
    tick(1);
    expect([before, [saadc.read('EVENTS_END'), saadc.read('STATUS')]]).toEqual([[0, 1], [1, 0]]);
  });
});

it('scans its connected channels in order with one task', () => {
  const { saadc, drive, results, begin, tick } = setUp();
  drive(AIN0.pin, new SteadyVoltage(0.15));
  drive(AIN1.pin, new SteadyVoltage(0.45));
  for (const [channel, psel] of [[2, AIN1.psel], [5, AIN0.psel]]) {
    saadc.write(`CH_PSELP[${channel}]`, psel);
    saadc.write(`CH_CONFIG[${channel}]`, GAIN1);
  }
  begin(2);
  saadc.write('TASKS_SAMPLE', 1);
  tick(2 * SHORTEST);
  expect([results(2), saadc.read('RESULT_AMOUNT'), saadc.read('EVENTS_END')]).toEqual([[768, 256], 2, 1]);
});

it('averages 2^OVERSAMPLE conversions of one BURST', () => {
  const { saadc, drive, results, begin, tick } = setUp();
  // 0.1, 0.2, 0.3, 0.4 V at the ends of the four conversions: 0.25 V, of 0.6 V and 1024: 426.
  drive(AIN0.pin, { volts: (at) => (0.1 * at) / (SHORTEST * TICK) });
  saadc.write('CH_PSELP[0]', AIN0.psel);
  saadc.write('CH_CONFIG[0]', GAIN1 | BURST);
  saadc.write('OVERSAMPLE', 2);
  begin(1);
  saadc.write('TASKS_SAMPLE', 1);
  tick(4 * SHORTEST);
  expect([results(1), saadc.read('EVENTS_END')]).toEqual([[426], 1]);
});

it('takes one conversion for each task without BURST, and a result after 2^OVERSAMPLE of them', () => {
  const { saadc, begin, tick } = setUp();
  saadc.write('CH_PSELP[0]', AIN0.psel);
  saadc.write('CH_CONFIG[0]', GAIN1);
  saadc.write('OVERSAMPLE', 1);
  begin(1);
  const seen = [1, 2].map(() => {
    saadc.write('TASKS_SAMPLE', 1);
    tick(SHORTEST);
    return saadc.read('EVENTS_RESULTDONE');
  });
  expect(seen).toEqual([0, 1]);
});

it('samples every SAMPLERATE.CC ticks from one task on, until STOP', () => {
  const { saadc, begin, tick } = setUp();
  saadc.write('CH_PSELP[0]', AIN0.psel);
  saadc.write('CH_CONFIG[0]', GAIN1);
  saadc.write('SAMPLERATE', (1 << 12) | 160);
  begin(100);
  saadc.write('TASKS_SAMPLE', 1);
  tick(9 * 160 + SHORTEST);
  saadc.write('TASKS_STOP', 1);
  tick(1000);
  expect([saadc.read('RESULT_AMOUNT'), saadc.read('EVENTS_STOPPED')]).toEqual([10, 1]);
});

it.each([
  ['at HIGH', 0.3, 1, 0],
  ['at LOW', 0.075, 0, 1],
  ['between', 0.2, 0, 0],
])('compares with the limits: %s', (_what, volts, high, low) => {
  const { saadc, drive, begin, tick } = setUp();
  drive(AIN0.pin, new SteadyVoltage(volts));
  saadc.write('CH_PSELP[3]', AIN0.psel);
  saadc.write('CH_CONFIG[3]', GAIN1);
  saadc.write('CH_LIMIT[3]', (512 << 16) | 128);
  begin(1);
  saadc.write('TASKS_SAMPLE', 1);
  tick(SHORTEST);
  expect([saadc.read('EVENTS_CH_LIMITH[3]'), saadc.read('EVENTS_CH_LIMITL[3]')]).toEqual([high, low]);
});

it('ends CALIBRATEOFFSET with CALIBRATEDONE and no result', () => {
  const { saadc, begin, tick } = setUp();
  begin(1);
  saadc.write('TASKS_CALIBRATEOFFSET', 1);
  tick(1000);
  expect([saadc.read('EVENTS_CALIBRATEDONE'), saadc.read('RESULT_AMOUNT')]).toEqual([1, 0]);
});

it('does nothing while it is not enabled', () => {
  const { saadc, begin } = setUp();
  saadc.write('ENABLE', 0);
  begin(1);
  expect(saadc.read('EVENTS_STARTED')).toBe(0);
});

it('keeps AMOUNT of the buffer that ended when the next one is started, until that ends too', () => {
  const { saadc, begin, tick } = setUp();
  saadc.write('CH_PSELP[0]', AIN0.psel);
  saadc.write('CH_CONFIG[0]', GAIN1);
  begin(1);
  saadc.write('TASKS_SAMPLE', 1);
  tick(SHORTEST);
  begin(3);
  const started = saadc.read('RESULT_AMOUNT');
  for (let n = 0; n < 3; n++) {
    saadc.write('TASKS_SAMPLE', 1);
    tick(SHORTEST);
  }
  expect([started, saadc.read('RESULT_AMOUNT')]).toEqual([1, 3]);
});

it('keeps the three words of CALIBRATION that firmware saves and puts back around POWER', () => {
  const { saadc } = setUp();
  saadc.write('CALIBRATION[1]', 0x1234);
  saadc.write('POWER', 0);
  const off = saadc.read('CALIBRATION[1]');
  saadc.write('POWER', 1);
  saadc.write('CALIBRATION[1]', 0x1234);
  expect([off, saadc.read('CALIBRATION[1]')]).toEqual([0, 0x1234]);
});

it('fills two buffers in turn without the core: TIMER samples, END starts the buffer that waits', () => {
  const chip = setUp();
  const { saadc, drive, results, begin, tick } = chip;
  const ppi = chip.add('ppi', 'nrf/ppi', PPI, 0x4001_f000, { family: 'nrf52' });
  const timer = chip.add('timer1', 'nrf/timer', TIMER, 0x4000_9000, { cc: 4 });
  // 1 mV for each sample period: 1/600 of the reference.
  const period = 400;
  drive(AIN0.pin, { volts: (at) => 0.6 * Math.floor(at / TICK / period) / 1024 });
  saadc.write('CH_PSELP[0]', AIN0.psel);
  saadc.write('CH_CONFIG[0]', GAIN1);
  timer.write('PRESCALER', 0);
  timer.write('CC[0]', period);
  timer.write('SHORTS', 1);
  ppi.write('CH_EEP[0]', timer.at('EVENTS_COMPARE[0]'));
  ppi.write('CH_TEP[0]', saadc.at('TASKS_SAMPLE'));
  ppi.write('CH_EEP[1]', saadc.at('EVENTS_END'));
  ppi.write('CH_TEP[1]', saadc.at('TASKS_START'));
  ppi.write('CHENSET', 3);
  begin(4, RAM);
  saadc.write('RESULT_PTR', RAM + 8);
  timer.write('TASKS_START', 1);
  tick(8 * period + 200);
  expect([results(4), results(4, RAM + 8)]).toEqual([[1, 2, 3, 4], [5, 6, 7, 8]]);
});
