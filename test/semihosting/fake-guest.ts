/** Memory with semihosting calls, and a host that remembers, for the tests of this folder. */
import type { HostFiles, SemihostingHost } from '../../emulator/semihosting/host.js';
import { HostFileError } from '../../emulator/semihosting/host.js';
import type { SemihostingGuest } from '../../emulator/semihosting/guest.js';
import { Errno } from '../../emulator/semihosting/operations.js';
import { Semihosting } from '../../emulator/semihosting/semihosting.js';

/** 64 KiB of RAM here; everything else is nothing. */
export const RAM = 0x2000_0000;
export const RAM_BYTES = 0x1_0000;
export const NOWHERE = 0xf000_0000;
export const FAILED = 0xffff_ffff;

/** Files as byte arrays, which is all that the operations need. */
export class FilesInMemory implements HostFiles {
  readonly contents = new Map<string, number[]>();

  open(name: string, mode: { read: boolean; write: boolean; truncate: boolean; append: boolean }): ReturnType<HostFiles['open']> {
    let bytes = this.contents.get(name);
    if (bytes === undefined && !mode.truncate && !mode.append) throw new HostFileError(Errno.ENOENT, name);
    if (bytes === undefined || mode.truncate) this.contents.set(name, (bytes = []));
    const file = bytes;
    return {
      read: (position, maximum) => {
        if (!mode.read) throw new HostFileError(Errno.EBADF, name);
        return Uint8Array.from(file.slice(position, position + maximum));
      },
      write: (position, data) => {
        if (!mode.write) throw new HostFileError(Errno.EBADF, name);
        while (file.length < position) file.push(0);
        data.forEach((byte, i) => { file[position + i] = byte; });
        return data.length;
      },
      length: () => file.length,
      close: () => undefined,
    };
  }

  remove(name: string): void {
    if (!this.contents.delete(name)) throw new HostFileError(Errno.ENOENT, name);
  }

  rename(from: string, to: string): void {
    const bytes = this.contents.get(from);
    if (bytes === undefined) throw new HostFileError(Errno.ENOENT, from);
    this.contents.delete(from);
    this.contents.set(to, bytes);
  }
}

export interface Surroundings {
  readonly stdin?: string;
  readonly inputMayCome?: boolean;
  readonly interactive?: boolean;
  readonly files?: HostFiles | undefined;
  readonly commandLine?: string;
}

/** One firmware's side of the interface. */
export function firmware(options: Surroundings = {}) {
  const ram = new Uint8Array(RAM_BYTES);
  const written = { stdout: '', stderr: '' };
  const warnings: string[] = [];
  let stdin = options.stdin ?? '';
  let now = 0;
  let allocated = RAM + 0x100;
  const interactive = options.interactive ?? false;
  const output = (name: 'stdout' | 'stderr') => ({ interactive, write: (bytes: Uint8Array) => { written[name] += Buffer.from(bytes).toString('latin1'); } });
  const host: SemihostingHost = {
    stdin: {
      interactive,
      read: (maximum) => {
        if (stdin === '' && options.inputMayCome) return undefined;
        const bytes = Buffer.from(stdin.slice(0, maximum), 'latin1');
        stdin = stdin.slice(maximum);
        return bytes;
      },
    },
    stdout: output('stdout'),
    stderr: output('stderr'),
    files: 'files' in options ? options.files : new FilesInMemory(),
    commandLine: options.commandLine ?? 'probe.elf one',
    epoch: 1_000_000_000,
    warn: (_, text) => { warnings.push(text); },
  };
  const guest: SemihostingGuest = {
    read8: (address) => ram[address - RAM],
    write8: (address, value) => {
      if (address < RAM || address >= RAM + RAM_BYTES) return false;
      ram[address - RAM] = value;
      return true;
    },
    now: () => now,
    rootHz: 1_000_000,
    heap: () => ({ base: RAM + 0x8000, limit: RAM + 0xc000 }),
  };
  const semihosting = new Semihosting(host);
  const view = new DataView(ram.buffer);

  const put = (bytes: Uint8Array): number => {
    const address = allocated;
    ram.set(bytes, address - RAM);
    allocated += (bytes.length + 7) & ~3;
    return address;
  };
  const text = (value: string): number => put(Buffer.from(`${value}\0`, 'latin1'));
  const words = (...values: number[]): number => {
    const address = put(new Uint8Array(4 * values.length));
    values.forEach((value, i) => view.setUint32(address - RAM + 4 * i, value, true));
    return address;
  };
  const outcome = (operation: number, parameter: number) => semihosting.call(operation, parameter, guest);
  /** R0 after the call. */
  const call = (operation: number, ...block: number[]): number => {
    const answer = outcome(operation, words(...block));
    if (!('result' in answer)) throw new Error(`no result: ${JSON.stringify(answer)}`);
    return answer.result;
  };
  return {
    semihosting, guest, host, ram, written, warnings, put, text, words, outcome, call,
    errno: () => call(0x13),
    open: (name: string, mode: number) => call(0x01, text(name), mode, name.length),
    word: (address: number) => view.getUint32(address - RAM, true),
    string: (address: number, bytes: number) => Buffer.from(ram.subarray(address - RAM, address - RAM + bytes)).toString('latin1'),
    wait: (ticks: number) => { now += ticks; },
  };
}
