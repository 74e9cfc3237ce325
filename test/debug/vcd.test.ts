import { describe, expect, it } from 'vitest';
import { VcdRecorder } from '../../emulator/debug/vcd.js';
import { Net, Pin } from '../../emulator/wires/net.js';
import { uart8N1 } from '../../emulator/wires/uart-frame.js';
import { UartTransmitter } from '../../emulator/wires/uart-transmitter.js';
import { ManualTime } from '../support/manual-time.js';

function recorder(rootHz: number) {
  const time = new ManualTime(rootHz);
  let text = '';
  const vcd = new VcdRecorder(time, { rootHz, write: (piece) => { text += piece; } });
  return { time, vcd, text: () => text };
}

describe('a value change dump', () => {
  it('records levels, floating and contention with their times', () => {
    const { time, vcd, text } = recorder(1_000_000);
    const net = new Net('P0 13', time);
    const [a, b] = [new Pin('a', net), new Pin('b', net)];
    vcd.add(net);
    vcd.add(new Net('other', time), 'OTHER');
    vcd.begin();
    time.jump(5);
    a.drive(true);
    time.jump(7);
    b.drive(false);
    a.release();
    time.jump(20);
    b.release();
    time.jump(30);
    vcd.end();
    a.drive(true);
    expect(text()).toBe([
      '$timescale 1 us $end', '$scope module board $end', '$var wire 1 ! P0_13 $end', '$var wire 1 " OTHER $end', '$upscope $end', '$enddefinitions $end',
      '#0', '$dumpvars', 'z!', 'z"', '$end', '#5', '1!', '#7', 'x!', '0!', '#20', 'z!', '#30', '',
    ].join('\n'));
  });

  it.each([
    //  root       timescale   tick 3
    [1,            '1 s',      '3'],
    [10,           '100 ms',   '3'],
    [16_000_000,   '100 ps',   '1875'],         // 62.5 ns
    [512_000_000,  '1 fs',     '5859375'],      // 1.953125 ns
    [144_000_000,  '1 fs',     '20833333'],     // 6.94 ns: no power of ten divides it
  ])('of a root clock of %i Hz counts in units of %s', (rootHz, timescale, third) => {
    const { time, vcd, text } = recorder(rootHz);
    const net = new Net('a', time);
    const pin = new Pin('p', net);
    vcd.add(net);
    vcd.begin();
    time.jump(3);
    pin.drive(true);
    expect(text()).toContain(`$timescale ${timescale} $end`);
    expect(text()).toContain(`#${third}\n1!`);
  });

  it('sees every bit of a UART frame that began before it', () => {
    const { time, vcd, text } = recorder(16_000_000);
    const net = new Net('TX', time);
    const tx = new UartTransmitter(time.queue, uart8N1(1_000_000, 16_000_000));
    tx.attach(new Pin('tx', net));
    tx.send(0x55);
    time.advance(40); // in bit 1 of the data, counted from 0 after the start bit
    vcd.add(net);
    vcd.begin();
    time.advance(1000);
    const changes = text().split('$end\n').at(-1)!.trim().split('\n');
    // 100 ps units, 1 us = 10000: bit 2 begins at 3 us.
    expect(text()).toContain('#25000\n$dumpvars\n0!');
    expect(changes).toEqual(['#30000', '1!', '#40000', '0!', '#50000', '1!', '#60000', '0!', '#70000', '1!', '#80000', '0!', '#90000', '1!']);
  });
});
