/**
 * What a host asks a new device, in the order in which common hosts do. Sources: USB 2.0, 9.1.2 and 9.4; PSTN 1.2, 6.3 for
 * serial ports. Answers are the device's and may be anything: what cannot be used is a failed step.
 */
import type { Snapshot } from '../bus/types.js';
import {
  otherClasses, parseConfiguration, parseDevice, parseString, serialFunctionOf, type Configuration, type DeviceDescriptor, type SerialFunction,
} from './usb-descriptors.js';
import { bytesFrom, wholeFrom, type SetupRequest } from './usb.js';

/** The only device on its bus. */
export const DEVICE_ADDRESS = 1;
const PART = 'USB host';
/** No configuration of a full-speed device comes near; more is not read. */
const LONGEST_CONFIGURATION = 4096;
const LONGEST_STRING = 255;

export const REQUEST = {
  clearFeature: 1, setFeature: 3, setAddress: 5, getDescriptor: 6, setConfiguration: 9, setLineCoding: 0x20, setControlLineState: 0x22,
} as const;
const FEATURE = { endpointHalt: 0, remoteWakeUp: 1 } as const;
const TYPE = { device: 1, configuration: 2, string: 3, qualifier: 6 } as const;
const TO_HOST = 0x80;
const CLASS_INTERFACE = 0x21;
/** 115200 baud, one stop bit, no parity, 8 data bits (PSTN 1.2, table 17). 1200 baud would ask many boards for their bootloader. */
const LINE_CODING = Uint8Array.of(0x00, 0xc2, 0x01, 0x00, 0, 0, 8);
/** DTR: a terminal is there; RTS: it listens (PSTN 1.2, table 18). */
const DTR_RTS = 3;

/** One question and what its answer means. */
interface Step {
  readonly name: string;
  readonly isOptional?: boolean;
  isWanted?(of: Enumeration): boolean;
  request(of: Enumeration): SetupRequest;
  readonly data?: Uint8Array;
  /** @returns whether the answer makes sense */
  take?(of: Enumeration, answer: Uint8Array): boolean;
  /** What the host does after it, besides going on. */
  readonly then?: 'reset' | 'address';
}

export interface EnumerationRequest {
  readonly name: string;
  readonly setup: SetupRequest;
  readonly data: Uint8Array;
}

function getDescriptor(type: number, index: number, length: number, language = 0): SetupRequest {
  return { bmRequestType: TO_HOST, bRequest: REQUEST.getDescriptor, wValue: (type << 8) | index, wIndex: language, wLength: length };
}

const order = (bmRequestType: number, bRequest: number, wValue: number, wIndex = 0, wLength = 0): SetupRequest => ({ bmRequestType, bRequest, wValue, wIndex, wLength });

export const clearHalt = (endpoint: number): SetupRequest => order(0x02, REQUEST.clearFeature, FEATURE.endpointHalt, endpoint);
export const remoteWakeUp = (isAllowed: boolean): SetupRequest => order(0x00, isAllowed ? REQUEST.setFeature : REQUEST.clearFeature, FEATURE.remoteWakeUp);

function text(name: string, which: number): Step {
  return {
    name, isOptional: true,
    isWanted: (of) => of.language !== 0 && (of.device?.strings[which] ?? 0) !== 0,
    request: (of) => getDescriptor(TYPE.string, of.device?.strings[which] ?? 0, LONGEST_STRING, of.language),
    take: (of, answer) => { of.texts[which] = parseString(answer); return true; },
  };
}

const STEPS: readonly Step[] = [
  { // at address 0, to learn the size of endpoint 0's packets; then the port is reset once more
    name: 'GET_DESCRIPTOR device, first packet', then: 'reset',
    request: () => getDescriptor(TYPE.device, 0, 64),
    take: (of, answer) => of.learnPacketSize(answer),
  },
  { name: 'SET_ADDRESS', then: 'address', request: () => order(0, REQUEST.setAddress, DEVICE_ADDRESS) },
  {
    name: 'GET_DESCRIPTOR device',
    request: () => getDescriptor(TYPE.device, 0, 18),
    take: (of, answer) => of.learnDevice(answer),
  },
  { // a device of full speed alone refuses it (9.6.2)
    name: 'GET_DESCRIPTOR device qualifier', isOptional: true,
    isWanted: (of) => (of.device?.usb ?? 0) >= 0x0200,
    request: () => getDescriptor(TYPE.qualifier, 0, 10),
  },
  {
    name: 'GET_DESCRIPTOR configuration, its length',
    request: () => getDescriptor(TYPE.configuration, 0, 9),
    take: (of, answer) => of.learnConfigurationLength(answer),
  },
  {
    name: 'GET_DESCRIPTOR configuration',
    request: (of) => getDescriptor(TYPE.configuration, 0, of.configurationLength),
    take: (of, answer) => of.learnConfiguration(answer),
  },
  {
    name: 'GET_DESCRIPTOR string languages', isOptional: true,
    isWanted: (of) => (of.device?.strings ?? []).some((index) => index !== 0),
    request: () => getDescriptor(TYPE.string, 0, LONGEST_STRING),
    take: (of, answer) => { of.language = answer.length >= 4 ? answer[2] | (answer[3] << 8) : 0; return true; },
  },
  text('GET_DESCRIPTOR string product', 1),
  text('GET_DESCRIPTOR string manufacturer', 0),
  text('GET_DESCRIPTOR string serial number', 2),
  { name: 'SET_CONFIGURATION', request: (of) => order(0, REQUEST.setConfiguration, of.configuration?.value ?? 0) },
  {
    name: 'SET_LINE_CODING', isOptional: true, data: LINE_CODING,
    isWanted: (of) => of.serial !== undefined,
    request: (of) => order(CLASS_INTERFACE, REQUEST.setLineCoding, 0, of.serial?.controlInterface, LINE_CODING.length),
  },
  {
    name: 'SET_CONTROL_LINE_STATE', isOptional: true,
    isWanted: (of) => of.serial !== undefined,
    request: (of) => order(CLASS_INTERFACE, REQUEST.setControlLineState, DTR_RTS, of.serial?.controlInterface),
  },
];

/** How far a host has come with one device, and what it has learned. */
export class Enumeration {
  /** Bytes in a packet of endpoint 0 (9.6.1). */
  maxPacket0 = 64;
  configurationLength = 0;
  language = 0;
  /** Manufacturer, product, serial number; empty where there is none. */
  readonly texts: string[] = ['', '', ''];
  private step = 0;
  private deviceBytes = new Uint8Array();
  private configurationBytes = new Uint8Array();
  device: DeviceDescriptor | undefined;
  configuration: Configuration | undefined;
  serial: SerialFunction | undefined;

  get isDone(): boolean { return this.step >= STEPS.length; }

  /** "Remote Wakeup" of the configuration's bmAttributes (9.6.3). */
  get canWakeUp(): boolean { return ((this.configurationBytes[7] ?? 0) & 0x20) !== 0; }

  get others(): string[] { return this.configuration ? otherClasses(this.configuration) : []; }

  /** The next question; undefined when all are asked. */
  next(): EnumerationRequest | undefined {
    while (this.step < STEPS.length && STEPS[this.step].isWanted?.(this) === false) this.step++;
    if (this.isDone) return undefined;
    const step = STEPS[this.step];
    return { name: step.name, setup: step.request(this), data: step.data ?? new Uint8Array() };
  }

  /**
   * @param answer the data stage, or undefined where the device refused
   * @returns what to do now; `failed` where the device cannot be used
   */
  answer(answer: Uint8Array | undefined): 'go on' | 'reset' | 'address' | 'failed' {
    const step = STEPS[this.step];
    const makesSense = answer !== undefined && (step.take?.(this, answer) ?? true);
    if (!makesSense && !step.isOptional) return 'failed';
    this.step++;
    return step.then ?? 'go on';
  }

  learnPacketSize(answer: Uint8Array): boolean {
    if (answer.length < 8 || answer[1] !== TYPE.device || ![8, 16, 32, 64].includes(answer[7])) return false;
    this.maxPacket0 = answer[7];
    return true;
  }

  learnDevice(answer: Uint8Array): boolean {
    this.deviceBytes = answer.slice();
    this.device = parseDevice(answer);
    return this.device !== undefined;
  }

  learnConfigurationLength(answer: Uint8Array): boolean {
    if (answer.length < 9) return false;
    this.configurationLength = Math.min(answer[2] | (answer[3] << 8), LONGEST_CONFIGURATION);
    return this.configurationLength >= 9;
  }

  learnConfiguration(answer: Uint8Array): boolean {
    this.configurationBytes = answer.slice();
    this.configuration = parseConfiguration(answer);
    this.serial = this.configuration && serialFunctionOf(this.configuration);
    return this.configuration !== undefined;
  }

  snapshot(): Snapshot {
    const { step, maxPacket0, configurationLength, language } = this;
    return { step, maxPacket0, configurationLength, language, texts: this.texts.slice(), device: [...this.deviceBytes], configuration: [...this.configurationBytes] };
  }

  restore(from: Snapshot): void {
    this.step = wholeFrom(from, 'step', PART, 0, STEPS.length);
    this.maxPacket0 = wholeFrom(from, 'maxPacket0', PART, 8, 64);
    this.language = wholeFrom(from, 'language', PART, 0, 0xffff);
    const texts = from['texts'];
    [0, 1, 2].forEach((n) => { this.texts[n] = Array.isArray(texts) && typeof texts[n] === 'string' ? texts[n].slice(0, LONGEST_STRING) : ''; });
    this.learnDevice(bytesFrom(from, 'device', PART, LONGEST_CONFIGURATION));
    this.learnConfiguration(bytesFrom(from, 'configuration', PART, LONGEST_CONFIGURATION));
    this.configurationLength = wholeFrom(from, 'configurationLength', PART, 0, LONGEST_CONFIGURATION);
  }
}
