/**
 * Nordic RADIO: nRF52840 Product Specification v1.1, RADIO; nRF51822 Product Specification v3.3. The bench's clock is 25 MHz: 25 ticks
 * a microsecond.
 */
import { describe, expect, it } from 'vitest';
import { BLOCKS } from '../../../emulator/peripherals/index.js';
import { RADIO, RADIO_NRF51, RADIO_NRF52833 } from '../../../emulator/peripherals/nrf/radio-map.js';
import { bitsOfBytes, crcOf, whitened, bytesOfBits } from '../../../emulator/peripherals/nrf/radio-packet.js';
import type { Radio } from '../../../emulator/peripherals/nrf/radio.js';
import type { MapSpec, RegisterMap } from '../../../emulator/peripherals/registers/index.js';
import { checkRegisterMap } from '../../support/register-checks.js';
import { bench, type Bench } from '../bench.js';

const RAM = 0x2000_0000;
const US = 25;
const SEND = RAM;
const RECEIVE = RAM + 0x400;

interface Settings { readonly [register: string]: number }

/** Two radios on one chip: `a` sends from SEND, `b` receives at RECEIVE. */
function pair(settings: Settings, options: { readonly family?: string; readonly other?: Settings } = {}) {
  const { family = 'nrf52840', other = {} } = options;
  const a = bench<typeof RADIO.spec, Radio>(RADIO, 'nrf/radio', { family });
  const second = BLOCKS['nrf/radio'].create(a.chip.contextFor('radio1', 0x4100_1000), { family }) as Radio;
  const offset = (register: string): number => RADIO.locate(register)!.offset;
  const b = {
    write: (register: string, value: number) => second.write(offset(register), value, 4),
    read: (register: string) => second.read(offset(register), 4),
    peek: (register: string) => second.peek(offset(register), 4),
  };
  for (const [register, value] of Object.entries({ ...settings, PACKETPTR: SEND })) a.write(register, value);
  for (const [register, value] of Object.entries({ ...settings, ...other, PACKETPTR: RECEIVE })) b.write(register, value);
  const send = (packet: number[]): void => {
    a.chip.ram.data.set(packet);
    b.write('SHORTS', b.peek('SHORTS') | 1);
    b.write('TASKS_RXEN', 1);
    a.tick(200 * US);
    a.write('SHORTS', a.peek('SHORTS') | 1);
    a.write('TASKS_TXEN', 1);
  };
  const received = (length: number): number[] => [...a.chip.ram.data.subarray(RECEIVE - RAM, RECEIVE - RAM + length)];
  return { a, b, send, received, second };
}

/** Bluetooth low energy advertising on channel 37: Core Specification 4.2, Vol 6, Part B, 1.4 and 2.1. */
const BLE: Settings = {
  MODE: 3, FREQUENCY: 2, DATAWHITEIV: 37, PCNF0: 8 | (1 << 8), PCNF1: 37 | (3 << 16) | (1 << 25), BASE0: 0x89be_d600, PREFIX0: 0x8e,
  RXADDRESSES: 1, CRCCNF: 3 | (1 << 8), CRCPOLY: 0x65b, CRCINIT: 0x55_5555,
};
const ADVERTISEMENT = [0x42, 9, 1, 2, 3, 4, 5, 6, 0x02, 0x01, 0x06];

const once = (one: Bench<Radio>, task: string, event: string): number => {
  one.write(task, 1);
  return one.ticksUntil(() => one.peek(event) === 1);
};

describe('switching', () => {
  // nRF52840: tTXEN and tRXEN 140 us, fast 40 us, 130 us in 802.15.4; nRF51: 132, 130, and 140, 138 in Bluetooth mode.
  it.each([
    ['nrf52840', 'TASKS_TXEN', 3, 0, 140], ['nrf52840', 'TASKS_RXEN', 3, 0, 140], ['nrf52840', 'TASKS_TXEN', 3, 1, 40], ['nrf52840', 'TASKS_RXEN', 15, 0, 130],
    ['nrf51', 'TASKS_TXEN', 0, 0, 132], ['nrf51', 'TASKS_RXEN', 0, 0, 130], ['nrf51', 'TASKS_TXEN', 3, 0, 140], ['nrf51', 'TASKS_RXEN', 3, 0, 138],
  ])('%s: %s in mode %d, fast %d, is ready after %d us', (family, task, mode, fast, microseconds) => {
    const { a } = pair({ MODE: mode, ...(family === 'nrf51' ? {} : { MODECNF0: 0x200 | fast }) }, { family });
    expect(once(a, task, 'EVENTS_READY')).toBe(microseconds * US);
  });

  // tTXDIS: 6 us at 1 Mbit/s, 4 us at 2 Mbit/s, 21 us in 802.15.4; nRF51: 4 us, 3 us, 10 us at 250 kbit/s.
  it.each([['nrf52840', 3, 6], ['nrf52840', 4, 4], ['nrf52840', 15, 21], ['nrf51', 0, 4], ['nrf51', 1, 3], ['nrf51', 2, 10]])('%s in mode %d: a transmitter is disabled after %d us', (family, mode, microseconds) => {
    const { a } = pair({ MODE: mode }, { family });
    once(a, 'TASKS_TXEN', 'EVENTS_READY');
    expect(once(a, 'TASKS_DISABLE', 'EVENTS_DISABLED')).toBe(microseconds * US);
  });

  it('shows its states', () => {
    const { a } = pair(BLE);
    const states: number[] = [];
    const note = (): void => { states.push(a.read('STATE')); };
    a.write('TASKS_RXEN', 1);
    note();
    a.tick(140 * US);
    note();
    a.write('TASKS_START', 1);
    note();
    a.write('TASKS_DISABLE', 1);
    note();
    a.tick(1);
    note();
    expect(states).toEqual([1, 2, 3, 4, 0]); // RxRu, RxIdle, Rx, RxDisable, Disabled
  });

  it('tells DISABLED when it is disabled already, as drivers expect', () => {
    const { a } = pair({});
    a.write('TASKS_DISABLE', 1);
    expect(a.peek('EVENTS_DISABLED')).toBe(1);
  });
});

describe('a packet of Bluetooth low energy', () => {
  it('has its events at the times of its bits', () => {
    const { a } = pair(BLE);
    a.chip.ram.data.set(ADVERTISEMENT);
    once(a, 'TASKS_TXEN', 'EVENTS_READY');
    const address = once(a, 'TASKS_START', 'EVENTS_ADDRESS');
    const payload = a.ticksUntil(() => a.peek('EVENTS_PAYLOAD') === 1);
    const end = a.ticksUntil(() => a.peek('EVENTS_END') === 1);
    expect([address, payload, end]).toEqual([(8 + 32) * US, (16 + 9 * 8) * US, 24 * US]);
  });

  it('arrives', () => {
    const { a, b, send, received } = pair(BLE);
    send(ADVERTISEMENT);
    a.tick(1000 * US);
    expect([received(ADVERTISEMENT.length), b.peek('EVENTS_CRCOK'), b.read('CRCSTATUS')]).toEqual([ADVERTISEMENT, 1, 1]);
  });

  it('ends at one tick for both', () => {
    const { a, b, send } = pair(BLE);
    send(ADVERTISEMENT);
    a.ticksUntil(() => a.peek('EVENTS_END') === 1);
    expect(b.peek('EVENTS_END')).toBe(1);
  });

  it.each([
    ['on another frequency', { FREQUENCY: 26 }], ['for another address', { PREFIX0: 0x8f }], ['in another mode', { MODE: 4 }], ['for an address that is not enabled', { RXADDRESSES: 2 }],
  ])('is not heard %s', (_, other) => {
    const { a, b, send } = pair(BLE, { other });
    send(ADVERTISEMENT);
    a.tick(1000 * US);
    expect(b.peek('EVENTS_ADDRESS')).toBe(0);
  });

  it.each([['with another whitening', { DATAWHITEIV: 38 }], ['with another CRC start', { CRCINIT: 1 }]])('fails its CRC %s', (_, other) => {
    const { a, b, send } = pair(BLE, { other });
    send(ADVERTISEMENT);
    a.tick(5000 * US);
    expect([b.peek('EVENTS_CRCERROR'), b.read('CRCSTATUS')]).toEqual([1, 0]);
  });

  it('fails its CRC when its sender stops in the middle', () => {
    const { a, b, send } = pair(BLE);
    send(ADVERTISEMENT);
    a.ticksUntil(() => a.peek('EVENTS_PAYLOAD') === 1);
    a.write('TASKS_DISABLE', 1);
    a.tick(1000 * US);
    expect(b.peek('EVENTS_CRCERROR')).toBe(1);
  });

  it('is cut at MAXLEN', () => {
    const { a, send, received } = pair(BLE, { other: { PCNF1: 4 | (3 << 16) | (1 << 25) } });
    send(ADVERTISEMENT);
    a.tick(1000 * US);
    expect(received(8)).toEqual([0x42, 9, 1, 2, 3, 4, 0, 0]);
  });

  it('matches a device address of its kind', () => {
    const { a, b, send } = pair(BLE, { other: { 'DAB[3]': 0x0403_0201, 'DAP[3]': 0x0605, DACNF: 0x0808 } });
    send(ADVERTISEMENT);
    a.tick(1000 * US);
    expect([b.peek('EVENTS_DEVMATCH'), b.peek('EVENTS_DEVMISS'), b.read('DAI')]).toEqual([1, 0, 3]);
  });

  it('misses when TxAdd differs', () => {
    const { a, b, send } = pair(BLE, { other: { 'DAB[3]': 0x0403_0201, 'DAP[3]': 0x0605, DACNF: 0x0008 } });
    send(ADVERTISEMENT);
    a.tick(1000 * US);
    expect([b.peek('EVENTS_DEVMATCH'), b.peek('EVENTS_DEVMISS')]).toEqual([0, 1]);
  });

  it('is counted from ADDRESS on', () => {
    const { a, b, send } = pair(BLE, { other: { BCC: 20, SHORTS: 1 << 6 } });
    send(ADVERTISEMENT);
    a.ticksUntil(() => b.peek('EVENTS_ADDRESS') === 1);
    expect(a.ticksUntil(() => b.peek('EVENTS_BCMATCH') === 1)).toBe(20 * US);
  });

  it('has its level in RSSISAMPLE: sender\'s power less 60 dB of way', () => {
    const { a, b, send } = pair({ ...BLE, TXPOWER: 0xf8 }, { other: { SHORTS: 1 << 4 } });
    send(ADVERTISEMENT);
    a.tick(1000 * US);
    expect([b.peek('EVENTS_RSSIEND'), b.read('RSSISAMPLE')]).toEqual([1, 8 + 60]);
  });

  it('is followed after TIFS by the answer', () => {
    const { a, b, send } = pair({ ...BLE, TIFS: 150 }, { other: { SHORTS: (1 << 1) | (1 << 2) } });
    send(ADVERTISEMENT);
    a.ticksUntil(() => b.peek('EVENTS_END') === 1);
    b.write('EVENTS_READY', 0);
    expect(a.ticksUntil(() => b.peek('EVENTS_READY') === 1)).toBe(150 * US);
  });

  it('is whole after a snapshot in its middle', () => {
    const first = pair(BLE);
    first.send(ADVERTISEMENT);
    first.a.ticksUntil(() => first.b.peek('EVENTS_ADDRESS') === 1);
    const second = pair(BLE);
    second.a.tick(first.a.now() - second.a.now());
    second.a.chip.ram.data.set(first.a.chip.ram.data);
    second.a.device.restore(first.a.device.snapshot());
    second.second.restore(first.second.snapshot());
    second.a.chip.restore(first.a.chip.snapshot());
    second.a.tick(1000 * US);
    expect([second.received(ADVERTISEMENT.length), second.b.read('CRCSTATUS')]).toEqual([ADVERTISEMENT, 1]);
  });
});

describe('two packets at once', () => {
  it('break each other', () => {
    const { a, b, send } = pair(BLE);
    const third = BLOCKS['nrf/radio'].create(a.chip.contextFor('radio2', 0x4200_1000), { family: 'nrf52840' });
    for (const [register, value] of Object.entries({ ...BLE, PACKETPTR: SEND, SHORTS: 1 })) third.write(RADIO.locate(register)!.offset, value, 4);
    send(ADVERTISEMENT);
    a.tick(50 * US);
    third.write(0, 1, 4);
    a.tick(1000 * US);
    expect([b.peek('EVENTS_CRCOK'), b.peek('EVENTS_CRCERROR')]).toEqual([0, 1]);
  });
});

describe('micro:bit v1\'s radio', () => {
  // 1 Mbit/s, 8-bit LENGTH, group in the prefix, whitening 0x18, CRC-16 over address and packet.
  const GROUP: Settings = { MODE: 0, FREQUENCY: 7, PCNF0: 8, PCNF1: 32 | (4 << 16) | (1 << 25), BASE0: 0x7562_6974, PREFIX0: 5, TXADDRESS: 0, RXADDRESSES: 1, CRCCNF: 2, CRCPOLY: 0x1_1021, CRCINIT: 0xffff, DATAWHITEIV: 0x18 };
  const MESSAGE = [8, 1, 0, 1, 0x68, 0x65, 0x6c, 0x6c, 0x6f];

  it('hears its group', () => {
    const { a, b, send, received } = pair(GROUP, { family: 'nrf51' });
    send(MESSAGE);
    a.tick(1000 * US);
    expect([received(9), b.read('CRCSTATUS'), b.peek('EVENTS_END')]).toEqual([MESSAGE, 1, 1]);
  });

  it('does not hear another', () => {
    const { a, b, send } = pair(GROUP, { family: 'nrf51', other: { PREFIX0: 6 } });
    send(MESSAGE);
    a.tick(1000 * US);
    expect(b.peek('EVENTS_END')).toBe(0);
  });
});

describe('a packet as Enhanced ShockBurst sends it', () => {
  const ESB: Settings = { MODE: 1, FREQUENCY: 2, PCNF0: 6 | (3 << 16), PCNF1: 32 | (4 << 16) | (1 << 24), BASE0: 0xe7e7_e7e7, BASE1: 0xc2c2_c2c2, PREFIX0: 0xc4c3_c2e7, RXADDRESSES: 0xff, TXADDRESS: 2, CRCCNF: 2, CRCPOLY: 0x1_1021, CRCINIT: 0xffff };

  it('arrives on its pipe with LENGTH of 6 bits and S1 of 3', () => {
    const { a, b, send, received } = pair(ESB);
    send([3, 5, 0xaa, 0xbb, 0xcc]);
    a.tick(1000 * US);
    expect([received(5), b.read('RXMATCH'), b.read('CRCSTATUS')]).toEqual([[3, 5, 0xaa, 0xbb, 0xcc], 2, 1]);
  });

  it('takes half a microsecond a bit', () => {
    const { a } = pair(ESB);
    a.chip.ram.data.set([3, 5, 0xaa, 0xbb, 0xcc]);
    once(a, 'TASKS_TXEN', 'EVENTS_READY');
    expect(once(a, 'TASKS_START', 'EVENTS_END')).toBe(Math.ceil(((8 + 40 + 9 + 24 + 16) / 2) * US));
  });
});

describe('IEEE 802.15.4', () => {
  const ZIGBEE: Settings = { MODE: 15, FREQUENCY: 5, PCNF0: 8 | (2 << 24) | (1 << 26), PCNF1: 127, CRCCNF: 2 | (2 << 8), CRCPOLY: 0x1_1021, CRCINIT: 0, MODECNF0: 1 | 0x200 };
  const FRAME = [7, 0x41, 0x88, 0x2a, 0xcd, 0xab];

  it('arrives; LENGTH counts the CRC', () => {
    const { a, b, send, received } = pair(ZIGBEE);
    send(FRAME);
    a.tick(2000 * US);
    expect([received(6), b.peek('EVENTS_CRCOK'), b.peek('EVENTS_FRAMESTART')]).toEqual([FRAME, 1, 1]);
  });

  it('lasts 4 us a bit: preamble of 32, delimiter of 8, LENGTH, 5 bytes and CRC', () => {
    const { a } = pair(ZIGBEE);
    a.chip.ram.data.set(FRAME);
    once(a, 'TASKS_TXEN', 'EVENTS_READY');
    expect(once(a, 'TASKS_START', 'EVENTS_PHYEND')).toBe((32 + 8 + 8 + 40 + 16) * 4 * US);
  });

  it('finds a MAC header', () => {
    const { a, b, send } = pair(ZIGBEE, { other: { MHRMATCHCONF: 0x0000_8841, MHRMATCHMAS: 0x0000_ffff } });
    send(FRAME);
    a.tick(2000 * US);
    expect(b.peek('EVENTS_MHRMATCH')).toBe(1);
  });

  it.each([[0, 0, 1], [1, 1, 0]])('finds the channel busy with carriers there: %d', (isSending, busy, idle) => {
    const { a, b } = pair(ZIGBEE, { other: { CCACTRL: 0x052d_0001, SHORTS: 1 << 11 } });
    a.chip.ram.data.set(FRAME);
    a.write('SHORTS', 1);
    if (isSending === 1) a.write('TASKS_TXEN', 1);
    b.write('TASKS_RXEN', 1);
    a.tick((40 + 128) * US);
    expect([b.peek('EVENTS_CCABUSY'), b.peek('EVENTS_CCAIDLE')]).toEqual([busy, idle]);
  });

  it('measures energy for 128 us: -60 dBm is (-60 + 92) / 4', () => {
    const { a, b } = pair(ZIGBEE);
    a.chip.ram.data.set(FRAME);
    a.write('SHORTS', 1);
    a.write('TASKS_TXEN', 1);
    b.write('TASKS_RXEN', 1);
    a.tick(60 * US);
    b.write('TASKS_EDSTART', 1);
    expect([a.ticksUntil(() => b.peek('EVENTS_EDEND') === 1), b.read('EDSAMPLE')]).toEqual([128 * US, 8]);
  });
});

describe('long range', () => {
  // Core Specification 5.0, Vol 6, Part B, 2.2: preamble 80 us, address 256, CI 16, TERM1 24, then 8 us (S = 8) or 2 us a bit, TERM2.
  it.each([[5, 8], [6, 2]])('in mode %d takes %d us a bit after its address', (mode, bit) => {
    const { a, b, send, received } = pair({ ...BLE, MODE: mode, PCNF0: 8 | (1 << 8) | (2 << 22) | (3 << 24) | (3 << 29) });
    send(ADVERTISEMENT);
    a.ticksUntil(() => a.peek('EVENTS_READY') === 1);
    const end = a.ticksUntil(() => a.peek('EVENTS_PHYEND') === 1);
    expect([end, received(11), b.read('CRCSTATUS')]).toEqual([(80 + 256 + 16 + 24 + (16 + 72 + 24 + 3) * bit) * US, ADVERTISEMENT, 1]);
  });
});

describe('two boards', () => {
  it('hear each other through what their hosts pass on', () => {
    const here = pair(BLE);
    const there = pair(BLE);
    here.a.device.ether.onTransmission((packet) => {
      const delay = 2000 * US;
      there.a.device.ether.inject({ ...packet, begins: packet.begins + delay, addressBegins: packet.addressBegins + delay, addressEnds: packet.addressEnds + delay, ends: packet.ends + delay });
    });
    there.b.write('SHORTS', 1);
    there.b.write('TASKS_RXEN', 1);
    here.send(ADVERTISEMENT);
    here.a.tick(1000 * US);
    there.a.tick(4000 * US);
    expect([there.received(11), there.b.read('CRCSTATUS')]).toEqual([ADVERTISEMENT, 1]);
  });

  it('refuse a packet of the past', () => {
    const { a } = pair(BLE);
    a.tick(10);
    const packet = { megahertz: 2402, modulation: 'ble-1m', powerDbm: 0, begins: 5, addressBegins: 6, addressEnds: 7, ends: 8, bitMicroseconds: 1, bits: new Uint8Array(8), addressBits: 8 };
    expect(() => a.device.ether.inject(packet)).toThrow(/not before 10/);
  });
});

/** Check values of "123456789", from the Catalogue of parametrised CRC algorithms (G. Cook). */
describe('CRC', () => {
  const DIGITS = new TextEncoder().encode('123456789');
  const reflected = (value: number, width: number): number => parseInt([...value.toString(2).padStart(width, '0')].reverse().join(''), 2);
  it.each([
    ['CRC-24/BLE', 3, 0x65b, 0x55_5555, false, reflected(0xc2_5a56, 24)],
    ['CRC-16/IBM-3740', 2, 0x1021, 0xffff, true, 0x29b1],
    ['CRC-16/KERMIT, that of 802.15.4', 2, 0x1021, 0, false, reflected(0x2189, 16)],
    ['CRC-8/SMBUS', 1, 0x107, 0, true, 0xf4],
  ])('%s', (_, bytes, polynomial, initial, isBigEndian, check) => {
    expect(crcOf({ bytes, polynomial, initial }, bitsOfBytes(DIGITS, isBigEndian))).toBe(check);
  });
});

it('whitens as the register x^7 + x^4 + 1 does: channel 37 begins 8d d2 57 a1', () => {
  // Core Specification 4.2, Vol 6, Part B, 3.2: position 0 is 1, positions 1 to 6 are 100101; the first byte by hand is 1011 0001.
  expect([...bytesOfBits(whitened(new Uint8Array(32), 37), 0, 4, false)]).toEqual([0x8d, 0xd2, 0x57, 0xa1]);
});

it.each([['nrf51', RADIO_NRF51], ['nrf52833', RADIO_NRF52833]] as const)('%s does what its register map says', (family, map) => {
  const one = map as unknown as RegisterMap<MapSpec>;
  expect(checkRegisterMap(one, bench(one, 'nrf/radio', { family }).device, { except: ['DATAWHITEIV'] })).toEqual([]);
});
