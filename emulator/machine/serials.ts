/** The board's serial lines as the host lists them: consoles first, then every other block that has one. */
import type { Board } from '../boards/index.js';
import type { Peripheral } from '../bus/types.js';
import type { Serial } from '../machine-api.js';
import { hasSerial } from '../peripherals/index.js';
import type { PinSerial } from './pin-serial.js';

/** @param reset pulls the reset pin */
export function listSerials({ consoles }: Board, pinSerials: readonly PinSerial[], devices: ReadonlyMap<string, Peripheral>, reset: () => void): Serial[] {
  const wanted = consoles.map((console) => ('uart' in console ? console.uart : console.name));
  const names = [...new Set([...wanted, ...devices.keys()])];
  return names.flatMap((name) => {
    const device = devices.get(name);
    const serial = pinSerials.find((port) => port.name === name) ?? (device && hasSerial(device) ? device.serial : undefined);
    if (!serial) return [];
    const resetsOnOpen = consoles.some((console) => console.name === name && 'tx' in console && console.resetsOnOpen);
    const listeners: ((byte: number) => void)[] = [];
    serial.onByte = (byte) => { for (const listener of listeners) listener(byte); };
    return [{
      name,
      onByte: (listener) => { listeners.push(listener); },
      write: (bytes) => serial.write(bytes),
      open: () => { if (resetsOnOpen) reset(); },
    } satisfies Serial];
  });
}
