/**
 * Traffic of the links, recorded as VCD, read back by an independent decoder: sigrok-cli (libsigrokdecode) finds the bytes
 * that were sent.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { VcdRecorder } from '../../emulator/debug/vcd.js';
import { bitTime, bitTimeOf } from '../../emulator/wires/bit-time.js';
import { I2cBus, type I2cTarget } from '../../emulator/wires/i2c-bus.js';
import { I2cController } from '../../emulator/wires/i2c-controller.js';
import { I2sTransmitter } from '../../emulator/wires/i2s.js';
import { Net, Pin } from '../../emulator/wires/net.js';
import { PdmMicrophone } from '../../emulator/wires/pdm.js';
import { sincFilter } from '../../emulator/wires/pdm-filter.js';
import { PdmReceiver } from '../../emulator/wires/pdm-receiver.js';
import { SpiController } from '../../emulator/wires/spi-controller.js';
import { SpiBus } from '../../emulator/wires/spi-bus.js';
import type { Parity } from '../../emulator/wires/uart-frame.js';
import { UartTransmitter } from '../../emulator/wires/uart-transmitter.js';
import { ManualTime } from '../support/manual-time.js';
import { decimated, fitTone } from '../support/tone.js';

/** A root tick is 100 ns, and so is a sample. */
const ROOT_HZ = 10_000_000;
const BYTES = [0x00, 0xff, 0x55, 0xaa, 0x01, 0x80, 0x7e, 0xc3];

/** Runs for a while and gives what the decoder says, one annotation a line, without its name. */
function decoded(time: ManualTime, nets: readonly Net[], act: () => void, ticks: number, decoder: string, annotations: string): string[] {
  let vcd = '';
  const recorder = new VcdRecorder(time, { rootHz: ROOT_HZ, write: (text) => { vcd += text; } });
  for (const net of nets) recorder.add(net);
  recorder.begin();
  time.advance(1000);
  act();
  time.advance(ticks);
  recorder.end();
  const folder = mkdtempSync(join(tmpdir(), 'thumbelina-sigrok-'));
  try {
    const file = join(folder, 'traffic.vcd');
    writeFileSync(file, vcd);
    const lines = execFileSync('sigrok-cli', ['-i', file, '-I', 'vcd', '-P', decoder, '-A', annotations], { encoding: 'utf8' }).trim().split('\n');
    return lines.map((line) => line.replace(/^[\w-]+: /, ''));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const hex = (bytes: readonly number[]): string[] => bytes.map((byte) => byte.toString(16).toUpperCase().padStart(2, '0'));

describe('sigrok-cli reads', () => {
  it.each([
    [115_200, 'none', 1, 'none'], [9600, 'even', 1, 'even'], [57_600, 'odd', 2, 'odd'], [1_000_000, 'none', 2, 'none'],
  ] as const)('UART at %i baud, parity %s, %i stop bits', (baud, parity: Parity, stopBits, name) => {
    const time = new ManualTime(ROOT_HZ);
    const net = new Net('TX', time);
    const transmitter = new UartTransmitter(time.queue, { bitTime: bitTimeOf(baud, ROOT_HZ), dataBits: 8, parity, stopBits });
    transmitter.attach(new Pin('tx', net));
    const rest = [...BYTES];
    const next = (): void => { if (rest.length > 0) transmitter.send(rest.shift()!); };
    transmitter.onSent = next;
    const seen = decoded(time, [net], next, Math.ceil((ROOT_HZ / baud) * 120), `uart:rx=TX:baudrate=${baud}:parity=${name}:stop_bits=${stopBits}.0:format=hex`, 'uart=rx-data:rx-parity-err');
    expect(seen).toEqual(hex(BYTES));
  });

  it('I2C: a write, a repeated start and a read', () => {
    const time = new ManualTime(ROOT_HZ);
    const [sda, scl] = [new Net('SDA', time), new Net('SCL', time)];
    const bus = new I2cBus(time.queue, sda, scl);
    const part: I2cTarget = { start: () => true, write: () => true, read: () => 0xa7, stop: () => undefined };
    bus.attach(part, { address: 0x1e });
    new Pin('pull-up sda', sda).pull('up');
    new Pin('pull-up scl', scl).pull('up');
    const next = (): void => steps.shift()?.();
    const controller = new I2cController(time.queue, { started: next, wrote: next, received: next });
    controller.configure(bitTime(100)); // 100 kHz
    controller.attach(new Pin('sda', sda), new Pin('scl', scl));
    const steps = [
      () => controller.write(0x1e << 1), () => controller.write(0x0f), () => controller.write(0x55), () => controller.start(),
      () => controller.write((0x1e << 1) | 1), () => controller.read(false), () => controller.stop(),
    ];
    const seen = decoded(time, [sda, scl], () => controller.start(), 20_000, 'i2c:sda=SDA:scl=SCL', 'i2c=address-write:data-write:repeat-start:address-read:data-read:start:stop:ack:nack');
    expect(seen).toEqual([
      'Start', 'Write', 'Address write: 1E', 'ACK', 'Data write: 0F', 'ACK', 'Data write: 55', 'ACK',
      'Start repeat', 'Read', 'Address read: 1E', 'ACK', 'Data read: A7', 'NACK', 'Stop',
    ]);
  });

  it.each([[0, 0, 0], [1, 0, 1], [2, 1, 0], [3, 1, 1]] as const)('SPI mode %i', (mode, cpol, cpha) => {
    const time = new ManualTime(ROOT_HZ);
    const [sck, mosi, miso, cs] = ['SCK', 'MOSI', 'MISO', 'CS'].map((name) => new Net(name, time));
    const select = new Pin('cs', cs);
    select.drive(true);
    const answers = BYTES.map((byte) => byte ^ 0x3c);
    const waiting = answers.slice();
    new SpiBus({ sck, mosi, miso }).attach({ select: () => waiting.shift()!, transfer: () => waiting.shift() ?? 0, deselect: () => undefined }, { cs, modes: [mode] });
    const controller = new SpiController(time.queue);
    controller.configure({ mode, lsbFirst: false, wordBits: 8, bitTime: bitTime(10) }); // 1 MHz
    controller.attach({ sck: new Pin('sck', sck), mosi: new Pin('mosi', mosi), miso: new Pin('miso', miso) });
    const rest = [...BYTES];
    controller.onReceived = () => {
      if (rest.length > 0) controller.transfer(rest.shift()!);
      else select.drive(true);
    };
    const act = (): void => {
      select.drive(false);
      controller.transfer(rest.shift()!);
    };
    const seen = decoded(time, [sck, mosi, miso, cs], act, 5000, `spi:clk=SCK:mosi=MOSI:miso=MISO:cs=CS:cpol=${cpol}:cpha=${cpha}`, 'spi=mosi-data:miso-data');
    expect(seen.sort()).toEqual([...hex(BYTES), ...hex(answers)].sort());
  });

  it('I2S: two microphones of 24 bits in slots of 32 clocks', () => {
    const time = new ManualTime(ROOT_HZ);
    const [sck, ws, sd] = ['SCK', 'WS', 'SD'].map((name) => new Net(name, time));
    const samples = [0x12_3456, -0x12_3456, 0x7f_ffff, -0x80_0000, 1, -1];
    const waiting = [...samples];
    for (const isRight of [false, true]) new I2sTransmitter(time.queue, { sample: () => waiting.shift() ?? 0 }, { sck, ws, sd, bits: 24, slotLevel: () => isRight, changesOn: 'falling' });
    new Pin('pull-down', sd).pull('down');
    const [clock, select] = [new Pin('sck', sck), new Pin('ws', ws)];
    select.drive(true);
    const clocks = (): void => {
      for (let n = 0; n < 64 * 4; n++) {
        clock.drive(false);
        select.drive((n + 1) % 64 >= 32);
        time.advance(2);
        clock.drive(true);
        time.advance(2);
      }
    };
    const seen = decoded(time, [sck, ws, sd], clocks, 10, 'i2s:sck=SCK:ws=WS:sd=SD', 'i2s=left:right');
    // Each of 32 bits, the sample on top; the first word is what was on the wire before the first edge of WS.
    const words = seen.map((line) => Number.parseInt(line.replace(/^.*: /, ''), 16));
    expect(words.slice(-6)).toEqual(samples.map((sample) => (sample << 8) >>> 0));
  });

  it('PDM: bits of the left channel, of which an independent filter makes the tone', () => {
    const time = new ManualTime(ROOT_HZ);
    const [clk, data] = [new Net('CLK', time), new Net('DATA', time)];
    const sound = (at: number): number => 0.1 * Math.sin((2 * Math.PI * 1000 * at) / ROOT_HZ);
    new PdmMicrophone(time.queue, { amplitude: sound }, { clock: clk, data, sampledOn: 'falling' });
    const receiver = new PdmReceiver(time.queue, () => sincFilter(3, 64));
    receiver.attach(new Pin('clk', clk), new Pin('din', data));
    // In a recording without delays the wire carries the bit from the rising edge on, and floats at the falling one.
    const seen = decoded(time, [clk, data], () => receiver.start({ period: bitTime(10), decimation: 64, edges: 'falling' }), 10 * 64 * 250, 'spi:clk=CLK:miso=DATA:cpol=0:cpha=0', 'spi=miso-data');
    const bits = seen.flatMap((byte) => [...Number.parseInt(byte, 16).toString(2).padStart(8, '0')].map(Number));
    expect(bits.length).toBeGreaterThan(15_000);
    expect(fitTone(decimated(bits, 64), 64 / 1000).snrDb).toBeGreaterThan(60);
  }, 20_000);
});
