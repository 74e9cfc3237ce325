/** Nordic CLOCK: nRF52840 Product Specification v1.1, CLOCK. Root and LFCLK are the bench's 25 MHz: 25 ticks are 1 us. */
import { describe, expect, it } from 'vitest';
import { CLOCK } from '../../../emulator/peripherals/nrf/clock.js';
import { WDT } from '../../../emulator/peripherals/nrf/wdt.js';
import { BLOCKS } from '../../../emulator/peripherals/index.js';
import { bench, BENCH_HZ } from '../bench.js';

const MICROSECOND = BENCH_HZ / 1_000_000;
const RUNNING = 1 << 16;
const XTAL = 1;
const clock = (family = 'nrf52') => bench(CLOCK, 'nrf/clock', { family });
const lfclk = ({ chip }: ReturnType<typeof clock>) => chip.tree.clock('clk');

describe('HFCLK', () => {
  it('runs on the crystal 360 us after its start, debounced for 16 x 16 us', () => {
    const { write, peek, ticksUntil } = clock();
    write('TASKS_HFCLKSTART', 1);
    expect(ticksUntil(() => peek('EVENTS_HFCLKSTARTED') === 1)).toBe((104 + 256) * MICROSECOND);
  });

  it('takes 768 us longer with HFXODEBOUNCE at 0x40', () => {
    const { write, peek, ticksUntil } = clock();
    write('HFXODEBOUNCE', 0x40);
    write('TASKS_HFCLKSTART', 1);
    expect(ticksUntil(() => peek('EVENTS_HFCLKSTARTED') === 1)).toBe((360 + 768) * MICROSECOND);
  });

  it('says in HFCLKRUN what was asked for and in HFCLKSTAT what is', () => {
    const { write, read, tick } = clock();
    const seen = [[read('HFCLKRUN'), read('HFCLKSTAT')]];
    write('TASKS_HFCLKSTART', 1);
    seen.push([read('HFCLKRUN'), read('HFCLKSTAT')]);
    tick(360 * MICROSECOND);
    seen.push([read('HFCLKRUN'), read('HFCLKSTAT')]);
    write('TASKS_HFCLKSTOP', 1);
    seen.push([read('HFCLKRUN'), read('HFCLKSTAT')]);
    expect(seen).toEqual([[0, RUNNING], [1, RUNNING], [1, RUNNING | XTAL], [0, RUNNING]]);
  });
});

describe('LFCLK', () => {
  it('stands after a reset', () => {
    const on = clock();
    expect([lfclk(on).isRunning, on.read('LFCLKSTAT')]).toEqual([false, 0]);
  });

  it('starts on the RC oscillator after 600 us', () => {
    const on = clock();
    on.write('TASKS_LFCLKSTART', 1);
    const ticks = on.ticksUntil(() => on.peek('EVENTS_LFCLKSTARTED') === 1);
    expect([ticks, lfclk(on).isRunning, on.read('LFCLKSTAT')]).toEqual([600 * MICROSECOND, true, RUNNING]);
  });

  it('runs on the RC oscillator until the crystal is ready, which is 250 ms', () => {
    const on = clock();
    on.write('LFCLKSRC', XTAL);
    on.write('TASKS_LFCLKSTART', 1);
    on.tick(600 * MICROSECOND);
    const early = [lfclk(on).isRunning, on.read('LFCLKSTAT'), on.peek('EVENTS_LFCLKSTARTED')];
    on.tick(249_400 * MICROSECOND - 1);
    const before = on.peek('EVENTS_LFCLKSTARTED');
    on.tick(1);
    expect([early, before, on.peek('EVENTS_LFCLKSTARTED'), on.read('LFCLKSTAT')]).toEqual([[true, RUNNING, 0], 0, 1, RUNNING | XTAL]);
  });

  it('takes twice as long with the extended debounce time', () => {
    const on = clock();
    on.write('LFXODEBOUNCE', 1);
    on.write('LFCLKSRC', XTAL);
    on.write('TASKS_LFCLKSTART', 1);
    on.tick(500_000 * MICROSECOND - 1);
    const before = on.peek('EVENTS_LFCLKSTARTED');
    on.tick(1);
    expect([before, on.peek('EVENTS_LFCLKSTARTED')]).toEqual([0, 1]);
  });

  it('does not run before its crystal does on nRF51', () => {
    const on = clock('nrf51');
    on.write('LFCLKSRC', XTAL);
    on.write('TASKS_LFCLKSTART', 1);
    on.tick(250_000 * MICROSECOND);
    expect(lfclk(on).isRunning).toBe(false);
  });

  it('keeps in LFCLKSRCCOPY the source it was started with', () => {
    const { write, read } = clock();
    write('LFCLKSRC', XTAL);
    write('TASKS_LFCLKSTART', 1);
    write('LFCLKSRC', 0);
    expect(read('LFCLKSRCCOPY')).toBe(XTAL);
  });

  it('stops', () => {
    const on = clock();
    on.write('TASKS_LFCLKSTART', 1);
    on.tick(600 * MICROSECOND);
    on.write('TASKS_LFCLKSTOP', 1);
    expect([lfclk(on).isRunning, on.read('LFCLKSTAT'), on.read('LFCLKRUN')]).toEqual([false, 0, 0]);
  });

  it('runs for the watchdog when nobody has started it', () => {
    const on = clock();
    const wdt = BLOCKS['nrf/wdt'].create(on.chip.contextFor('wdt', 0x4001_0000), {});
    wdt.write(WDT.offsetOf('TASKS_START'), 1, 4);
    expect([lfclk(on).isRunning, on.read('LFCLKSTAT'), on.read('LFCLKRUN')]).toEqual([true, RUNNING, 0]);
  });
});

describe('calibration', () => {
  const running = () => {
    const on = clock();
    on.write('TASKS_HFCLKSTART', 1);
    on.write('TASKS_LFCLKSTART', 1);
    on.tick(600 * MICROSECOND);
    return on;
  };

  it('takes 16 ms', () => {
    const { write, peek, ticksUntil } = running();
    write('TASKS_CAL', 1);
    expect(ticksUntil(() => peek('EVENTS_DONE') === 1)).toBe(16_000 * MICROSECOND);
  });

  it('does nothing without the crystal', () => {
    const { write, scheduled, warnings } = running();
    write('TASKS_HFCLKSTOP', 1);
    write('TASKS_CAL', 1);
    expect([scheduled(), warnings.length]).toEqual([0, 1]);
  });

  it('is called for by CTTO after CTIV quarters of a second: 8192 cycles of LFCLK each', () => {
    const { write, peek, ticksUntil } = running();
    write('CTIV', 3);
    write('TASKS_CTSTART', 1);
    const isStarted = peek('EVENTS_CTSTARTED');
    expect([isStarted, ticksUntil(() => peek('EVENTS_CTTO') === 1)]).toEqual([1, 3 * 8192]);
  });
});
