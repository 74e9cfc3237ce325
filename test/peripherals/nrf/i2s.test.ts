/** Nordic I2S: nRF52840 Product Specification v1.1, I2S. The bench's clock stands for PCLK32M. */
import { describe, expect, it, vi } from 'vitest';
import { I2S, type I2s } from '../../../emulator/peripherals/nrf/i2s.js';
import { BLOCKS } from '../../../emulator/peripherals/index.js';
import { I2sTransmitter } from '../../../emulator/wires/i2s.js';
import { Pin } from '../../../emulator/wires/net.js';
import { bench, type Bench } from '../bench.js';

const TX = 0x2000_0100, RX = 0x2000_0200;
const SCK = 1, LRCK = 2, SDOUT = 3, SDIN = 4;

function wired(): Bench<I2s> {
  const made = bench<typeof I2S.spec, I2s>(I2S, 'nrf/i2s');
  BLOCKS['nrf/gpio'].create(made.chip.contextFor('gpio0', 0x5000_0000), { port: 0, hasLatch: true }).reset();
  for (const [register, pin] of [['PSEL.SCK', SCK], ['PSEL.LRCK', LRCK], ['PSEL.SDOUT', SDOUT], ['PSEL.SDIN', SDIN]] as const) made.write(register, pin);
  made.write('RXD.PTR', RX);
  made.write('TXD.PTR', TX);
  made.write('CONFIG.RATIO', 0);
  return made;
}

function put({ chip }: Bench<I2s>, ...bytes: number[]): void {
  chip.ram.data.set(bytes, TX - chip.ram.base);
}

function got({ chip }: Bench<I2s>, count: number): number[] {
  return [...chip.ram.data.slice(RX - chip.ram.base, RX - chip.ram.base + count)];
}

/** SDOUT at each rising edge of SCK, with LRCK. */
function listen({ chip }: Bench<I2s>): { readonly bits: string[]; readonly lrck: string[] } {
  const heard = { bits: [] as string[], lrck: [] as string[] };
  const level = (pin: number): string => (chip.context.net(pin)!.level ? '1' : '0');
  chip.context.net(SCK)!.onEdge((rising) => {
    if (!rising) return;
    heard.bits.push(level(SDOUT));
    heard.lrck.push(level(LRCK));
  });
  return heard;
}

describe('I2S as master', () => {
  it('has a frame of MCKFREQ times RATIO cycles: TXPTRUPD comes back after MAXCNT words of a frame each', () => {
    const made = wired();
    made.write('RXTXD.MAXCNT', 3);
    made.write('ENABLE', 1);
    made.write('TASKS_START', 1);
    made.write('EVENTS_TXPTRUPD', 0);
    // 32 MHz / 8 / 32: 256 cycles a frame; the last bit is sampled half a bit (4 cycles) before the frame ends.
    expect(made.ticksUntil(() => made.peek('EVENTS_TXPTRUPD') === 1)).toBe(3 * 256 - 4);
  });

  it('sends 16-bit stereo, left first and the highest bit first, LRCK low a bit before the left slot', () => {
    const made = wired();
    put(made, 0x01, 0x80, 0xff, 0x0f);
    const heard = listen(made);
    made.write('RXTXD.MAXCNT', 1);
    made.write('ENABLE', 1);
    made.write('TASKS_START', 1);
    made.tick(256);
    expect([heard.bits.join(''), heard.lrck.join('')]).toEqual(['1000000000000001' + '0000111111111111', '0000000000000001' + '1111111111111110']);
  });

  it('has LRCK high with the left slot in aligned format', () => {
    const made = wired();
    const heard = listen(made);
    made.write('CONFIG.FORMAT', 1);
    made.write('RXTXD.MAXCNT', 1);
    made.write('ENABLE', 1);
    made.write('TASKS_START', 1);
    made.tick(256);
    expect(heard.lrck.join('')).toBe('1'.repeat(16) + '0'.repeat(16));
  });

  it.each([
    ['16 bits stereo', 1, 0, [0x34, 0x12, 0x78, 0x56]],
    ['8 bits stereo', 0, 0, [0x12, 0x34, 0x56, 0x78]],
    ['16 bits, one channel', 1, 1, [0x34, 0x12, 0x78, 0x56]],
    ['24 bits, sign extended', 2, 0, [0x56, 0x34, 0x82, 0xff]],
  ])('receives what it sends: %s', (_, width, channels, expected) => {
    const made = wired();
    put(made, ...expected);
    made.write('PSEL.SDIN', SDOUT);
    made.write('CONFIG.RXEN', 1);
    made.write('CONFIG.SWIDTH', width);
    made.write('CONFIG.CHANNELS', channels);
    made.write('RXTXD.MAXCNT', 2);
    made.write('ENABLE', 1);
    made.write('TASKS_START', 1);
    made.tick(1100);
    expect(got(made, 4)).toEqual(expected);
  });

  it('stops at the end of a frame', () => {
    const made = wired();
    made.write('RXTXD.MAXCNT', 100);
    made.write('ENABLE', 1);
    made.write('TASKS_START', 1);
    made.tick(100);
    made.write('TASKS_STOP', 1);
    expect([made.ticksUntil(() => made.peek('EVENTS_STOPPED') === 1), made.scheduled()]).toEqual([156, 0]);
  });

  it('interrupts at TXPTRUPD', () => {
    const made = wired();
    made.write('INTENSET', 1 << 5);
    made.write('RXTXD.MAXCNT', 1);
    made.write('ENABLE', 1);
    made.write('TASKS_START', 1);
    expect(made.level('irq')).toBe(true);
  });
});

it('as slave I2S receives on the clock of another', () => {
  const made = wired();
  const pin = (number: number): Pin => new Pin(`codec ${number}`, made.chip.context.net(number)!);
  const [sck, lrck, sd] = [pin(SCK), pin(LRCK), pin(SDIN)];
  for (const line of [sck, lrck, sd]) line.drive(true);
  made.write('CONFIG.MODE', 1);
  made.write('CONFIG.RXEN', 1);
  made.write('CONFIG.TXEN', 0);
  made.write('CONFIG.FORMAT', 1);
  made.write('RXTXD.MAXCNT', 1);
  lrck.drive(false);
  made.write('ENABLE', 1);
  made.write('TASKS_START', 1);
  const frame = '0001001000110100' + '0101011001111000';
  [...frame].forEach((bit, index) => {
    lrck.drive(index < 16);
    sck.drive(false);
    sd.drive(bit === '1');
    made.tick(4);
    sck.drive(true);
    made.tick(4);
  });
  expect(got(made, 4)).toEqual([0x34, 0x12, 0x78, 0x56]);
});

describe('I2S with microphones', () => {
  /** Samples count up, so that each frame differs; the right channel's are negative. */
  function recorded(width: number, changesOn: 'falling' | 'rising', act: (made: Bench<I2s>) => void = () => undefined): { readonly samples: number[]; readonly events: number } {
    const made = wired();
    const { chip } = made;
    const net = (pin: number) => chip.context.net(pin)!;
    for (const isRight of [false, true]) {
      let count = 0;
      const source = { sample: () => (isRight ? -1 : 1) * (0x12_3400 + ++count) };
      new I2sTransmitter(chip.queue, source, { sck: net(SCK), ws: net(LRCK), sd: net(SDIN), bits: 24, slotLevel: () => isRight, changesOn });
    }
    made.write('PSEL.SDOUT', 0xffff_ffff);
    made.write('CONFIG.TXEN', 0);
    made.write('CONFIG.RXEN', 1);
    made.write('CONFIG.SWIDTH', width);
    made.write('RXTXD.MAXCNT', 60);
    act(made);
    made.write('ENABLE', 1);
    const schedule = vi.spyOn(chip.queue, 'schedule');
    made.write('TASKS_START', 1);
    made.tick(20 * 256);
    return { samples: [...new Int32Array(chip.ram.data.slice(RX - chip.ram.base, RX - chip.ram.base + 160).buffer)], events: schedule.mock.calls.length };
  }
  const watch = (made: Bench<I2s>): void => { made.chip.context.net(SCK)!.onEdge(() => undefined); };

  it('stores their samples, left and right', () => {
    const { samples } = recorded(2, 'falling');
    // The first frame has no edge of LRCK before its left slot.
    expect(samples.slice(1, 6)).toEqual([-0x12_3401, 0x12_3401, -0x12_3402, 0x12_3402, -0x12_3403]);
  });

  it('stores those of one that changes on the rising edge a bit lower, with what was on the line on top', () => {
    const { samples } = recorded(2, 'rising');
    expect(samples.slice(1, 6).map((sample) => sample & 0x7f_ffff)).toEqual([-0x12_3401, 0x12_3401, -0x12_3402, 0x12_3402, -0x12_3403].map((sample) => (sample >> 1) & 0x7f_ffff));
  });

  it.each([[2, 'falling'], [2, 'rising'], [1, 'falling'], [0, 'rising']] as const)('stores the same when somebody watches, at width %i and microphones that change on the %s edge', (width, changesOn) => {
    expect(recorded(width, changesOn).samples).toEqual(recorded(width, changesOn, watch).samples);
  });

  it('takes two events a frame where nobody watches, and one for every edge where somebody does', () => {
    const [short, true_] = [recorded(2, 'falling'), recorded(2, 'falling', watch)];
    // 20 frames of 96 edges and what is planned after them; the first is never left out.
    expect([short.events, true_.events]).toEqual([96 + 2 * 19 + 1, 96 * 20 + 1]);
  });
});
