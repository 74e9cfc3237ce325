/** `thumbelina run`: builds a machine, lets it run, and says with one exit code how that ended. */
import { basename } from 'node:path';
import { writeFileSync } from 'node:fs';
import { faultReport, isFaultStop } from '../debug/fault-report.js';
import { InstructionHistory } from '../debug/instruction-history.js';
import { InstructionTrace } from '../debug/instruction-trace.js';
import { DEFAULT_SPACING, Profile } from '../debug/profile.js';
import { SymbolTable } from '../debug/symbols.js';
import type { FirmwareInput } from '../host/node/standard-input.js';
import { NO_INPUT, standardInput } from '../host/node/standard-input.js';
import { RawOutput, type ByteSink } from '../host/node/raw-output.js';
import { JoinedInput, PtyPeer, TcpPeer, type SerialPeer } from '../host/node/serial-peer.js';
import type { Machine, Serial, StopReason } from '../machine-api.js';
import { Semihosting } from '../semihosting/semihosting.js';
import { LivePipe } from '../host/node/live-pipe.js';
import { AppliedStimuli, readsStandardInput } from './stimulus-options.js';
import { findBoard } from './boards-command.js';
import { FirmwareStream } from './console.js';
import { fileError, refusal, UserError } from './errors.js';
import { ExitCode } from './exit-codes.js';
import type { FirmwareFile } from './firmware-file.js';
import { readImage, readInputFile } from './firmware-file.js';
import { tell, writeError } from './messages.js';
import { energyLine } from './energy-line.js';
import { ledsReport, ledsText, type LedsReport } from './leds.js';
import { filesToSave, partFiles } from './part-files.js';
import { Progress } from './progress.js';
import { reportJson } from './report.js';
import type { LoopEnd } from './run-loop.js';
import { RunLoop } from './run-loop.js';
import type { RunOptions } from './run-options.js';
import { semihostingHost, StandardInputQueue } from './semihosting-host.js';
import { decodeSnapshot, encodeSnapshot } from './snapshot-file.js';
import { TextWatch } from './text-watch.js';
import type { LoadedBoard, Toolkit } from './toolkit.js';
import { durationInTicks } from './values.js';
import type { Verdict } from './verdict.js';
import { endVerdict, foundVerdict, outputVerdict } from './verdict.js';

/** @returns exit code. @throws UserError */
export async function runCommand(toolkit: Toolkit, path: string, options: RunOptions): Promise<number> {
  const run = new Run(toolkit, path, options);
  try {
    return await run.complete();
  } finally {
    run.close();
  }
}

class Run {
  private readonly warnings: string[] = [];
  private readonly warned = new Set<string>();
  private readonly firmware: FirmwareFile;
  private readonly machine: Machine;
  private readonly semihosting: Semihosting | undefined;
  private readonly stdout = new RawOutput(1, 'standard output');
  private readonly extraOutputs: RawOutput[] = [];
  private readonly watch: TextWatch;
  private readonly streams: FirmwareStream[] = [];
  /** Who is at the other end of a port instead of standard output and input. */
  private readonly peers = new Map<Serial, SerialPeer>();
  private readonly received: Record<string, number> = {};
  private readonly consoleQueue = new StandardInputQueue();
  private readonly history: InstructionHistory | undefined;
  private readonly boardId: string;
  private trace: InstructionTrace | undefined;
  private stimuli: AppliedStimuli | undefined;
  private pipe: LivePipe | undefined;
  private halfSample: Uint8Array = new Uint8Array(0);
  private profile: Profile | undefined;
  private input: FirmwareInput = NO_INPUT;
  private progress = new Progress(undefined, undefined);

  constructor(private readonly toolkit: Toolkit, private readonly path: string, private readonly options: RunOptions) {
    const board = withParts(findBoard(toolkit, options.board), options.parts);
    this.boardId = board.id;
    this.firmware = readImage(toolkit, path, options.address);
    this.watch = new TextWatch(options.watched, () => this.machine.stop());
    if (options.semihosting !== undefined) this.semihosting = new Semihosting(this.semihostingSurroundings());
    this.machine = this.build(board.build.bind(board));
    this.history = options.history === undefined ? undefined : new InstructionHistory(options.history);
    this.connect();
  }

  async complete(): Promise<number> {
    await this.stimulate();
    this.input = await this.openInput();
    await this.openPeers();
    this.resume();
    this.deliver(this.input.initial);
    if (this.options.leds) for (const matrix of this.machine.pins.matrices) matrix.watch();
    const end = await this.loop();
    this.trace?.finish();
    this.flush();
    const verdict = this.verdict(end);
    this.progress.clear();
    if (isFaultStop(end as StopReason)) this.tellFault(end as StopReason);
    if (verdict.exitCode !== ExitCode.outputClosed && (!this.options.quiet || verdict.exitCode !== 0)) tell(verdict.message);
    if (this.options.energy) tell(energyLine(this.machine));
    this.writeProfile();
    for (const { path, bytes } of filesToSave(this.machine.parts, this.options.parts)) writeOutputFile(path, bytes);
    const leds = this.options.leds ? ledsReport(this.machine.pins, this.machine.parts) : undefined;
    if (leds !== undefined) writeError(ledsText(leds));
    this.writeReport(verdict, leds);
    if (this.options.recordStimuli !== undefined && this.stimuli !== undefined) writeOutputFile(this.options.recordStimuli, this.stimuli.recorded());
    return verdict.exitCode;
  }

  close(): void {
    this.input.close();
    this.pipe?.close();
    for (const peer of this.peers.values()) peer.close();
    this.semihosting?.reset();
    for (const output of this.extraOutputs) output.close();
  }

  // -- Setting up

  private build(build: (options: Parameters<ReturnType<typeof findBoard>['build']>[0]) => Machine): Machine {
    try {
      const machine = build({
        seed: this.options.seed,
        imperfections: this.options.imperfections,
        engine: this.options.engine,
        stopOnFault: this.options.stopOnFault,
        files: partFiles(this.options.parts),
        ...(this.semihosting === undefined ? {} : { semihosting: this.semihosting }),
      });
      machine.load(this.firmware.image);
      return machine;
    } catch (error) {
      throw refusal(`${this.path}: `, error);
    }
  }

  private semihostingSurroundings(): ReturnType<typeof semihostingHost> {
    return semihostingHost({
      folder: this.options.semihosting === '' ? undefined : this.options.semihosting,
      stdin: this.consoleQueue,
      stdout: this.stream('semihosting stdout', this.stdout),
      stderr: this.stream('semihosting stderr', this.output(2, 'standard error')),
      commandLine: this.options.commandLine ?? basename(this.path),
      epoch: this.options.epoch,
      warn: (key, text) => this.warnOnce(key, text),
    });
  }

  private stream(name: string, output: ByteSink | undefined): FirmwareStream {
    const stream = new FirmwareStream(name, output, this.watch);
    this.streams.push(stream);
    return stream;
  }

  private output(fd: number, name: string): RawOutput {
    const output = new RawOutput(fd, name);
    this.extraOutputs.push(output);
    return output;
  }

  private fileOutput(path: string): RawOutput {
    try {
      const output = RawOutput.toFile(path);
      this.extraOutputs.push(output);
      return output;
    } catch (error) {
      throw fileError(path, error);
    }
  }

  private connect(): void {
    this.choosePeers();
    const console = this.consoleSerial();
    for (const serial of this.machine.serials) {
      const stream = this.stream(serial.name, serial === console ? this.stdout : this.peers.get(serial));
      serial.onByte((byte) => stream.writeByte(byte));
    }
    if (this.options.itm !== undefined) {
      const stream = this.stream('itm', this.options.itm === '' ? this.stdout : this.fileOutput(this.options.itm));
      this.machine.itm.onText((text) => stream.write(Buffer.from(text, 'utf8')));
    }
    this.machine.warnings.onWarning((text) => this.warnOnce(text, text));
    for (const text of this.firmware.image.warnings) this.warnOnce(text, `${this.path}: ${text}`);
    this.observeInstructions();
    this.takeSamples();
  }

  /** The serial port that standard output shows: the first, unless another is asked for or it has a peer. */
  private consoleSerial(): Serial | undefined {
    const wanted = this.options.serial.filter(({ kind }) => kind === 'standard').at(-1);
    const serial = this.serialNamed(wanted?.port);
    return serial !== undefined && this.peers.has(serial) ? undefined : serial;
  }

  private serialNamed(wanted: string | undefined): Serial | undefined {
    const { serials } = this.machine;
    if (wanted === undefined) return serials[0];
    const serial = serials.find(({ name }) => name === wanted);
    if (serial === undefined) throw new UserError(`unknown serial port '${wanted}': this board has ${serials.map(({ name }) => name).join(', ') || 'none'}`);
    return serial;
  }

  private choosePeers(): void {
    for (const choice of this.options.serial) {
      if (choice.kind === 'standard') continue;
      const serial = this.serialNamed(choice.port);
      if (serial === undefined) throw new UserError(`--serial ${choice.kind}: this board has no serial port`);
      if (this.peers.has(serial)) throw new UserError(`serial port '${serial.name}' has two peers: name another port for one, as in ${serial.name}=tcp:5000`);
      this.peers.set(serial, choice.kind === 'tcp' ? new TcpPeer(choice.host, choice.tcpPort) : new PtyPeer());
    }
  }

  private async openPeers(): Promise<void> {
    for (const [serial, peer] of this.peers) {
      try {
        peer.onOpened = () => serial.open();
        await peer.open((text) => tell(`${serial.name}: ${text}`));
      } catch (error) {
        throw refusal(`${serial.name}: `, error);
      }
    }
  }

  private observeInstructions(): void {
    const { machine, history } = this;
    if (this.options.trace !== undefined) {
      const output = this.options.trace === '' ? this.output(2, 'standard error') : this.fileOutput(this.options.trace);
      this.trace = new InstructionTrace(machine, new SymbolTable(this.firmware.image.symbols, this.firmware.image.sections), (line) => output.writeText(`${line}\n`));
    }
    const { trace } = this;
    if (trace === undefined && history === undefined) return;
    if (machine.core.onInstruction === undefined) throw new UserError('this board cannot trace instructions: leave --trace and --history out');
    machine.core.onInstruction((address) => {
      history?.record(address, machine.cycles);
      trace?.before(address);
    });
  }

  private takeSamples(): void {
    const { machine, options: { profile: path, profileSpacing: spacing = DEFAULT_SPACING } } = this;
    if (path === undefined) return;
    if (machine.sample === undefined) throw new UserError('this board cannot take samples: leave --profile out');
    const profile = new Profile(machine.core, this.firmware.image, spacing);
    machine.sample(spacing, (samples, isAsleep) => profile.record(samples, isAsleep));
    this.profile = profile;
  }

  // -- Input

  private async stimulate(): Promise<void> {
    const { stimuli } = this.options;
    this.stimuli = await AppliedStimuli.to(this.machine, stimuli, async () => {
      const { isLive, initial } = await this.standardInput();
      if (isLive) throw new UserError('sound from standard input comes through a pipe or from a file: arecord -t raw ... | thumbelina run ... --mic pipe:16000');
      return initial;
    });
    if (stimuli.live !== undefined) this.pipe = new LivePipe(stimuli.live.path, (text) => this.warnOnce('live', text));
  }

  /** What has come through the pipe, as far as there is room for it. */
  private hear(): void {
    const { pipe, machine, stimuli: { live } = {} } = this;
    if (pipe === undefined || live === undefined) return;
    const seconds = machine.now() / machine.rootHz;
    // Of a sample that has come by half the other half is awaited.
    const bytes = Buffer.concat([this.halfSample, pipe.take(2 * live.room(seconds) - this.halfSample.length)]);
    const whole = bytes.length & ~1;
    this.halfSample = bytes.subarray(whole);
    live.push(seconds, Float32Array.from({ length: whole / 2 }, (_, i) => bytes.readInt16LE(2 * i) / 0x8000));
  }

  private async openInput(): Promise<FirmwareInput> {
    if (this.options.stdin === 'none' || readsStandardInput(this.options.stimuli)) return NO_INPUT;
    return this.standardInput();
  }

  private standardInput(): Promise<FirmwareInput> {
    return standardInput(() => tell('waiting for the end of standard input: give an empty one with < /dev/null, or none with --stdin none'));
  }

  private deliver(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    const { stdin } = this.options;
    const serial = stdin === 'semihosting' ? undefined : this.consoleSerial();
    if (stdin === 'serial' && !serial) return this.warnOnce('no input', 'this board has no serial port: standard input is not read by anything');
    if (serial) {
      this.countReceived(serial.name, bytes);
      serial.write(bytes);
    }
    if (stdin === 'serial') return;
    this.countReceived('semihosting stdout', bytes);
    this.consoleQueue.add(bytes);
  }

  private deliverFrom(peer: SerialPeer, bytes: Uint8Array): void {
    for (const [serial, other] of this.peers) {
      if (other !== peer) continue;
      this.countReceived(serial.name, bytes);
      serial.write(bytes);
    }
  }

  private countReceived(stream: string, bytes: Uint8Array): void {
    this.received[stream] = (this.received[stream] ?? 0) + bytes.length;
  }

  // -- Running

  private async loop(): Promise<LoopEnd> {
    const { machine, options } = this;
    this.progress = new Progress(process.stderr.isTTY && !options.quiet ? writeError : undefined, options.timeout?.text);
    this.consoleQueue.hasEnded = () => !this.input.isLive || this.input.hasEnded;
    const start = machine.now();
    const loop = new RunLoop(machine, {
      timeout: options.timeout === undefined ? undefined : durationInTicks(options.timeout, machine.rootHz),
      appointments: this.appointments(),
      input: new JoinedInput(this.input, [...this.peers.values()], (peer, bytes) => this.deliverFrom(peer, bytes)),
      speed: options.speed,
      deliver: (bytes) => this.deliver(bytes),
      service: () => {
        this.flush();
        this.hear();
        this.progress.show((machine.now() - start) / machine.rootHz);
        return this.failedOutput() !== undefined;
      },
    });
    return withSignals(loop, () => loop.run());
  }

  private appointments(): { at: number; keep: () => void }[] {
    const { snapshotAt, snapshot } = this.options;
    if (snapshotAt === undefined || snapshot === undefined) return [];
    const at = durationInTicks(snapshotAt, this.machine.rootHz);
    if (at < this.machine.now()) throw new UserError(`--snapshot-at ${snapshotAt.text} is before the resumed snapshot: name a later time`);
    return [{ at, keep: () => this.writeSnapshot(snapshot) }];
  }

  private flush(): void {
    this.stdout.flush();
    for (const output of this.extraOutputs) output.flush();
    for (const peer of this.peers.values()) peer.flush();
  }

  private failedOutput(): RawOutput | undefined {
    return [this.stdout, ...this.extraOutputs].find(({ failure }) => failure !== undefined);
  }

  // -- Snapshots

  private writeSnapshot(path: string): void {
    const { machine } = this;
    const header = {
      board: this.boardId,
      firmwareSha256: this.firmware.sha256,
      virtualTime: `${machine.now() / machine.rootHz} s`,
      streams: Object.fromEntries(this.streams.map(({ name, bytes }) => [name, bytes])),
    };
    writeOutputFile(path, encodeSnapshot(header, machine.snapshot()));
  }

  private resume(): void {
    const path = this.options.resume;
    if (path === undefined) return;
    const { header, machine } = decodeSnapshot(path, readInputFile(path), { board: this.boardId, firmwareSha256: this.firmware.sha256 });
    try {
      this.machine.restore(machine);
    } catch (error) {
      throw refusal(`${path}: `, error);
    }
    for (const stream of this.streams) stream.bytes = header.streams[stream.name] ?? 0;
  }

  // -- Afterwards

  private verdict(end: LoopEnd): Verdict {
    const failed = this.failedOutput();
    if (failed !== undefined) return outputVerdict(failed);
    const { found } = this.watch;
    const when = `after ${(this.machine.now() / this.machine.rootHz).toFixed(6)} s, ${this.machine.cycles} cycles`;
    if (found !== undefined) return foundVerdict(found, when);
    return endVerdict(end, when, this.options.watched.some(({ purpose }) => purpose === 'until'));
  }

  private tellFault(stop: StopReason): void {
    const { machine, history } = this;
    const text = faultReport({ machine, image: this.firmware.image, stop, ...(history === undefined ? {} : { history }) });
    writeError(`${text}\n\n`);
    if (history === undefined) writeError('for the instructions that led here, run again with --history 32: it will go the same way\n');
  }

  private writeProfile(): void {
    const { profile, options: { profile: path, quiet } } = this;
    if (profile === undefined || path === undefined) return;
    if (!quiet) tell(`profile: ${profile.topFunctions()}`);
    writeOutputFile(path, /\.(folded|txt)$/i.test(path) ? profile.folded() : `${JSON.stringify(profile.summary(), null, 2)}\n`);
  }

  private writeReport(verdict: Verdict, leds: LedsReport | undefined): void {
    if (this.options.report === undefined) return;
    const { firmware, machine } = this;
    writeOutputFile(this.options.report, reportJson({
      version: this.toolkit.version,
      machine,
      boardId: this.boardId,
      firmware: { name: basename(this.path), bytes: firmware.bytes, sha256: firmware.sha256 },
      image: firmware.image,
      seed: this.options.seed,
      end: { kind: verdict.kind, exitCode: verdict.exitCode },
      sent: this.streams,
      received: this.received,
      warnings: this.warnings,
      leds,
    }));
  }

  private warnOnce(key: string, text: string): void {
    if (this.warned.has(key)) return;
    this.warned.add(key);
    this.warnings.push(text);
    this.progress.clear();
    tell(`warning: ${text}`);
  }
}

/** @throws UserError for parts that the board cannot take */
function withParts(board: LoadedBoard, parts: readonly string[]): LoadedBoard {
  if (parts.length === 0) return board;
  try {
    return board.withParts(parts);
  } catch (error) {
    throw refusal('', error);
  }
}

/** Serves Ctrl-C while the loop runs; the second one ends the process at once. */
async function withSignals(loop: RunLoop, run: () => Promise<LoopEnd>): Promise<LoopEnd> {
  let isFirst = true;
  const handle = (signal: NodeJS.Signals): void => {
    if (!isFirst) process.exit(ExitCode.interrupted);
    isFirst = false;
    loop.interrupt(signal === 'SIGTERM' ? 'SIGTERM' : 'SIGINT');
  };
  process.on('SIGINT', handle).on('SIGTERM', handle);
  try {
    return await run();
  } finally {
    process.off('SIGINT', handle).off('SIGTERM', handle);
  }
}

function writeOutputFile(path: string, content: string | Uint8Array): void {
  try {
    writeFileSync(path, content);
  } catch (error) {
    throw fileError(path, error, ExitCode.outputError);
  }
}
