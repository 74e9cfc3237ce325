/**
 * Instrumentation Trace Macrocell: stimulus ports as text or word channels.
 * Source: Armv7-M ARM (DDI 0403E), C1.7. Ports are always ready: nothing limits the trace. Timestamp and
 * synchronisation packets have nowhere to go.
 */
import { RegisterBlock, bit, bits, registerMap } from '../../../peripherals/registers/index.js';
import type { AccessBytes, BusDevice, Snapshot, Stateful, Warnings } from '../../../bus/types.js';
import { identification } from './coresight.js';
import { LAR_OFFSET, SoftwareLock } from './lock.js';

const STIMULUS_PORTS = 32;
const STIMULUS_END = 4 * STIMULUS_PORTS;
const FIFOREADY = 1;
const TCR_ITMENA = 1;

/** Offsets from 0xE0000000. */
const ITM = registerMap({
  STIM: { at: 0x000, count: STIMULUS_PORTS },
  TER: { at: 0xe00 },
  TPR: { at: 0xe40, fields: { PRIVMASK: bits(0, 3) } },
  TCR: {
    at: 0xe80,
    fields: {
      BUSY: bit(23, { kind: 'ro' }), TraceBusID: bits(16, 22), GTSFREQ: bits(10, 11), TSPrescale: bits(8, 9), SWOENA: bit(4), TXENA: bit(3),
      SYNCENA: bit(2), TSENA: bit(1), ITMENA: bit(0),
    },
  },
  LAR: { at: 0xfb0, kind: 'wo' },
  LSR: { at: 0xfb4, kind: 'ro' },
  ...identification(0xfd0, 0x001),
});

/** @param port 0..31; @param bytes size of the firmware's write: 1 for text */
export type ItmOutput = (port: number, value: number, bytes: AccessBytes) => void;

export interface ItmEnvironment {
  readonly onOutput?: ItmOutput | undefined;
  readonly warnings?: Warnings | undefined;
  isTraceEnabled(): boolean;
  isPrivileged(): boolean;
}

export class Itm implements BusDevice, Stateful {
  readonly block: RegisterBlock<typeof ITM.spec>;
  private readonly lock = new SoftwareLock(true);

  constructor(private readonly environment: ItmEnvironment) {
    const { warnings } = environment;
    const STIM = (port: number) => (this.isPortEnabled(port) ? FIFOREADY : 0);
    const LSR = () => this.lock.readLSR();
    this.block = new RegisterBlock(ITM, {
      instance: 'ITM', base: 0xe000_0000, size: 0x1000, ...(warnings && { warnings }),
      onRead: { STIM, LSR },
      onPeek: { STIM, LSR },
      onWrite: { LAR: (value) => this.lock.writeLAR(value) },
    });
  }

  private isPortEnabled(port: number): boolean {
    return this.environment.isTraceEnabled()
      && (this.block.get('TCR') & TCR_ITMENA) !== 0
      && ((this.block.get('TER') >>> port) & 1) !== 0;
  }

  /** TPR.PRIVMASK<n> keeps ports 8n..8n+7 for privileged code. */
  private isPortOpen(port: number): boolean {
    return this.environment.isPrivileged() || ((this.block.get('TPR') >>> (port >>> 3)) & 1) === 0;
  }

  read(offset: number, bytes: AccessBytes): number {
    return this.block.read(offset, bytes);
  }

  /** Software's writes to the control registers pass when privileged, with TRCENA set and the lock open. C1.7. */
  write(offset: number, value: number, bytes: AccessBytes): void {
    if (offset < STIMULUS_END) {
      const port = offset >>> 2;
      if (this.isPortEnabled(port) && this.isPortOpen(port)) this.environment.onOutput?.(port, value >>> 0, bytes);
      return;
    }
    if (!this.environment.isPrivileged()) return;
    if (offset === LAR_OFFSET || (this.lock.isOpen && this.environment.isTraceEnabled())) this.block.write(offset, value, bytes);
  }

  peek(offset: number, bytes: AccessBytes): number {
    return this.block.peek(offset, bytes);
  }

  poke(offset: number, value: number, bytes: AccessBytes): void {
    if (offset >= STIMULUS_END) this.block.poke(offset, value, bytes);
  }

  reset(): void {
    this.block.reset();
    this.lock.reset();
  }

  snapshot(): Snapshot {
    return { registers: this.block.snapshot(), open: this.lock.isOpen };
  }

  restore(from: Snapshot): void {
    this.block.restore(from['registers'] as Snapshot);
    this.lock.isOpen = from['open'] as boolean;
  }
}
