import { describe, expect, it } from 'vitest';
import { PL022, type Pl022 } from '../../../emulator/peripherals/arm/pl022.js';
import { bench } from '../bench.js';

const DSS_8 = 7, DSS_16 = 15;
const LBM = 1, SSE = 2, MS = 4;
const TFE = 1, TNF = 2, RNE = 4, RFF = 8, BSY = 16;
const ROR = 1, RT = 2, RX = 4, TX = 8;

/** @param scr so that a bit takes 2 * (1 + scr) ticks */
function pl022(cr1: number, dss = DSS_8, scr = 0) {
  const b = bench<typeof PL022.spec, Pl022>(PL022, 'arm/pl022');
  b.write('SSPCR0', (scr << 8) | dss);
  b.write('SSPCPSR', 2);
  b.write('SSPCR1', cr1);
  return b;
}

describe('frames of the PL022', () => {
  it('take bits * CPSDVSR * (1 + SCR) ticks', () => {
    const { write, read, tick } = pl022(SSE | LBM, DSS_8, 4);
    write('SSPDR', 0x5a);
    tick(8 * 2 * 5 - 1);
    expect(read('SSPSR')).toBe(TFE | TNF | BSY);
    tick(1);
    expect([read('SSPSR'), read('SSPDR'), read('SSPSR')]).toEqual([TFE | TNF | RNE, 0x5a, TFE | TNF]);
  });

  it('follow each other without a gap, whenever their events fire', () => {
    const { write, stall, tick, device } = pl022(SSE);
    const at: number[] = [];
    let now = 0;
    device.spi.transfer = () => { at.push(now); return 0; };
    write('SSPDR', 1);
    write('SSPDR', 2);
    now = 20;
    stall(20);
    now = 32;
    tick(12);
    expect(at).toEqual([20, 32]);
  });

  it('reach the attached part with their size, and its answer is received', () => {
    const { write, read, tick, device } = pl022(SSE, DSS_16);
    const seen: [number, number][] = [];
    device.spi.transfer = (value, bits) => { seen.push([value, bits]); return 0xbeef; };
    write('SSPDR', 0x1234);
    tick(32);
    expect([seen, read('SSPDR')]).toEqual([[[0x1234, 16]], 0xbeef]);
  });

  it('are cut to DSS + 1 bits', () => {
    const { write, read, tick } = pl022(SSE | LBM, 3);
    write('SSPDR', 0xabcd);
    tick(8);
    expect(read('SSPDR')).toBe(0xd);
  });

  /** As on QEMU 7.2: nothing attached reads as zeros. */
  it('receive zeros when nothing is attached', () => {
    const { write, read, tick } = pl022(SSE);
    write('SSPDR', 0xa5);
    tick(16);
    expect([read('SSPSR') & RNE, read('SSPDR')]).toEqual([RNE, 0]);
  });

  it('wait in the FIFO until SSE is set; a ninth is ignored', () => {
    const { write, read, tick } = pl022(0);
    for (let i = 0; i < 9; i++) write('SSPDR', i);
    expect(read('SSPSR')).toBe(BSY);
    write('SSPCR1', SSE | LBM);
    tick(8 * 16);
    expect(read('SSPSR')).toBe(TFE | TNF | RNE | RFF);
    expect(Array.from({ length: 9 }, () => read('SSPDR'))).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 0]);
  });
});

describe('interrupts of the PL022', () => {
  it('ask for transmit data while the FIFO is half empty', () => {
    const { write, read, level } = pl022(0);
    write('SSPIMSC', TX);
    expect([read('SSPRIS'), read('SSPMIS'), level('tx'), level('combined')]).toEqual([TX, TX, true, true]);
    for (let i = 0; i < 5; i++) write('SSPDR', i);
    expect([read('SSPRIS'), level('combined')]).toEqual([0, false]);
  });

  it('announce four received frames', () => {
    const { write, tick, level } = pl022(SSE);
    write('SSPIMSC', RX);
    for (let i = 0; i < 4; i++) write('SSPDR', i);
    tick(63);
    expect(level('rx')).toBe(false);
    tick(1);
    expect(level('rx')).toBe(true);
  });

  it('announce frames that nobody reads for 32 bit periods', () => {
    const { write, read, ticksUntil, level } = pl022(SSE);
    write('SSPIMSC', RT);
    write('SSPDR', 1);
    expect(ticksUntil(() => level('rxTimeout'))).toBe(16 + 64);
    read('SSPDR');
    expect(level('rxTimeout')).toBe(false);
  });

  it('announce a lost frame until SSPICR', () => {
    const { write, read, tick, level } = pl022(SSE | LBM);
    write('SSPIMSC', ROR);
    for (let i = 0; i < 9; i++) { write('SSPDR', i); tick(16); }
    expect([level('rxOverrun'), read('SSPRIS') & ROR]).toEqual([true, ROR]);
    write('SSPICR', ROR);
    expect(level('rxOverrun')).toBe(false);
  });
});

it('says that the slave mode of the PL022 is not modelled', () => {
  const { warnings } = pl022(SSE | MS);
  expect(warnings).toEqual([expect.stringContaining('slave')]);
});
