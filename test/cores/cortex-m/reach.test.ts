/** The way from translated code to devices: which accesses are made, where in the device, and which are declined. */
import { describe, expect, it } from 'vitest';
import { Bus } from '../../../emulator/bus/bus.js';
import type { BusDevice } from '../../../emulator/bus/types.js';
import { CoreMemory } from '../../../emulator/cores/cortex-m/memory.js';
import { Word } from '../../../emulator/cores/cortex-m/state.js';
import { Watchpoints } from '../../../emulator/cores/watchpoints.js';

const UART = 0x4000_4000;
/** 64 pages on: kept at hand in the same place as the UART's. */
const FAR = UART + 64 * 0x1000;
const USART1 = 0x4001_3800; // as on an STM32F103, where blocks of 1 KiB share a page
const SPI1 = 0x4001_3000;

/** Reads as its number above the offset. */
class Device implements BusDevice {
  readonly written: [number, number][] = [];
  constructor(private readonly number: number) {}
  read(offset: number): number { return this.number * 0x1000 + offset; }
  write(offset: number, value: number): void { this.written.push([offset, value]); }
  peek(): number { return 0; }
  poke(): void {}
}

function memory() {
  const bus = new Bus(new ArrayBuffer(0x4000));
  const words = new Int32Array(bus.buffer, 0, 256);
  const devices = { uart: new Device(1), usart1: new Device(2), spi1: new Device(3), far: new Device(4) };
  bus.addDevice({ name: 'uart', base: UART, bytes: 0x1000, device: devices.uart, widths: [4] });
  bus.addDevice({ name: 'usart1', base: USART1, bytes: 0x400, device: devices.usart1 });
  bus.addDevice({ name: 'far', base: FAR, bytes: 0x1000, device: devices.far });
  bus.addDevice({ name: 'spi1', base: SPI1, bytes: 0x400, device: devices.spi1 });
  const protection = { isOn: false };
  const made = new CoreMemory(words, bus, {
    check: () => {}, isUniform: () => true, isOpen: () => !protection.isOn, ignoresDataBusFaults: () => false,
  }, { bitBand: false, unalignedSupport: true });
  const isDeclined = (access: () => void): boolean => {
    words[Word.DECLINED] = 0;
    access();
    return words[Word.DECLINED] === 1;
  };
  return { memory: made, words, devices, protection, isDeclined };
}

describe('translated code reaches', () => {
  it('a device that has its page to itself, the first time and later', () => {
    const { memory: reach } = memory();
    expect([reach.tryLoad(UART + 4, 4), reach.tryLoad(UART + 0xffc, 4), reach.tryLoad(UART, 4)]).toEqual([0x1004, 0x1ffc, 0x1000]);
  });

  it('devices that share a page, in turns', () => {
    const { memory: reach } = memory();
    expect([USART1 + 4, SPI1 + 8, USART1, SPI1 + 0x3fe].map((address) => reach.tryLoad(address, 2))).toEqual([0x2004, 0x3008, 0x2000, 0x33fe]);
  });

  it('the one and the other of devices whose pages are kept in the same place', () => {
    const { memory: reach, devices } = memory();
    reach.tryStore(UART + 8, 1, 4);
    reach.tryStore(FAR + 8, 2, 4);
    reach.tryStore(UART + 12, 3, 4);
    expect([devices.uart.written, devices.far.written]).toEqual([[[8, 1], [12, 3]], [[8, 2]]]);
  });

  it('no device by an access that is not aligned, of another width, or beside it', () => {
    const { memory: reach, isDeclined } = memory();
    reach.tryLoad(UART, 4);
    const accesses = [(): unknown => reach.tryLoad(UART + 2, 4), () => reach.tryLoad(UART, 1), () => reach.tryStore(UART, 0, 2), () => reach.tryLoad(SPI1 + 0x400, 4), () => reach.tryLoad(UART + 0x1000, 4)];
    expect(accesses.map(isDeclined)).toEqual([true, true, true, true, true]);
  });

  it('none from unprivileged code, though it was reached before', () => {
    const { memory: reach, words, isDeclined } = memory();
    reach.tryLoad(UART, 4);
    words[Word.UNPRIVILEGED] = 1;
    expect([isDeclined(() => reach.tryLoad(UART, 4)), isDeclined(() => reach.tryStore(UART, 0, 4))]).toEqual([true, true]);
  });

  it('none once a protection unit is on', () => {
    const { memory: reach, protection, isDeclined } = memory();
    reach.tryLoad(UART, 4);
    protection.isOn = true;
    reach.flush();
    expect(isDeclined(() => reach.tryLoad(UART, 4))).toBe(true);
  });

  it('none once something on its page is watched', () => {
    const { memory: reach, isDeclined } = memory();
    reach.tryLoad(UART, 4);
    const watchpoints = new Watchpoints();
    watchpoints.add({ address: UART + 0x10, bytes: 4, kind: 'access' });
    reach.watch(watchpoints);
    expect([isDeclined(() => reach.tryLoad(UART, 4)), isDeclined(() => reach.tryLoad(FAR, 4))]).toEqual([true, false]);
  });
});
