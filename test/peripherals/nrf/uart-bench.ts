/** A UART or UARTE on pads of a port, with another UART at the far ends of its wires. */
import type { Peripheral } from '../../../emulator/bus/types.js';
import { BLOCKS } from '../../../emulator/peripherals/index.js';
import type { MapSpec, RegisterMap } from '../../../emulator/peripherals/registers/index.js';
import { bitTime } from '../../../emulator/wires/bit-time.js';
import { Pin } from '../../../emulator/wires/net.js';
import type { UartFormat } from '../../../emulator/wires/uart-frame.js';
import { UartReceiver, type ReceivedFrame } from '../../../emulator/wires/uart-receiver.js';
import { UartTransmitter } from '../../../emulator/wires/uart-transmitter.js';
import { fakeChip } from '../../support/block-context.js';

/** Root ticks of a microsecond: PCLK16M is the root. */
export const US = 16;
export const [TXD, RXD, RTS, CTS] = [6, 8, 5, 7];
/** 1 MBaud: 16 ticks a bit, 160 a frame of 8N1. */
export const ONE_MBAUD = 0x1000_0000;
export const FRAME = 160;
const AT_1_MBAUD: UartFormat = { bitTime: bitTime(16), dataBits: 8, parity: 'none', stopBits: 1 };

export function uartBench<S extends MapSpec>(map: RegisterMap<S>, block: string, options: Record<string, unknown> = {}) {
  let now = 0;
  const chip = fakeChip({ now: () => now }, { rootHz: 16_000_000 });
  const { queue } = chip;
  const make = (name: string, kind: string, base: number, given: Record<string, unknown>): Peripheral => {
    const device = BLOCKS[kind].create(chip.contextFor(name, base), BLOCKS[kind].options.parse(given));
    device.reset();
    return device;
  };
  const gpio = make('gpio0', 'nrf/gpio', 0x5000_0000, { port: 0 });
  const device = make('uart', block, 0x4000_2000, options);
  const net = (index: number) => chip.nets.get(index)!;
  const offset = (register: string): number => map.locate(register)!.offset;
  const write = (register: string, value: number): void => device.write(offset(register), value, 4);
  const received: ReceivedFrame[] = [];
  const receivedAt: number[] = [];
  const listener = new UartReceiver(queue, AT_1_MBAUD, { followsFormat: true });
  listener.attach(new Pin('far rx', net(TXD)));
  listener.onFrame = (frame) => { received.push(frame); receivedAt.push(now); };
  const sender = new UartTransmitter(queue, AT_1_MBAUD);
  sender.attach(new Pin('far tx', net(RXD)));
  const rest: number[] = [];
  sender.onSent = () => { if (rest.length > 0) sender.send(rest.shift()!); };
  const advanceTo = (tick: number): void => {
    while (queue.nextDue() <= tick) {
      now = Math.max(now, queue.nextDue());
      queue.runDue(now);
    }
    now = tick;
  };
  return {
    chip, gpio, device, net, received, receivedAt, sender, write,
    read: (register: string) => device.read(offset(register), 4),
    peek: (register: string) => device.peek(offset(register), 4),
    now: () => now,
    tick: (ticks: number) => advanceTo(now + ticks),
    ticksUntil: (claim: () => boolean): number => {
      const start = now;
      while (!claim()) {
        if (now - start > 1_000_000) throw new Error('still not so');
        advanceTo(now + 1);
      }
      return now - start;
    },
    words: () => received.map(({ word }) => word),
    /** Sends frames back to back. */
    send: (...bytes: number[]) => { rest.push(...bytes.slice(1)); sender.send(bytes[0]); },
    /** As firmware sets it up. */
    enable: (value: number, settings: { baudrate?: number; config?: number } = {}) => {
      write('PSEL.TXD', TXD);
      write('PSEL.RXD', RXD);
      write('PSEL.RTS', RTS);
      write('PSEL.CTS', CTS);
      write('BAUDRATE', settings.baudrate ?? ONE_MBAUD);
      write('CONFIG', settings.config ?? 0);
      write('ENABLE', value);
    },
  };
}
