/** What UART and UARTE have in common: settings of the line, the receiver's FIFO, and how reception starts, stops and times out. */
import type { Snapshot } from '../../bus/types.js';
import { restoreEvent, saveEvent, timedEvent } from '../../time/event-queue.js';
import { numberFrom, numbersFrom, type BlockContext } from '../block.js';
import type { LineSettings, UartLine } from './uart-line.js';

/** UARTE holds bytes that arrive while no buffer is open; its depth is the UART's. */
const FIFO_BYTES = 6;
/** RTS goes inactive when the FIFO has room for this many bytes and no more. */
const SPACE_TO_KEEP = 4;

type State = 'off' | 'on' | 'stopping';
const STATES: readonly State[] = ['off', 'on', 'stopping'];

type SettingName = 'PSEL.RTS' | 'PSEL.TXD' | 'PSEL.CTS' | 'PSEL.RXD' | 'BAUDRATE' | 'CONFIG';

/** @returns what asks for the line's settings */
export function uartSettings(registers: { storage(name: SettingName): Uint32Array }): () => LineSettings {
  const stored = {
    rts: registers.storage('PSEL.RTS'), txd: registers.storage('PSEL.TXD'), cts: registers.storage('PSEL.CTS'), rxd: registers.storage('PSEL.RXD'),
    baudrate: registers.storage('BAUDRATE'), config: registers.storage('CONFIG'),
  };
  return () => ({ rts: stored.rts[0], txd: stored.txd[0], cts: stored.cts[0], rxd: stored.rxd[0], baudrate: stored.baudrate[0], config: stored.config[0] });
}

export class UartReception {
  private state: State = 'off';
  private fifo: number[] = [];
  private readonly timeout = timedEvent(() => {
    this.state = 'off';
    this.line.listen(false);
    this.ended();
  });

  /** @param ended the receiver is off after a stop */
  constructor(private readonly context: BlockContext, private readonly line: UartLine, private readonly ended: () => void) {}

  get isOff(): boolean { return this.state === 'off'; }
  get length(): number { return this.fifo.length; }
  /** The oldest byte. */
  get first(): number | undefined { return this.fifo[0]; }

  start(): void {
    this.context.scheduler.cancel(this.timeout);
    this.state = 'on';
    this.line.listen(true);
    this.updateReady();
  }

  /** Bytes that the other end still sends are received for a while. */
  stop(): void {
    if (this.state !== 'on') return;
    const { scheduler } = this.context;
    this.state = 'stopping';
    this.updateReady();
    scheduler.schedule(this.timeout, scheduler.now() + this.line.ticksAfterStop);
  }

  /** @returns whether there was room; else the byte takes the place of the one before it */
  push(byte: number): boolean {
    const hasRoom = this.fifo.length < FIFO_BYTES;
    if (hasRoom) this.fifo.push(byte);
    else this.fifo[FIFO_BYTES - 1] = byte;
    this.updateReady();
    return hasRoom;
  }

  take(): number | undefined {
    const byte = this.fifo.shift();
    this.updateReady();
    return byte;
  }

  /** After the line was disconnected. */
  reset(): void {
    this.context.scheduler.cancel(this.timeout);
    this.state = 'off';
    this.fifo = [];
  }

  snapshot(): Snapshot {
    return { state: STATES.indexOf(this.state), fifo: this.fifo.slice(), timeout: saveEvent(this.timeout) };
  }

  restore(from: Snapshot): void {
    const { name, scheduler } = this.context;
    this.state = STATES[numberFrom(from, 'state', name)] ?? 'off';
    this.fifo = numbersFrom(from, 'fifo', name, FIFO_BYTES);
    restoreEvent(scheduler, this.timeout, from['timeout']);
  }

  private updateReady(): void {
    this.line.setReady(this.state === 'on' && FIFO_BYTES - this.fifo.length > SPACE_TO_KEEP);
  }
}
