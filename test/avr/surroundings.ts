/** What stands around a board in these tests, here as `simavr-run.c` has it there: wires, levels, voltages, a memory on I2C. */
import type { EmulatedMachine } from '../../emulator/machine.js';
import { timedEvent } from '../../emulator/time/event-queue.js';
import { SteadyVoltage } from '../../emulator/wires/analog.js';
import { I2cBus, type I2cTarget } from '../../emulator/wires/i2c-bus.js';
import { Pin } from '../../emulator/wires/net.js';

export interface Surroundings {
  /** Inputs with the outputs that lead there. */
  readonly wires?: Readonly<Record<string, string>>;
  /** Levels from outside: cycle, pin, level; in time's order. */
  readonly drives?: readonly (readonly [cycle: number, pin: string, level: 0 | 1])[];
  /** by channels of the ADC. */
  readonly millivolts?: Readonly<Record<number, number>>;
  /** 256 bytes; the first byte written is their pointer. */
  readonly memory?: { readonly address: number; readonly sda: string; readonly scl: string };
  readonly loopSpi?: { readonly mosi: string; readonly miso: string };
}

export function surround(machine: EmulatedMachine, { wires = {}, drives = [], millivolts = {}, memory, loopSpi }: Surroundings, cpuHz: number): void {
  const pin = (name: string): Pin => new Pin(`outside ${name}`, machine.pins.net(name)!);
  for (const [input, output] of [...Object.entries(wires), ...(loopSpi ? [[loopSpi.miso, loopSpi.mosi]] : [])]) lead(pin(output), pin(input));
  driveAll(machine, drives.map(([cycle, name, level]) => ({ at: Math.ceil((cycle * machine.rootHz) / cpuHz), name, level })), pin);
  const analogPort = machine.pins.net('PF0') ? 'PF' : 'PC';
  for (const [channel, value] of Object.entries(millivolts)) pin(`${analogPort}${channel}`).driveAnalog(new SteadyVoltage(value / 1000));
  if (memory) new I2cBus(machine.events, machine.pins.net(memory.sda)!, machine.pins.net(memory.scl)!).attach(new Memory(), { address: memory.address });
}

function lead(from: Pin, to: Pin): void {
  to.drive(from.level);
  from.net.onEdge((level) => to.drive(level));
}

function driveAll(machine: EmulatedMachine, drives: readonly { at: number; name: string; level: number }[], pin: (name: string) => Pin): void {
  const pins = new Map(drives.map(({ name }) => [name, pin(name)]));
  let next = 0;
  const event = timedEvent(() => {
    for (; next < drives.length && drives[next].at <= machine.now(); next++) pins.get(drives[next].name)!.drive(drives[next].level === 1);
    if (next < drives.length) machine.events.schedule(event, drives[next].at);
  });
  if (drives.length > 0) machine.events.schedule(event, drives[0].at);
}

class Memory implements I2cTarget {
  private readonly bytes = new Uint8Array(256).fill(0xff);
  private pointer = 0;
  private hasPointer = false;

  start(): boolean {
    this.hasPointer = false;
    return true;
  }

  write(byte: number): boolean {
    if (this.hasPointer) this.bytes[this.pointer++ & 0xff] = byte;
    else this.pointer = byte;
    this.hasPointer = true;
    return true;
  }

  read(): number { return this.bytes[this.pointer++ & 0xff]; }
  stop(): void {}
}
