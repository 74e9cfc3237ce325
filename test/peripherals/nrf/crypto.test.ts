/** ECB, CCM and AAR against published vectors. The bench's clock is 25 MHz: 25 ticks a microsecond. */
import { describe, expect, it } from 'vitest';
import { AAR, AAR_NRF51 } from '../../../emulator/peripherals/nrf/aar.js';
import { CCM, CCM_NRF51 } from '../../../emulator/peripherals/nrf/ccm.js';
import { ECB, ECB_NRF51 } from '../../../emulator/peripherals/nrf/ecb.js';
import { BLOCKS } from '../../../emulator/peripherals/index.js';
import type { MapSpec, RegisterMap } from '../../../emulator/peripherals/registers/index.js';
import { checkRegisterMap } from '../../support/register-checks.js';
import { bench } from '../bench.js';

const RAM = 0x2000_0000;
const TICKS_PER_MICROSECOND = 25;
const bytes = (hex: string): Uint8Array => Uint8Array.from(hex.match(/[0-9a-fA-F]{2}/g) ?? [], (pair) => parseInt(pair, 16));
const hex = (data: Uint8Array): string => [...data].map((byte) => byte.toString(16).padStart(2, '0')).join('');

/** FIPS-197, appendix C.1. */
const FIPS = { key: '000102030405060708090a0b0c0d0e0f', clear: '00112233445566778899aabbccddeeff', cipher: '69c4e0d86a7b0430d8cdb78070b4c55a' };

describe('ECB', () => {
  const ready = (family = 'nrf52') => {
    const one = bench(ECB, 'nrf/ecb', { family });
    one.chip.ram.data.set(bytes(FIPS.key + FIPS.clear));
    one.write('ECBDATAPTR', RAM);
    return one;
  };

  it('encrypts the block of FIPS-197 C.1', () => {
    const { write, tick, chip } = ready();
    write('TASKS_STARTECB', 1);
    tick(1000);
    expect(hex(chip.ram.data.subarray(32, 48))).toBe(FIPS.cipher);
  });

  it.each([['nrf52', 7.2 * TICKS_PER_MICROSECOND], ['nrf51', Math.round(8.5 * TICKS_PER_MICROSECOND)]])('takes on %s %d ticks', (family, ticks) => {
    const { write, peek, ticksUntil } = ready(family);
    write('TASKS_STARTECB', 1);
    expect(ticksUntil(() => peek('EVENTS_ENDECB') === 1)).toBe(ticks);
  });

  it('gives an error instead of a result when it is stopped', () => {
    const { write, tick, peek } = ready();
    write('TASKS_STARTECB', 1);
    write('TASKS_STOPECB', 1);
    tick(1000);
    expect([peek('EVENTS_ENDECB'), peek('EVENTS_ERRORECB')]).toEqual([0, 1]);
  });

  it('gives way to AAR, which has the same AES core', () => {
    const { write, tick, peek, chip } = ready();
    const aar = BLOCKS['nrf/aar'].create(chip.contextFor('aar', 0x4000_f000), { family: 'nrf52' });
    aar.write(0x500, 3, 4);
    write('TASKS_STARTECB', 1);
    tick(10);
    aar.write(0x000, 1, 4);
    expect(peek('EVENTS_ERRORECB')).toBe(1);
  });
});

/** Bluetooth Core Specification 4.2, Vol 6, Part C, 1: session key and IV of the encryption sample data. */
const SAMPLE = { key: '99ad1b5226a37e3e058e3b8e27c2c666', iv: '24abdcbabebaafde' };
const configuration = (counter: string, direction: string): string => `${SAMPLE.key}${counter}000000${direction}${SAMPLE.iv}`;
const CLEAR = RAM + 0x100;
const OUT = RAM + 0x200;
const ENCRYPT = 0;
const DECRYPT = 1;

describe('CCM', () => {
  const ready = (packet: string, config: string, mode: number, family = 'nrf52') => {
    const one = bench(CCM, 'nrf/ccm', { family });
    one.chip.ram.data.set(bytes(config));
    one.chip.ram.data.set(bytes(packet), CLEAR - RAM);
    one.write('ENABLE', 2);
    one.write('MODE', mode);
    one.write('CNFPTR', RAM);
    one.write('INPTR', CLEAR);
    one.write('OUTPTR', OUT);
    one.write('SHORTS', 1);
    return one;
  };
  const output = ({ chip }: ReturnType<typeof ready>, length: number): string => hex(chip.ram.data.subarray(OUT - RAM, OUT - RAM + length));

  // Core 4.2, Vol 6, Part C, 1.2: LL_START_ENC_RSP1 and 2, LL_DATA1 (RAM has a byte for S1 after LENGTH).
  const PACKETS = [
    ['LL_START_ENC_RSP1', '0000000000', '01', '0f010006', '0f05009fcda7f448'],
    ['LL_START_ENC_RSP2', '0000000000', '00', '07010006', '070500a34c13a415'],
    ['LL_DATA1', '0100000000', '01', '0e1b00170063646566676869 6a6b6c6d6e6f707131323334353637383930', '0e1f007a70d664 15226df26b17839a060405596bd6564f796b5b9ce6ff32f75a6d33'],
  ] as const;

  it.each(PACKETS)('encrypts %s', (_, counter, direction, clear, cipher) => {
    const one = ready(clear, configuration(counter, direction), ENCRYPT);
    one.write('TASKS_KSGEN', 1);
    one.tick(100_000);
    expect(output(one, bytes(cipher).length)).toBe(hex(bytes(cipher)));
  });

  it.each(PACKETS)('decrypts %s and finds its MIC good', (_, counter, direction, clear, cipher) => {
    const one = ready(cipher, configuration(counter, direction), DECRYPT);
    one.write('TASKS_KSGEN', 1);
    one.tick(100_000);
    expect([output(one, bytes(clear).length), one.read('MICSTATUS')]).toEqual([hex(bytes(clear)), 1]);
  });

  it('decrypts on nRF51 too', () => {
    const [, counter, direction, clear, cipher] = PACKETS[2];
    const one = ready(cipher, configuration(counter, direction), DECRYPT, 'nrf51');
    one.write('TASKS_KSGEN', 1);
    one.tick(100_000);
    expect(output(one, bytes(clear).length)).toBe(hex(bytes(clear)));
  });

  it('finds a MIC bad when a bit of the packet is changed', () => {
    const one = ready('0f05009fcda7f449', configuration('0000000000', '01'), DECRYPT);
    one.write('TASKS_KSGEN', 1);
    one.tick(100_000);
    expect(one.read('MICSTATUS')).toBe(0);
  });

  it('lets an empty packet pass without a MIC', () => {
    const one = ready('010000', configuration('0000000000', '01'), ENCRYPT);
    one.write('TASKS_KSGEN', 1);
    one.tick(100_000);
    expect(output(one, 3)).toBe('010000');
  });

  it('makes the key stream in 50 us', () => {
    const { write, peek, ticksUntil } = ready('0f010006', configuration('0000000000', '01'), ENCRYPT);
    write('TASKS_KSGEN', 1);
    expect(ticksUntil(() => peek('EVENTS_ENDKSGEN') === 1)).toBe(50 * TICKS_PER_MICROSECOND);
  });

  // Three bytes of header and 31 of payload and MIC, at 8 us, 4 us, 64 us and 16 us a byte.
  it.each([['1Mbit', 0, 272], ['2Mbit', 1, 136], ['125Kbps', 2, 2176], ['500Kbps', 3, 544]])('decrypts at %s as fast as the packet arrives', (_, rate, microseconds) => {
    const [, counter, direction, , cipher] = PACKETS[2];
    const { write, peek, ticksUntil } = ready(cipher, configuration(counter, direction), DECRYPT | (rate << 16));
    write('TASKS_CRYPT', 1);
    expect(ticksUntil(() => peek('EVENTS_ENDCRYPT') === 1)).toBe(microseconds * TICKS_PER_MICROSECOND);
  });

  it('goes on at the rate of RATEOVERRIDE', () => {
    const { write, peek, tick, ticksUntil } = ready('0f0500', configuration('0000000000', '01'), DECRYPT | (2 << 16));
    write('RATEOVERRIDE', 3);
    write('TASKS_CRYPT', 1);
    tick(3 * 64 * TICKS_PER_MICROSECOND);
    write('TASKS_RATEOVERRIDE', 1);
    expect(ticksUntil(() => peek('EVENTS_ENDCRYPT') === 1)).toBe(5 * 16 * TICKS_PER_MICROSECOND);
  });

  it('takes packets longer than 31 bytes only with MODE.LENGTH extended', () => {
    const lengthOf = (mode: number): number => {
      const one = ready('0e2800', configuration('0000000000', '01'), mode);
      one.write('TASKS_KSGEN', 1);
      one.tick(100_000);
      return bytes(output(one, 2))[1];
    };
    expect([lengthOf(ENCRYPT), lengthOf(ENCRYPT | (1 << 24))]).toEqual([(0x28 & 31) + 4, 0x28 + 4]);
  });
});

describe('AAR', () => {
  /** Bluetooth Core Specification 4.2, Vol 3, Part H, D.7: ah with this key and prand 708194 is 0dfbaa. */
  const IRK = 'ec0234a357c8ad05341010a60a397d9b';
  const PACKET = '000600' + 'aafb0d' + '948170';
  const ready = (keys: string[], packet = PACKET) => {
    const one = bench(AAR, 'nrf/aar', { family: 'nrf52' });
    one.chip.ram.data.set(bytes(keys.join('')));
    one.chip.ram.data.set(bytes(packet), 0x100);
    one.write('ENABLE', 3);
    one.write('NIRK', keys.length);
    one.write('IRKPTR', RAM);
    one.write('ADDRPTR', RAM + 0x100);
    return one;
  };

  it('resolves the address of the sample data with the second key', () => {
    const { write, read, peek, tick } = ready([FIPS.key, IRK]);
    write('TASKS_START', 1);
    tick(1000);
    expect([peek('EVENTS_END'), peek('EVENTS_RESOLVED'), peek('EVENTS_NOTRESOLVED'), read('STATUS')]).toEqual([1, 1, 0, 1]);
  });

  it('says when no key fits', () => {
    const { write, peek, tick } = ready([FIPS.key]);
    write('TASKS_START', 1);
    tick(1000);
    expect([peek('EVENTS_RESOLVED'), peek('EVENTS_NOTRESOLVED')]).toEqual([0, 1]);
  });

  it('takes 1 us and 6 us for each key', () => {
    const { write, peek, ticksUntil } = ready([FIPS.key, FIPS.key, IRK]);
    write('TASKS_START', 1);
    expect(ticksUntil(() => peek('EVENTS_END') === 1)).toBe((1 + 3 * 6) * TICKS_PER_MICROSECOND);
  });

  it('does nothing while it is not enabled', () => {
    const { write, peek, tick } = ready([IRK]);
    write('ENABLE', 2);
    write('TASKS_START', 1);
    tick(1000);
    expect(peek('EVENTS_END')).toBe(0);
  });
});

it.each([
  ['nrf/ecb', ECB_NRF51], ['nrf/ccm', CCM_NRF51], ['nrf/aar', AAR_NRF51],
] as const)('%s of nRF51 does what its register map says', (block, map) => {
  const one = map as unknown as RegisterMap<MapSpec>;
  expect(checkRegisterMap(one, bench(one, block, { family: 'nrf51' }).device)).toEqual([]);
});
