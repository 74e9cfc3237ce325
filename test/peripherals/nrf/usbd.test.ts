/** Nordic USBD, the device's side: nRF52840 Product Specification v1.1, USBD. The test is the host, transaction by transaction. */
import { describe, expect, it } from 'vitest';
import { USB_SUPPLY } from '../../../emulator/peripherals/nrf/usb-supply.js';
import { USBD, type Usbd } from '../../../emulator/peripherals/nrf/usbd.js';
import { bench } from '../bench.js';

const RAM = 0x2000_0000;
const READY = 1 << 11;
const DATA0 = 0;
const DATA1 = 1;
const bytes = (...list: number[]): Uint8Array => Uint8Array.from(list);

function ready() {
  const on = bench<typeof USBD.spec, Usbd>(USBD, 'nrf/usbd');
  on.write('ENABLE', 1);
  on.ticksUntil(() => (on.peek('EVENTCAUSE') & READY) !== 0);
  on.write('EPINEN', 0b101);
  on.write('EPOUTEN', 0b101);
  return on;
}

describe('USBD', () => {
  it('says READY with a USBEVENT after it was enabled', () => {
    const { peek } = ready();
    expect([peek('EVENTCAUSE'), peek('EVENTS_USBEVENT')]).toEqual([READY, 1]);
  });

  it('is not ready without VBUS', () => {
    const on = bench<typeof USBD.spec, Usbd>(USBD, 'nrf/usbd');
    on.device.usb.unplug();
    on.write('ENABLE', 1);
    on.tick(1_000_000);
    expect([on.peek('EVENTCAUSE'), on.chip.context.shared(USB_SUPPLY).isPresent]).toEqual([0, false]);
  });

  it('refuses OUT data until SIZE.EPOUT is written, and again until EasyDMA has moved it', () => {
    const { device, write, peek, tick } = ready();
    const before = device.out(0, 2, { toggle: DATA0, bytes: bytes(1) });
    write('SIZE_EPOUT[2]', 0);
    const first = device.out(0, 2, { toggle: DATA0, bytes: bytes(7, 8, 9) });
    const full = device.out(0, 2, { toggle: DATA1, bytes: bytes(1) });
    const size = peek('SIZE_EPOUT[2]');
    write('EPOUT_PTR[2]', RAM);
    write('EPOUT_MAXCNT[2]', size);
    write('TASKS_STARTEPOUT[2]', 1);
    tick(1000);
    expect([before, first, full, size, peek('EPDATASTATUS'), device.out(0, 2, { toggle: DATA1, bytes: bytes(1) })]).toEqual(['nak', 'ack', 'nak', 3, 1 << 18, 'ack']);
  });

  it('puts OUT data into RAM', () => {
    const { device, write, tick, chip } = ready();
    write('SIZE_EPOUT[2]', 0);
    device.out(0, 2, { toggle: DATA0, bytes: bytes(7, 8, 9) });
    write('EPOUT_PTR[2]', RAM + 4);
    write('EPOUT_MAXCNT[2]', 64);
    write('TASKS_STARTEPOUT[2]', 1);
    tick(1000);
    expect([...chip.ram.data.subarray(3, 9)]).toEqual([0, 7, 8, 9, 0, 0]);
  });

  it('answers IN with what EasyDMA brought, until the host has acknowledged it; then the other toggle', () => {
    const { device, write, tick, chip } = ready();
    chip.ram.data.set([5, 6], 0);
    const load = (): void => {
      write('EPIN_PTR[2]', RAM);
      write('EPIN_MAXCNT[2]', 2);
      write('TASKS_STARTEPIN[2]', 1);
      tick(1000);
    };
    const before = device.in(0, 2);
    load();
    const answers = [device.in(0, 2), device.in(0, 2)];
    device.taken(2);
    const after = device.in(0, 2);
    load();
    expect([before, ...answers, after, device.in(0, 2)]).toEqual(['nak', { toggle: 0, bytes: bytes(5, 6) }, { toggle: 0, bytes: bytes(5, 6) }, 'nak', { toggle: 1, bytes: bytes(5, 6) }]);
  });

  it('acknowledges and drops a packet that it has had already (USB 2.0, 8.6.4)', () => {
    const { device, write, peek } = ready();
    write('SIZE_EPOUT[2]', 0);
    device.out(0, 2, { toggle: DATA0, bytes: bytes(7) });
    write('EPDATASTATUS', 1 << 18);
    expect([device.out(0, 2, { toggle: DATA0, bytes: bytes(7) }), peek('EPDATASTATUS')]).toEqual(['ack', 0]);
  });

  it('stalls what EPSTALL says, shown in HALTED', () => {
    const { device, write, peek } = ready();
    write('EPSTALL', 0x100 | 0x80 | 2);
    expect([device.in(0, 2), peek('HALTED_EPIN[2]'), peek('HALTED_EPOUT[2]')]).toEqual(['stall', 1, 0]);
  });

  it('is silent where an endpoint is not enabled, and at another address', () => {
    const { device } = ready();
    expect([device.in(0, 3), device.out(0, 3, { toggle: 0, bytes: bytes() }), device.in(1, 2), device.setup(1, bytes(0, 5, 1, 0, 0, 0, 0, 0))]).toEqual(['none', 'none', 'none', false]);
  });

  it('answers SET_ADDRESS by itself and has the address after the status stage', () => {
    const { device, peek } = ready();
    device.setup(0, bytes(0, 5, 9, 0, 0, 0, 0, 0));
    const status = device.in(0, 0);
    const during = peek('USBADDR');
    device.taken(0);
    expect([status, during, peek('USBADDR'), peek('EVENTS_EP0SETUP')]).toEqual([{ toggle: 1, bytes: bytes() }, 0, 9, 1]);
  });

  it('lets the status stage wait for EP0STATUS', () => {
    const { device, write } = ready();
    device.setup(0, bytes(0, 9, 1, 0, 0, 0, 0, 0));
    const before = device.in(0, 0);
    write('TASKS_EP0STATUS', 1);
    expect([before, device.in(0, 0)]).toEqual(['nak', { toggle: 1, bytes: bytes() }]);
  });

  it('stalls endpoint 0 until the next SETUP', () => {
    const { device, write } = ready();
    device.setup(0, bytes(0x80, 6, 0, 6, 0, 0, 10, 0));
    write('TASKS_EP0STALL', 1);
    const stalled = device.in(0, 0);
    device.setup(0, bytes(0x80, 6, 0, 1, 0, 0, 18, 0));
    expect([stalled, device.in(0, 0)]).toEqual(['stall', 'nak']);
  });

  it('allows remote wake-up 2 ms after SUSPEND at the earliest, once LOWPOWER is left', () => {
    const { device, write, peek, ticksUntil } = ready();
    device.suspend();
    write('LOWPOWER', 1);
    write('LOWPOWER', 0);
    expect(ticksUntil(() => (peek('EVENTCAUSE') & (1 << 10)) !== 0)).toBe(50_000); // 2 ms at 25 MHz
  });
});

describe('the SHORTS of endpoint 0', () => {
  it('let EP0DATADONE trigger EP0STATUS', () => {
    const { device, write, tick } = ready();
    write('SHORTS', 1 << 2);
    device.setup(0, bytes(0x80, 6, 0, 1, 0, 0, 1, 0));
    write('EPIN_PTR[0]', RAM);
    write('EPIN_MAXCNT[0]', 1);
    write('TASKS_STARTEPIN[0]', 1);
    tick(1000);
    const before = device.out(0, 0, { toggle: DATA1, bytes: bytes() });
    device.in(0, 0);
    device.taken(0);
    expect([before, device.out(0, 0, { toggle: DATA1, bytes: bytes() })]).toEqual(['nak', 'ack']);
  });
});
