/** The board's pins as nets, with its LEDs and buttons on them. */
import type { Board } from '../boards/index.js';
import type { Peripheral, Snapshot, Stateful, Warnings } from '../bus/types.js';
import { attachPins, hasPins } from '../peripherals/index.js';
import type { Scheduler } from '../time/types.js';
import { Net, Pin } from '../wires/net.js';
import { matricesOf, type MatrixView } from './matrices.js';

export interface Led {
  readonly name: string;
  readonly isLit: boolean;
}

/** A push button between its pin and the level that is active. */
export interface Button {
  readonly name: string;
  isPressed: boolean;
}

export class BoardPins implements Stateful {
  readonly leds: readonly Led[];
  readonly buttons: readonly Button[];
  readonly matrices: readonly MatrixView[];
  private readonly nets = new Map<string, Net>();

  constructor(private readonly board: Board, time: Scheduler, warnings: Warnings) {
    for (const [prefix, { of, first, number, pins }] of Object.entries(board.chip.ports)) {
      for (let n = 0; n < pins; n++) this.nets.set(key(of, first + n), new Net(`${prefix}${number + n}`, time, { warnings, vdd: board.supplyVolts }));
    }
    this.leds = board.leds.map(({ name, pin, active }) => led(name, this.net(pin)!, active === 'high'));
    this.buttons = board.buttons.map(({ name, pin, active }) => button(name, this.net(pin)!, active === 'high'));
    this.matrices = matricesOf(board, (name) => this.net(name), time);
  }

  /** Connects blocks that hand out their pins as a port; others take their nets themselves. */
  attach(devices: ReadonlyMap<string, Peripheral>): void {
    for (const [name, device] of devices) {
      if (hasPins(device)) attachPins(name, device.pins, (index) => this.nets.get(key(name, index)));
    }
  }

  /** The net of a block's pin. */
  netOf(block: string, index: number): Net | undefined {
    return this.nets.get(key(block, index));
  }

  /** The net of a pin, by what the board prints next to it or by the chip's name; undefined when there is no such pin. */
  net(name: string): Net | undefined {
    const pin = this.board.pin(name);
    return pin && this.nets.get(key(pin.of, pin.index));
  }

  /** Devices let go of their pins by themselves, and a held button stays held. */
  reset(): void {}

  snapshot(): Snapshot {
    return Object.fromEntries([...this.nets.values()].map((net) => [net.name, net.snapshot()]));
  }

  /** @throws Error when the snapshot is of other pins */
  restore(from: Snapshot): void {
    for (const net of this.nets.values()) net.restore(from[net.name] as Snapshot);
  }
}

const key = (block: string, index: number): string => `${block}.${index}`;

function led(name: string, net: Net, activeLevel: boolean): Led {
  return { name, get isLit() { return net.level === activeLevel; } };
}

function button(name: string, net: Net, activeLevel: boolean): Button {
  const contact = new Pin(`button ${name}`, net);
  contact.pull(activeLevel ? 'down' : 'up');
  return {
    name,
    get isPressed() { return contact.driven !== 'z'; },
    set isPressed(pressed: boolean) {
      if (pressed) contact.drive(activeLevel);
      else contact.release();
    },
  };
}
