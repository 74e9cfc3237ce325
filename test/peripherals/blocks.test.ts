import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Peripheral, SnapshotValue } from '../../emulator/bus/types.js';
import { BLOCKS } from '../../emulator/peripherals/index.js';
import { describeRegisters } from '../../emulator/peripherals/registers/index.js';
import type { MapSpec, RegisterMap, RegisterName } from '../../emulator/peripherals/registers/index.js';
import { PL022 } from '../../emulator/peripherals/arm/pl022.js';
import { SBCON } from '../../emulator/peripherals/arm/sbcon.js';
import { DUAL_TIMER } from '../../emulator/peripherals/cmsdk/dual-timer.js';
import { GPIO } from '../../emulator/peripherals/cmsdk/gpio.js';
import { TIMER } from '../../emulator/peripherals/cmsdk/timer.js';
import { UART } from '../../emulator/peripherals/cmsdk/uart.js';
import { WATCHDOG } from '../../emulator/peripherals/cmsdk/watchdog.js';
import { ETHERNET } from '../../emulator/peripherals/mps2/ethernet.js';
import { FPGAIO } from '../../emulator/peripherals/mps2/fpgaio.js';
import { I2S } from '../../emulator/peripherals/mps2/i2s.js';
import { SCC } from '../../emulator/peripherals/mps2/scc.js';
import { AAR } from '../../emulator/peripherals/nrf/aar.js';
import { CCM } from '../../emulator/peripherals/nrf/ccm.js';
import { CRYPTOCELL } from '../../emulator/peripherals/nrf/cryptocell.js';
import { ECB } from '../../emulator/peripherals/nrf/ecb.js';
import { GPIO as NRF_GPIO } from '../../emulator/peripherals/nrf/gpio.js';
import { ADC as NRF_ADC } from '../../emulator/peripherals/nrf/adc.js';
import { COMP as NRF_COMP } from '../../emulator/peripherals/nrf/comp.js';
import { EGU as NRF_EGU } from '../../emulator/peripherals/nrf/egu.js';
import { GPIOTE as NRF_GPIOTE } from '../../emulator/peripherals/nrf/gpiote.js';
import { LPCOMP as NRF_LPCOMP } from '../../emulator/peripherals/nrf/lpcomp.js';
import { PPI as NRF_PPI } from '../../emulator/peripherals/nrf/ppi.js';
import { PWM as NRF_PWM } from '../../emulator/peripherals/nrf/pwm.js';
import { QDEC as NRF_QDEC } from '../../emulator/peripherals/nrf/qdec.js';
import { SAADC as NRF_SAADC } from '../../emulator/peripherals/nrf/saadc.js';
import { SPI } from '../../emulator/peripherals/nrf/spi.js';
import { SPIM } from '../../emulator/peripherals/nrf/spim.js';
import { SPIS, SPIS_NRF51 } from '../../emulator/peripherals/nrf/spis.js';
import { TWI } from '../../emulator/peripherals/nrf/twi.js';
import { TWIM } from '../../emulator/peripherals/nrf/twim.js';
import { TWIS } from '../../emulator/peripherals/nrf/twis.js';
import { UART as NRF_UART, UART_NRF51, UART_WITH_ODD_PARITY } from '../../emulator/peripherals/nrf/uart.js';
import { UARTE, UARTE_WITH_ODD_PARITY } from '../../emulator/peripherals/nrf/uarte.js';
import { I2S as NRF_I2S } from '../../emulator/peripherals/nrf/i2s.js';
import { PDM as NRF_PDM } from '../../emulator/peripherals/nrf/pdm.js';
import { MWU } from '../../emulator/peripherals/nrf/mwu.js';
import { NFCT } from '../../emulator/peripherals/nrf/nfct.js';
import { QSPI } from '../../emulator/peripherals/nrf/qspi.js';
import { RADIO } from '../../emulator/peripherals/nrf/radio-map.js';
import { TIMER as NRF_TIMER } from '../../emulator/peripherals/nrf/timer.js';
import { USBD as NRF_USBD } from '../../emulator/peripherals/nrf/usbd.js';
import { USBD_ERRATA } from '../../emulator/peripherals/nrf/usbd-errata.js';
import { ACL } from '../../emulator/peripherals/nrf/acl.js';
import { CLOCK } from '../../emulator/peripherals/nrf/clock.js';
import { FICR } from '../../emulator/peripherals/nrf/ficr.js';
import { NRF51_MPU } from '../../emulator/peripherals/nrf/nrf51-mpu.js';
import { NVMC } from '../../emulator/peripherals/nrf/nvmc.js';
import { POWER } from '../../emulator/peripherals/nrf/power.js';
import { RNG } from '../../emulator/peripherals/nrf/rng.js';
import { ROM_TABLE } from '../../emulator/peripherals/nrf/rom-table.js';
import { RTC } from '../../emulator/peripherals/nrf/rtc.js';
import { SWI } from '../../emulator/peripherals/nrf/swi.js';
import { TEMP } from '../../emulator/peripherals/nrf/temp.js';
import { WDT } from '../../emulator/peripherals/nrf/wdt.js';
import { ADC, ADC_REQUIRED } from '../../emulator/peripherals/avr/adc.js';
import { ANALOG_COMPARATOR } from '../../emulator/peripherals/avr/analog-comparator.js';
import { EXTERNAL_INTERRUPTS, EXTERNAL_REQUIRED } from '../../emulator/peripherals/avr/external-interrupts.js';
import { GPIO as AVR_GPIO } from '../../emulator/peripherals/avr/gpio.js';
import { PRESCALER } from '../../emulator/peripherals/avr/prescaler.js';
import { avrMap, type Template } from '../../emulator/peripherals/avr/registers.js';
import { SPI as AVR_SPI } from '../../emulator/peripherals/avr/spi.js';
import { TIMER16, TIMER16_REQUIRED } from '../../emulator/peripherals/avr/timer16.js';
import { TIMER8_ASYNC } from '../../emulator/peripherals/avr/timer8-async.js';
import { TIMER8 } from '../../emulator/peripherals/avr/timer8.js';
import { TWI as AVR_TWI } from '../../emulator/peripherals/avr/twi.js';
import { USART } from '../../emulator/peripherals/avr/usart.js';
import { ATMEGA328P } from './avr/avr-bench.js';
import { checkRegisterMap } from '../support/register-checks.js';
import { bench, type Bench } from './bench.js';

interface Checked { readonly block: string; readonly map: RegisterMap<MapSpec>; readonly options?: Record<string, unknown>; readonly except: readonly string[] }

function checked<S extends MapSpec>(block: string, map: RegisterMap<S>, except: readonly RegisterName<S>[], options?: Record<string, unknown>): Checked {
  return { block, map: map, except, ...(options === undefined ? {} : { options }) };
}

/** A block of the ATmega328P, as its bench has it. */
function ofAvr(name: string, template: Template, instance: string, except: readonly string[], required?: readonly string[]): Checked {
  const { block, ...options } = ATMEGA328P[name];
  return { block, map: avrMap(template, instance, options.registers, required), except, options };
}

/** Checked on a machine, since they steer its core: test/peripherals/avr/. */
const ON_A_MACHINE = ['avr/eeprom', 'avr/spm', 'avr/system', 'avr/watchdog'];

const SCC_OPTIONS = { id: 0x41043850, aid: 0x00200008, boardRevision: 2, oscillators: [50_000_000, 24_576_000, 25_000_000] };

const ALL: readonly Checked[] = [
  checked('arm/pl022', PL022, ['SSPDR', 'SSPSR', 'SSPRIS', 'SSPMIS']),
  checked('arm/sbcon', SBCON, ['CONTROLCLR']),
  ofAvr('adc', ADC, '', ['ADCSRA'], ADC_REQUIRED),
  ofAvr('comparator', ANALOG_COMPARATOR, '', []),
  ofAvr('external', EXTERNAL_INTERRUPTS, '', [], EXTERNAL_REQUIRED),
  ofAvr('portc', AVR_GPIO, 'C', ['PINC', 'DDRC', 'PORTC']),
  ofAvr('prescaler', PRESCALER, '', ['GTCCR']),
  ofAvr('spi', AVR_SPI, '', ['SPDR']),
  ofAvr('timer0', TIMER8, '0', []),
  ofAvr('timer1', TIMER16, '1', ['ICR1L', 'ICR1H', 'TCNT1L', 'TCNT1H', 'OCR1AH', 'OCR1BH'], TIMER16_REQUIRED),
  ofAvr('timer2', TIMER8_ASYNC, '2', []),
  ofAvr('twi', AVR_TWI, '', ['TWCR', 'TWDR']),
  ofAvr('usart0', USART, '0', ['UDR0']),
  checked('cmsdk/dual-timer', DUAL_TIMER, ['TIMER1VALUE', 'TIMER2VALUE', 'TIMER1RIS', 'TIMER2RIS', 'TIMER1MIS', 'TIMER2MIS', 'TIMER1LOAD', 'TIMER2LOAD']),
  checked('cmsdk/gpio', GPIO, ['DATA', 'MASKLOWBYTE', 'MASKHIGHBYTE', 'INTSTATUS']),
  checked('cmsdk/timer', TIMER, ['VALUE']),
  checked('cmsdk/uart', UART, ['DATA', 'STATE']),
  checked('cmsdk/watchdog', WATCHDOG, ['WDOGVALUE', 'WDOGLOCK', 'WDOGRIS', 'WDOGMIS']),
  checked('mps2/ethernet', ETHERNET, []),
  checked('mps2/fpgaio', FPGAIO, ['CLK1HZ', 'CLK100HZ', 'COUNTER', 'PSCNTR']),
  checked('mps2/i2s', I2S, ['STATUS', 'RXBUF']),
  checked('nrf/aar', AAR, [], { family: 'nrf52' }),
  checked('nrf/ccm', CCM, [], { family: 'nrf52' }),
  checked('nrf/ecb', ECB, [], { family: 'nrf52' }),
  checked('nrf/gpio', NRF_GPIO, ['IN', 'LATCH', 'DIR', 'DIRSET', 'DIRCLR', 'PIN_CNF'], { port: 0 }),
  checked('nrf/adc', NRF_ADC, ['BUSY', 'RESULT', 'POWER']),
  checked('nrf/comp', NRF_COMP, ['RESULT']),
  checked('nrf/egu', NRF_EGU, []),
  checked('nrf/gpiote', NRF_GPIOTE, ['POWER'], { family: 'nrf52' }),
  checked('nrf/lpcomp', NRF_LPCOMP, ['RESULT', 'POWER'], { family: 'nrf52' }),
  checked('nrf/ppi', NRF_PPI, [], { family: 'nrf52' }),
  checked('nrf/pwm', NRF_PWM, ['POWER', 'PSEL_OUT']),
  checked('nrf/qdec', NRF_QDEC, ['POWER', 'PSEL_LED', 'PSEL_A', 'PSEL_B'], { family: 'nrf52' }),
  checked('nrf/saadc', NRF_SAADC, ['STATUS', 'POWER']),
  checked('nrf/timer', NRF_TIMER, ['POWER'], { cc: 6 }),
  checked('nrf/i2s', NRF_I2S, []),
  checked('nrf/pdm', NRF_PDM, []),
  checked('nrf/cryptocell', CRYPTOCELL, []),
  checked('nrf/mwu', MWU, []),
  checked('nrf/nfct', NFCT, ['AUTOCOLRESCONFIG'], { family: 'nrf52840' }),
  checked('nrf/qspi', QSPI, ['STATUS', 'PSEL_SCK', 'PSEL_CSN', 'PSEL_IO0', 'PSEL_IO1', 'PSEL_IO2', 'PSEL_IO3', 'IFCONFIG1'], {}),
  checked('nrf/radio', RADIO, ['DATAWHITEIV', 'POWER'], { family: 'nrf52840' }),
  checked('nrf/timer', NRF_TIMER, [], { cc: 6 }),
  checked('nrf/spi', SPI, []),
  checked('nrf/spim', SPIM, [], { isFast: true }),
  checked('nrf/spis', SPIS, []),
  checked('nrf/spis', SPIS_NRF51, ['RXD.LIST', 'TXD.LIST'], { family: 'nrf51' }),
  checked('nrf/twi', TWI, []),
  checked('nrf/twim', TWIM, []),
  checked('nrf/twis', TWIS, []),
  checked('nrf/uart', NRF_UART, ['RXD'], { family: 'nrf52' }),
  checked('nrf/uart', UART_NRF51, ['RXD', 'POWER'], { family: 'nrf51' }),
  checked('nrf/uart', UART_WITH_ODD_PARITY, ['RXD'], { family: 'nrf52', hasOddParity: true }),
  checked('nrf/uarte', UARTE, []),
  checked('nrf/uarte', UARTE_WITH_ODD_PARITY, [], { hasOddParity: true }),
  checked('nrf/usbd', NRF_USBD, ['DTOGGLE', 'TESTDATA']),
  checked('nrf/usbd-errata', USBD_ERRATA, ['LOCK', 'ERRATA171', 'ERRATA187']),
  checked('nrf/acl', ACL, ['ACL_ADDR', 'ACL_SIZE', 'ACL_PERM']),
  checked('nrf/clock', CLOCK, ['LFRCMODE'], { family: 'nrf52' }),
  checked('nrf/ficr', FICR, FICR.registers.map(({ name }) => name as RegisterName<typeof FICR.spec>), { part: 0x52840, variant: 'AAD0', package: 4, ramKilobytes: 256, flashKilobytes: 1024, pageBytes: 4096 }),
  checked('nrf/nrf51-mpu', NRF51_MPU, []),
  checked('nrf/nvmc', NVMC, [], { family: 'nrf52840' }),
  checked('nrf/power', POWER, [], { family: 'nrf52840' }),
  checked('nrf/rng', RNG, ['POWER'], { family: 'nrf52' }),
  checked('nrf/rom-table', ROM_TABLE, ['PID0', 'PID2'], { part: 8, revision: 1 }),
  checked('nrf/rtc', RTC, ['POWER'], { cc: 4 }),
  checked('nrf/swi', SWI, []),
  checked('nrf/temp', TEMP, ['POWER'], {}),
  checked('nrf/wdt', WDT, [], {}),
  checked('mps2/scc', SCC, ['CFGSTAT', 'CFG_REG4', 'AID', 'ID', 'CFGDATA_RTN'], SCC_OPTIONS),
];

/** Where the constant registers begin. */
const IDENTIFICATION = 0xfd0;

/** A guest that does anything at all: reads, writes small and large values, and lets time pass. */
interface Access { readonly register: string; readonly value: number | undefined; readonly ticks: number }

function accesses(map: RegisterMap<MapSpec>): fc.Arbitrary<Access[]> {
  const names = describeRegisters(map).filter(({ offset }) => offset < IDENTIFICATION).map(({ name, count }) => (count === 1 ? name : `${name}[${count - 1}]`));
  return fc.array(fc.record({
    register: fc.constantFrom(...names),
    value: fc.option(fc.oneof({ weight: 4, arbitrary: fc.integer({ min: 0, max: 255 }) }, fc.integer({ min: 0, max: 0xffff_ffff })), { nil: undefined, freq: 3 }),
    ticks: fc.oneof(fc.integer({ min: 0, max: 20 }), fc.integer({ min: 0, max: 3000 })),
  }), { minLength: 20, maxLength: 60, size: 'max' });
}

/** What a guest, the interrupt lines and the reset output show. */
function run(on: Bench<Peripheral>, list: readonly Access[]): unknown[] {
  const resets = on.resets.length;
  return list.map(({ register, value, ticks }) => {
    let seen: number | undefined;
    if (value === undefined) seen = on.read(register);
    else on.write(register, value);
    on.tick(ticks);
    return [seen, on.high(), on.resets.length - resets, on.now()];
  });
}

describe.each(ALL)('$block', ({ block, map, options, except }) => {
  it('does what its register map says', () => {
    expect(checkRegisterMap(map, bench(map, block, options).device, { except })).toEqual([]);
  });

  it('goes on from a snapshot as if nothing had happened', () => {
    fc.assert(fc.property(accesses(map), accesses(map), (before, after) => {
      const first = bench(map, block, options);
      run(first, before);
      const second = bench(map, block, options);
      second.tick(first.now());
      second.chip.restore(JSON.parse(JSON.stringify(first.chip.snapshot())) as SnapshotValue[]);
      second.device.restore(JSON.parse(JSON.stringify(first.device.snapshot())));
      expect(run(second, after)).toEqual(run(first, after));
    }), { seed: 0x626c6f63, numRuns: 150 });
  });

  it('refuses a snapshot of another kind of part', () => {
    expect(() => bench(map, block, options).device.restore({ nothing: 1 })).toThrow(/snapshot/);
  });
});

it('every registered block is checked', () => {
  expect([...new Set([...ALL.map(({ block }) => block), ...ON_A_MACHINE])].sort()).toEqual(Object.keys(BLOCKS).sort());
});

/** CMSDK TRM (DDI 0479D) register summaries: PID0 is the part, the rest is common. */
it.each([
  ['cmsdk/gpio', GPIO, 0x20], ['cmsdk/uart', UART, 0x21], ['cmsdk/timer', TIMER, 0x22], ['cmsdk/dual-timer', DUAL_TIMER, 0x23], ['cmsdk/watchdog', WATCHDOG, 0x24],
] as const)('%s identifies itself', (block, map, part) => {
  const { device } = bench(map as unknown as RegisterMap<MapSpec>, block);
  const bytes = Array.from({ length: 12 }, (_, i) => device.read(0xfd0 + 4 * i, 4));
  expect(bytes).toEqual([0x04, 0, 0, 0, part, 0xb8, 0x1b, 0x00, 0x0d, 0xf0, 0x05, 0xb1]);
});
