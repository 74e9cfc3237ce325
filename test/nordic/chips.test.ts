/**
 * The chips as their files put them together: blocks at one address, identification, memories, interrupts.
 * Sources: nRF52840 Product Specification v1.1, nRF52833 v1.5, nRF51822 v3.3 with the nRF51 Reference Manual v3.0: FICR, UICR,
 * Instantiation.
 */
import { describe, expect, it } from 'vitest';
import type { Temp } from '../../emulator/peripherals/nrf/temp.js';
import { board } from './lab.js';

const POWER_CLOCK = 0x4000_0000;
const INTENSET = POWER_CLOCK + 0x304;
const NVMC_CONFIG = 0x4001_e504;
const NVMC_ERASEUICR = 0x4001_e514;
const UICR_CUSTOMER = 0x1000_1080;
const ISPR0 = 0xe000_e200;

describe.each([
  ['bare-nrf52840', 0x52840, 4096, 256], ['bare-nrf52833', 0x52833, 4096, 128], ['bare-nrf51822', 0xffff_ffff, 1024, 256],
] as const)('%s', (name, part, pageBytes, pages) => {
  it('identifies itself in FICR', () => {
    const { bus } = board(name);
    expect([0x1000_0100, 0x1000_0010, 0x1000_0014].map((address) => bus.read(address, 4))).toEqual([part, pageBytes, pages]);
  });

  it('has one INTENSET for CLOCK and POWER', () => {
    const { bus } = board(name);
    const [LFCLKSTARTED, POFWARN] = [1 << 1, 1 << 2];
    bus.write(INTENSET, LFCLKSTARTED, 4);
    bus.write(INTENSET, POFWARN, 4);
    expect(bus.read(INTENSET, 4)).toBe(LFCLKSTARTED | POFWARN);
  });

  it('programs UICR through NVMC and erases it', () => {
    const { bus } = board(name);
    bus.write(NVMC_CONFIG, 1, 4);
    bus.write(UICR_CUSTOMER, 0x1234_5678, 4);
    const written = bus.read(UICR_CUSTOMER, 4);
    bus.write(NVMC_CONFIG, 2, 4);
    bus.write(NVMC_ERASEUICR, 1, 4);
    expect([written, bus.read(UICR_CUSTOMER, 4)]).toEqual([0x1234_5678, 0xffff_ffff]);
  });

  it('measures the temperature that somebody sets', () => {
    const machine = board(name);
    (machine.devices.get('temp') as Temp).celsius = 40;
    machine.bus.write(0x4000_c000, 1, 4);
    machine.events.runDue(machine.events.nextDue());
    expect(machine.bus.read(0x4000_c508, 4)).toBe(160);
  });

  it.each([[-12.25, 0xffff_ffcf], [200, 420]])('measures the temperature of the world around it, as far as it can: %d degrees', (celsius, quarters) => {
    const machine = board(name);
    machine.inputs.set('temperature', celsius);
    machine.bus.write(0x4000_c000, 1, 4);
    machine.events.runDue(machine.events.nextDue());
    expect(machine.bus.read(0x4000_c508, 4)).toBe(quarters);
  });

  it.each([['temp', 0x4000_c000, 12, 0], ['rng', 0x4000_d000, 13, 0], ['clock', POWER_CLOCK, 0, 0]])('has %s at 0x%x with interrupt %i', (_block, at, irq, bit) => {
    const { bus, events } = board(name);
    bus.write(at + 0x304, 1 << bit, 4);
    bus.write(at, 1, 4);
    events.runDue(events.nextDue());
    expect((bus.read(ISPR0, 4) >>> irq) & 1).toBe(1);
  });
});

it('starts the nRF52840 with USB plugged and the nRF52833 without', () => {
  const status = ['bare-nrf52840', 'bare-nrf52833'].map((name) => board(name).bus.read(POWER_CLOCK + 0x438, 4) & 1);
  expect(status).toEqual([1, 0]);
});

it('is another device with another seed', () => {
  const id = (seed: number): number => board('bare-nrf52840', seed).bus.read(0x1000_0060, 4);
  expect([id(1) === id(1), id(1) === id(2)]).toEqual([true, false]);
});

it.each([['bare-nrf52840', 0], ['bare-nrf52833', 0x100]] as const)('lets UART of the %s choose odd parity where it can', (name, odd) => {
  const { bus } = board(name);
  bus.write(0x4000_256c, 0x100, 4);
  expect(bus.read(0x4000_256c, 4)).toBe(odd);
});

it('lets EGU answer where SWI has the same addresses', () => {
  const { bus } = board('bare-nrf52840');
  bus.write(0x4001_4000, 1, 4);
  expect(bus.read(0x4001_4100, 4)).toBe(1);
});
