/** A block's pins on nets: what the block drives drives the net, and what the net reads is the block's input. */
import { Pin, type Net } from '../wires/net.js';
import type { PinPort } from './block.js';

/**
 * @param name of the block, for messages about contention
 * @param netOf the net of a pin of the block; undefined where nothing is connected
 */
export function attachPins(name: string, port: PinPort, netOf: (index: number) => Net | undefined): void {
  const pins = Array.from({ length: port.pinCount }, (_, index) => {
    const net = netOf(index);
    return net === undefined ? undefined : new Pin(`${name}.${index}`, net);
  });
  const drive = (index: number, level: boolean | undefined): void => {
    if (level === undefined) pins[index]?.release();
    else pins[index]?.drive(level);
  };
  port.onOutput = drive;
  pins.forEach((pin, index) => {
    if (pin === undefined) return;
    pin.net.followLevel((level) => port.setInput(index, level));
    pin.pull(port.pull(index));
    drive(index, port.output(index));
    port.setInput(index, pin.level);
  });
}
