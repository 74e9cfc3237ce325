/** Live peers of a serial port: whoever connects by TCP, or opens a pseudo-terminal. */
import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, constants, openSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import type { Writable } from 'node:stream';
import type { ByteSink } from './raw-output.js';
import type { FirmwareInput } from './standard-input.js';

/** What a peer that does not read may leave unread, in bytes; more is dropped, or memory would grow with the output. */
const MOST_UNREAD = 1 << 20;
const NOTHING = new Uint8Array(0);

/** A serial port's other end. Bytes from the firmware are handed over at `flush`. */
export abstract class SerialPeer implements FirmwareInput, ByteSink {
  readonly isLive = true;
  /** Somebody has opened the port, as far as that can be seen: with TCP, not with a pseudo-terminal. */
  onOpened: () => void = () => undefined;
  readonly initial = NOTHING;
  private arrived: Uint8Array[] = [];
  private wake: (() => void) | undefined;
  private written: number[] = [];

  /** Resolves when the firmware may begin. `tell` takes lines for the user. @throws Error in one line */
  abstract open(tell: (text: string) => void): Promise<void>;
  abstract close(): void;
  protected abstract readonly target: Writable | undefined;

  /** A peer may come at any time. */
  get hasEnded(): boolean { return false; }

  writeByte(byte: number): void { this.written.push(byte); }
  write(bytes: Uint8Array): void { for (const byte of bytes) this.written.push(byte); }

  flush(): void {
    if (this.written.length === 0) return;
    const bytes = Uint8Array.from(this.written);
    this.written = [];
    const { target } = this;
    if (target?.writable === true && target.writableLength < MOST_UNREAD) target.write(bytes);
  }

  take(): Uint8Array {
    const bytes = this.arrived.length === 0 ? NOTHING : Buffer.concat(this.arrived);
    this.arrived = [];
    return bytes;
  }

  arrival(): Promise<void> {
    return this.arrived.length > 0 ? Promise.resolve() : new Promise((resolve) => { this.wake = resolve; });
  }

  protected receive(bytes: Uint8Array): void {
    this.arrived.push(bytes);
    this.wake?.();
  }
}

/** One client at a time; the firmware begins when the first has connected. What it sends while nobody is there is lost. */
export class TcpPeer extends SerialPeer {
  private server: Server | undefined;
  private client: Socket | undefined;

  constructor(private readonly host: string, private readonly port: number) { super(); }

  protected override get target(): Writable | undefined { return this.client; }

  override open(tell: (text: string) => void): Promise<void> {
    return new Promise((resolve, reject) => {
      const server = this.server = createServer((socket) => {
        this.accept(socket);
        resolve();
      });
      server.on('error', ({ code, message }: NodeJS.ErrnoException) => reject(new Error(
        code === 'EADDRINUSE' ? `port ${this.port} of ${this.host} is taken: choose another` : `cannot listen on ${this.host}:${this.port}: ${message}`)));
      server.listen(this.port, this.host, () => {
        const { port } = server.address() as { port: number };
        tell(`waiting for a connection to ${this.host}:${port}`);
      });
    });
  }

  override close(): void {
    this.server?.close();
    const { client } = this;
    client?.end(() => client.destroy());
  }

  private accept(socket: Socket): void {
    if (this.client) {
      socket.end();
      return;
    }
    this.client = socket.setNoDelay(true);
    this.onOpened();
    socket.on('data', (bytes) => this.receive(bytes));
    socket.on('error', () => socket.destroy());
    socket.on('close', () => { this.client = undefined; });
  }
}

/** A pseudo-terminal made by socat, since Node has none of its own. */
export class PtyPeer extends SerialPeer {
  private child: ChildProcess | undefined;
  /** Keeps the terminal alive between those who open it. */
  private held: number | undefined;

  protected override get target(): Writable | undefined { return this.child?.stdin ?? undefined; }

  override open(tell: (text: string) => void): Promise<void> {
    return new Promise((resolve, reject) => {
      const child = this.child = spawn('socat', ['-d', '-d', '-t', '0.2', 'PTY,rawer', 'STDIO'], { stdio: 'pipe' });
      let told = '';
      child.on('error', () => reject(new Error('a pseudo-terminal needs socat: install it (apt install socat), or use tcp:PORT')));
      child.on('exit', () => reject(new Error(`socat made no pseudo-terminal: ${told.trim().split('\n').at(-1) ?? ''}`)));
      child.stdin.on('error', () => undefined);
      child.stdout.on('data', (bytes: Buffer) => this.receive(bytes));
      child.stderr.on('data', (bytes: Buffer) => {
        if (this.held !== undefined) return;
        told += bytes.toString();
        const path = /PTY is (\S+)\n/.exec(told)?.[1];
        if (path === undefined) return;
        this.held = openSync(path, constants.O_RDWR | constants.O_NOCTTY);
        tell(`serial port at ${path}`);
        resolve();
      });
    });
  }

  override close(): void {
    this.child?.stdin?.end();
    if (this.held !== undefined) closeSync(this.held);
  }
}

/** Standard input together with the peers, whose bytes go their own way. */
export class JoinedInput implements FirmwareInput {
  readonly initial = NOTHING;

  /** @param deliver takes what a peer has sent */
  constructor(private readonly stdin: FirmwareInput, private readonly peers: readonly SerialPeer[], private readonly deliver: (peer: SerialPeer, bytes: Uint8Array) => void) {}

  get isLive(): boolean { return this.stdin.isLive || this.peers.length > 0; }
  get hasEnded(): boolean { return this.peers.length === 0 && this.stdin.hasEnded; }

  take(): Uint8Array {
    for (const peer of this.peers) {
      const bytes = peer.take();
      if (bytes.length > 0) this.deliver(peer, bytes);
    }
    return this.stdin.isLive ? this.stdin.take() : NOTHING;
  }

  arrival(): Promise<void> {
    const waiting: FirmwareInput[] = [...this.peers];
    if (this.peers.length === 0 || (this.stdin.isLive && !this.stdin.hasEnded)) waiting.push(this.stdin);
    return Promise.race(waiting.map((input) => input.arrival()));
  }

  close(): void {
    this.stdin.close();
  }
}
