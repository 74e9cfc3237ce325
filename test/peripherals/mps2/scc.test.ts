import { describe, expect, it } from 'vitest';
import { SCC } from '../../../emulator/peripherals/mps2/scc.js';
import { bench } from '../bench.js';

const OPTIONS = { id: 0x41043850, aid: 0x00200008, boardRevision: 2, oscillators: [50_000_000, 24_576_000, 25_000_000] };
const START = 0x8000_0000, WRITE = 0x4000_0000, OSCILLATOR = 1 << 20;

function scc() {
  return bench(SCC, 'mps2/scc', OPTIONS);
}

/** All values as read on QEMU 7.2's mps2-an385. */
describe('the MPS2 serial configuration controller', () => {
  it('identifies image and board', () => {
    const { read } = scc();
    expect([read('ID'), read('AID'), read('CFG_REG4'), read('DLL'), read('CFGCTRL')]).toEqual([0x41043850, 0x00200008, 2, 0xffff0001, 0x00100000]);
  });

  it.each([[0, 0x02faf080], [1, 0x01770000], [2, 0x017d7840]])('reads the frequency of oscillator %i', (device, hz) => {
    const { read, write } = scc();
    write('CFGCTRL', (START | OSCILLATOR | device) >>> 0);
    expect([read('CFGCTRL'), read('CFGSTAT'), read('CFGDATA_RTN')]).toEqual([OSCILLATOR | device, 1, hz]);
  });

  it('sets an oscillator, and says that the clocks do not follow', () => {
    const { read, write, warnings } = scc();
    write('CFGDATA_OUT', 42_000_000);
    write('CFGCTRL', (START | WRITE | OSCILLATOR | 2) >>> 0);
    expect(read('CFGSTAT')).toBe(1);
    write('CFGCTRL', (START | OSCILLATOR | 2) >>> 0);
    expect(read('CFGDATA_RTN')).toBe(42_000_000);
    expect(warnings).toEqual([expect.stringContaining('keep their frequency')]);
  });

  it.each([
    ['an oscillator that is not there', OSCILLATOR | 3],
    ['another function', (2 << 20) | 2],
  ])('fails for %s', (_, command) => {
    const { read, write } = scc();
    write('CFGCTRL', (START | command) >>> 0);
    expect(read('CFGSTAT')).toBe(3);
  });

  it('does nothing without START, and keeps only the fields of CFGCTRL', () => {
    const { read, write } = scc();
    write('CFGCTRL', OSCILLATOR | 2);
    expect(read('CFGSTAT')).toBe(0);
    write('CFGCTRL', 0xffff_ffff);
    expect(read('CFGCTRL')).toBe(0x43f0_0fff);
  });

  it('clears CFGSTAT for any write', () => {
    const { read, write } = scc();
    write('CFGCTRL', (START | OSCILLATOR) >>> 0);
    write('CFGSTAT', 0xffff_ffff);
    expect(read('CFGSTAT')).toBe(0);
  });

  it('lets only the lock mask of DLL change', () => {
    const { read, write } = scc();
    write('DLL', 0);
    expect(read('DLL')).toBe(0x00ff_0001);
  });

  it('stores a remap and says that nothing moves', () => {
    const { read, write, warnings } = scc();
    write('CFG_REG0', 1);
    expect(read('CFG_REG0')).toBe(1);
    expect(warnings).toEqual([expect.stringContaining('REMAP')]);
  });

  it('forgets oscillator settings at reset', () => {
    const { read, write, device } = scc();
    write('CFGDATA_OUT', 1);
    write('CFGCTRL', (START | WRITE | OSCILLATOR) >>> 0);
    device.reset();
    write('CFGCTRL', (START | OSCILLATOR) >>> 0);
    expect(read('CFGDATA_RTN')).toBe(50_000_000);
  });
});
