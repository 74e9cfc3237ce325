/** Nordic SPI: nRF51 Reference Manual v3.0, SPI. 1 Mbit/s: a byte is 8 us; it begins 1 us after TXD is written while idle. */
import { expect, it } from 'vitest';
import { attachSpiPart, MICROSECOND, serialBench } from './serial-bench.js';

const BYTE = 8 * MICROSECOND;
const LATENCY = MICROSECOND;

function spiWithPart() {
  const on = serialBench();
  const { log, csPin } = attachSpiPart(on);
  csPin.drive(true);
  const spi = on.add('nrf/spi');
  spi.write('PSEL.SCK', 0);
  spi.write('PSEL.MOSI', 1);
  spi.write('PSEL.MISO', 2);
  spi.write('FREQUENCY', 0x1000_0000);
  spi.write('ENABLE', 1);
  csPin.drive(false);
  const ready = (): number => {
    const ticks = on.until(() => spi.peek('EVENTS_READY') === 1);
    spi.write('EVENTS_READY', 0);
    return ticks;
  };
  return { on, log, spi, ready };
}

it('sends TXD and has what came back in RXD at READY', () => {
  const { log, spi, ready } = spiWithPart();
  spi.write('TXD', 0x21);
  expect([ready(), spi.read('RXD'), log]).toEqual([LATENCY + BYTE, 0x55, ['S', '21']]);
});

it('takes a second byte while the first is on its way, and sends it without a gap', () => {
  const { on, spi, ready } = spiWithPart();
  spi.write('TXD', 0x21);
  on.tick(LATENCY + 1);
  spi.write('TXD', 0x31);
  ready();
  spi.read('RXD');
  expect([ready(), spi.read('RXD')]).toEqual([BYTE, 0x22]);
});

it('takes a second byte right behind the first: TXD is double-buffered from the start', () => {
  const { spi, log, ready } = spiWithPart();
  spi.write('TXD', 0x21);
  spi.write('TXD', 0x31);
  const answers = [ready(), spi.read('RXD'), ready(), spi.read('RXD')];
  expect([answers, log]).toEqual([[LATENCY + BYTE, 0x55, BYTE, 0x22], ['S', '21', '31']]);
});

it('keeps a second byte behind RXD and loses a third: READY comes again when RXD is read', () => {
  const { on, spi } = spiWithPart();
  for (const byte of [0x21, 0x31, 0x41]) {
    spi.write('TXD', byte);
    on.tick(LATENCY + BYTE);
  }
  spi.write('EVENTS_READY', 0);
  const first = spi.read('RXD');
  const again = spi.read('EVENTS_READY');
  spi.write('EVENTS_READY', 0);
  expect([first, again, spi.read('RXD'), spi.read('EVENTS_READY')]).toEqual([0x55, 1, 0x22, 0]);
});
