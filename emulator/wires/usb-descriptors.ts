/**
 * What a host reads out of a device's descriptors. Sources: USB 2.0, 9.6; Interface Association Descriptor ECN; CDC 1.2, 5.2.3;
 * PSTN 1.2. A device may be wrong or hostile: every length is checked, and what does not fit ends the reading.
 */
const DESCRIPTOR = { device: 1, configuration: 2, interface: 4, endpoint: 5, csInterface: 0x24 } as const;
const UNION = 0x06;
const CALL_MANAGEMENT = 0x01;
const COMMUNICATIONS = 0x02;
const ABSTRACT_CONTROL_MODEL = 0x02;
const CDC_DATA = 0x0a;
const BULK = 2;
const INTERRUPT = 3;
/** Bulk and interrupt packets at full speed have at most 64 bytes (5.7.3, 5.8.3). */
const LARGEST_PACKET = 64;

export interface Endpoint {
  /** Bit 7: IN. */
  readonly address: number;
  readonly transfer: number;
  readonly maxPacket: number;
  /** Frames between polls of an interrupt endpoint. */
  readonly interval: number;
}

export interface Interface {
  readonly number: number;
  readonly class: number;
  readonly subclass: number;
  readonly protocol: number;
  readonly endpoints: readonly Endpoint[];
  /** Interface of the data, from a Union or else a Call Management descriptor. */
  readonly dataInterface: number | undefined;
}

export interface Configuration {
  readonly value: number;
  readonly interfaces: readonly Interface[];
}

/** Endpoints of the first serial port (CDC-ACM) among a configuration's functions. */
export interface SerialFunction {
  readonly controlInterface: number;
  readonly notification: Endpoint | undefined;
  readonly bulkIn: Endpoint;
  readonly bulkOut: Endpoint;
}

export interface DeviceDescriptor {
  readonly usb: number;
  readonly class: number;
  readonly maxPacket0: number;
  readonly vendor: number;
  readonly product: number;
  /** String indices: manufacturer, product, serial number. */
  readonly strings: readonly number[];
}

/** @returns undefined when these are not the 18 bytes of a device descriptor that makes sense */
export function parseDevice(bytes: Uint8Array): DeviceDescriptor | undefined {
  if (bytes.length < 18 || bytes[0] < 18 || bytes[1] !== DESCRIPTOR.device || ![8, 16, 32, 64].includes(bytes[7])) return undefined;
  const word = (at: number): number => bytes[at] | (bytes[at + 1] << 8);
  return { usb: word(2), class: bytes[4], maxPacket0: bytes[7], vendor: word(8), product: word(10), strings: [bytes[14], bytes[15], bytes[16]] };
}

/** Interfaces in their first alternate setting. @returns undefined when this is no configuration descriptor */
export function parseConfiguration(bytes: Uint8Array): Configuration | undefined {
  if (bytes.length < 9 || bytes[0] < 9 || bytes[1] !== DESCRIPTOR.configuration) return undefined;
  const interfaces: { number: number; class: number; subclass: number; protocol: number; endpoints: Endpoint[]; dataInterface: number | undefined }[] = [];
  let isFirstSetting = false;
  for (const one of descriptorsOf(bytes)) {
    const latest = interfaces.at(-1);
    if (one[1] === DESCRIPTOR.interface && one.length >= 9) {
      isFirstSetting = one[3] === 0;
      if (isFirstSetting) interfaces.push({ number: one[2], class: one[5], subclass: one[6], protocol: one[7], endpoints: [], dataInterface: undefined });
    } else if (latest && isFirstSetting) {
      if (one[1] === DESCRIPTOR.endpoint) latest.endpoints.push(...endpointFrom(one));
      if (one[1] === DESCRIPTOR.csInterface) latest.dataInterface = dataInterfaceOf(one) ?? latest.dataInterface;
    }
  }
  return { value: bytes[5], interfaces };
}

function* descriptorsOf(bytes: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at + 2 <= bytes.length;) {
    const length = bytes[at];
    if (length < 2 || at + length > bytes.length) return;
    yield bytes.subarray(at, at + length);
    at += length;
  }
}

function endpointFrom(one: Uint8Array): Endpoint[] {
  if (one.length < 7) return [];
  const maxPacket = (one[4] | (one[5] << 8)) & 0x7ff;
  if (maxPacket === 0 || (one[2] & 0x0f) === 0) return [];
  return [{ address: one[2] & 0x8f, transfer: one[3] & 3, maxPacket: Math.min(maxPacket, LARGEST_PACKET), interval: Math.max(1, one[6]) }];
}

/** bSubordinateInterface0 of a Union (CDC 1.2, 5.2.3.2), bDataInterface of Call Management (PSTN 1.2, 5.3.1). */
function dataInterfaceOf(one: Uint8Array): number | undefined {
  if (one.length < 5) return undefined;
  return one[2] === UNION || one[2] === CALL_MANAGEMENT ? one[4] : undefined;
}

export function serialFunctionOf({ interfaces }: Configuration): SerialFunction | undefined {
  for (const control of interfaces) {
    if (control.class !== COMMUNICATIONS || control.subclass !== ABSTRACT_CONTROL_MODEL) continue;
    const data = interfaces.find(({ number }) => number === control.dataInterface)
      ?? interfaces.find((other) => other.class === CDC_DATA && other.number > control.number);
    const bulk = data?.endpoints.filter(({ transfer }) => transfer === BULK) ?? [];
    const bulkIn = bulk.find(({ address }) => (address & 0x80) !== 0);
    const bulkOut = bulk.find(({ address }) => (address & 0x80) === 0);
    if (!bulkIn || !bulkOut) continue;
    const notification = control.endpoints.find(({ transfer, address }) => transfer === INTERRUPT && (address & 0x80) !== 0);
    return { controlInterface: control.number, notification, bulkIn, bulkOut };
  }
  return undefined;
}

/** USB-IF's base classes, for messages. */
const CLASSES: Readonly<Record<number, string>> = {
  0x01: 'audio', 0x02: 'communications', 0x03: 'human interface (HID)', 0x05: 'physical', 0x06: 'image', 0x07: 'printer', 0x08: 'mass storage',
  0x09: 'hub', 0x0a: 'CDC data', 0x0b: 'smart card', 0x0e: 'video', 0xe0: 'wireless', 0xef: 'miscellaneous', 0xfe: 'application specific', 0xff: 'vendor specific',
};

/** Classes of a configuration's interfaces that are no part of a serial port. */
export function otherClasses({ interfaces }: Configuration): string[] {
  const others = interfaces.filter((one) => one.class !== CDC_DATA && !(one.class === COMMUNICATIONS && one.subclass === ABSTRACT_CONTROL_MODEL));
  return [...new Set(others.map((one) => `${CLASSES[one.class] ?? 'unknown'} (0x${one.class.toString(16).padStart(2, '0')})`))];
}

/** Text of a string descriptor (9.6.7, UTF-16LE); control characters are left out. */
export function parseString(bytes: Uint8Array): string {
  const length = Math.min(bytes[0] ?? 0, bytes.length);
  if (length < 2 || bytes[1] !== 3) return '';
  const units: number[] = [];
  for (let at = 2; at + 2 <= length; at += 2) units.push(bytes[at] | (bytes[at + 1] << 8));
  return String.fromCharCode(...units).replace(/\p{C}/gu, '');
}
