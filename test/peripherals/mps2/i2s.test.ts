import { describe, expect, it } from 'vitest';
import { I2S, type I2s } from '../../../emulator/peripherals/mps2/i2s.js';
import { bench } from '../bench.js';

const TXEN = 1, TXIRQEN = 2, RXEN = 4, RXIRQEN = 8, FIFORST = 1 << 16;
/** LRCLK = SCLK / (2 * 32). */
const PERIOD = 64;

function i2s(control: number) {
  const b = bench<typeof I2S.spec, I2s>(I2S, 'mps2/i2s');
  const played: number[] = [];
  b.device.audio.onSample = (sample) => played.push(sample);
  b.write('DIVIDE', 32);
  b.write('CONTROL', control);
  return { ...b, played };
}

describe('the MPS2 audio I2S', () => {
  it('plays one stereo sample every 2 * DIVIDE ticks', () => {
    const { write, tick, played } = i2s(0);
    write('TXBUF', 0x0001_0002);
    write('TXBUF', 0x8000_7fff);
    write('CONTROL', TXEN);
    tick(PERIOD - 1);
    expect(played).toEqual([]);
    tick(1 + PERIOD);
    expect(played).toEqual([0x0001_0002, 0x8000_7fff]);
  });

  it('records what the outside sends, silence when nothing does', () => {
    const { device, tick, read } = i2s(RXEN);
    tick(PERIOD);
    device.audio.source = () => 0x1234_5678;
    tick(PERIOD);
    expect([read('RXBUF'), read('RXBUF')]).toEqual([0, 0x1234_5678]);
  });

  it('tells how full its four-deep FIFOs are', () => {
    const { write, read } = i2s(0);
    expect(read('STATUS')).toBe(0b010101);
    for (let i = 0; i < 4; i++) write('TXBUF', i);
    expect(read('STATUS')).toBe(0b011000);
  });

  it('interrupts when more than TXWLVL places are free', () => {
    const { write, tick, level } = i2s(0);
    for (let i = 0; i < 4; i++) write('TXBUF', i);
    write('CONTROL', TXEN | TXIRQEN | (2 << 8));
    tick(2 * PERIOD);
    expect(level('irq')).toBe(false);
    tick(PERIOD);
    expect(level('irq')).toBe(true);
  });

  it('interrupts when less than RXWLVL places are free', () => {
    const { tick, level } = i2s(RXEN | RXIRQEN | (3 << 12));
    tick(PERIOD);
    expect(level('irq')).toBe(false);
    tick(PERIOD);
    expect(level('irq')).toBe(true);
  });

  it('reports underrun and overrun until they are cleared', () => {
    const { tick, read, write } = i2s(TXEN | RXEN);
    tick(5 * PERIOD);
    expect(read('ERROR')).toBe(3);
    write('ERROR', 1);
    expect(read('ERROR')).toBe(2);
  });

  it('empties both FIFOs with FIFORST', () => {
    const { write, read } = i2s(0);
    write('TXBUF', 1);
    write('CONTROL', FIFORST);
    expect(read('STATUS')).toBe(0b010101);
  });

  it('does not drift when its events fire late', () => {
    const { stall, tick, played } = i2s(TXEN);
    stall(PERIOD + 10);
    tick(PERIOD - 10);
    expect(played.length).toBe(2);
  });
});
