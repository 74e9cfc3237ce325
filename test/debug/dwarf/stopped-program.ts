/** Runs a bare-metal program in QEMU (MPS2, Cortex-M4 with FPU) until it is in its function `spin`, and reads what a debugger sees there. */
import { execFileSync, spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CoreRegisters } from '../../../emulator/debug/dwarf/index.js';
import { loadFirmware, type FirmwareImage } from '../../../emulator/loader/index.js';
import { buildArmProgram } from '../../support/arm-toolchain.js';

export const STACK_TOP = 0x2001_0000;
const STACK_WORDS = 2048;
const PATIENCE_MS = 10_000;

/** Vectors, an FPU switched on, and `spin`, where every program ends. */
const PROLOGUE = `
typedef unsigned int u32;
int main(void);
volatile u32 sink, psp_copy;
__attribute__((noinline)) void spin(void) { for (;;) sink++; }
void Reset_Handler(void) { *(volatile u32 *)0xE000ED88 = 0xF << 20; __asm volatile("dsb\\nisb"); main(); for (;;) ; }
void HardFault_Handler(void); void SVC_Handler(void);
__attribute__((section(".vectors"), used)) const u32 vectors[16];
`;
/** For programs that bring no handler of their own. */
const HANDLERS = ['HardFault_Handler', 'SVC_Handler'];
const EPILOGUE = `
const u32 vectors[16] = { ${STACK_TOP}, (u32)Reset_Handler, 0, (u32)HardFault_Handler, 0, 0, 0, 0, 0, 0, 0, (u32)SVC_Handler };
`;

export interface StoppedProgram {
  readonly image: FirmwareImage;
  /** The same program without debug sections, and as Intel HEX. */
  readonly withoutDebug: FirmwareImage;
  readonly asHex: FirmwareImage;
  readonly registers: CoreRegisters;
  readWord(address: number): number | undefined;
}

export async function stopInSpin(source: string, flags: readonly string[]): Promise<StoppedProgram> {
  const missing = HANDLERS.filter((name) => !source.includes(`void ${name}(`)).map((name) => `void ${name}(void) { spin(); sink++; }\n`);
  const program = buildArmProgram([PROLOGUE, source, ...missing, EPILOGUE].join(''), {
    flags: [...flags, '-ffreestanding', '-fno-optimize-sibling-calls', '-mfpu=fpv4-sp-d16', '-mfloat-abi=hard'],
    link: ['-nostdlib', '-Wl,--section-start=.vectors=0,-Ttext=0x1000,-Tdata=0x20000000', '-Wl,--entry=Reset_Handler', '-lgcc'],
  });
  const folder = mkdtempSync(join(tmpdir(), 'thumbelina-qemu-'));
  try {
    const elf = join(folder, 'program.elf');
    writeFileSync(elf, program.bytes);
    const image = loadFirmware(program.bytes);
    const state = await inspect(elf, image);
    execFileSync('arm-none-eabi-strip', ['-g', elf]);
    return { image, withoutDebug: loadFirmware(new Uint8Array(readFileSync(elf))), asHex: loadFirmware(program.converted('ihex'), { architecture: 'arm' }), ...state };
  } finally {
    program.dispose();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function inspect(elf: string, image: FirmwareImage): Promise<Pick<StoppedProgram, 'registers' | 'readWord'>> {
  const monitor = new Monitor(spawn('qemu-system-arm', ['-M', 'mps2-an386', '-display', 'none', '-serial', 'none', '-monitor', 'stdio', '-kernel', elf]));
  try {
    const r = await registersInSpin(monitor, image);
    const stack = await readWords(monitor, STACK_TOP - 4 * STACK_WORDS, STACK_WORDS);
    const pspCopy = image.symbols.find((s) => s.name === 'psp_copy')!.address;
    const [otherStackPointer] = await readWords(monitor, pspCopy, 1);
    return { registers: { r, otherStackPointer: otherStackPointer }, readWord: (address) => stack[(address - (STACK_TOP - 4 * STACK_WORDS)) / 4] };
  } finally {
    monitor.kill();
  }
}

async function registersInSpin(monitor: Monitor, image: FirmwareImage): Promise<number[]> {
  const spin = image.symbols.find((s) => s.name === 'spin')!;
  for (const deadline = Date.now() + PATIENCE_MS; Date.now() < deadline;) {
    await monitor.command('stop');
    const text = await monitor.command('info registers');
    const r = Array.from({ length: 16 }, (_, i) => Number.parseInt(new RegExp(`R${String(i).padStart(2, '0')}=([0-9a-f]{8})`).exec(text)?.[1] ?? 'NaN', 16));
    if (r[15] >= spin.address && r[15] < spin.address + spin.size) return r;
    await monitor.command('cont');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error('the program did not reach spin');
}

async function readWords(monitor: Monitor, address: number, count: number): Promise<number[]> {
  const text = await monitor.command(`xp /${count}wx 0x${address.toString(16)}`);
  return [...text.matchAll(/: ((?:0x[0-9a-f]{8} ?)+)/g)].flatMap((line) => line[1].trim().split(' ').map(Number));
}

/** QEMU's human monitor: one command, then everything up to the next prompt. */
class Monitor {
  private output = '';
  private readonly failure: Promise<never>;
  private wake = (): void => {};

  constructor(private readonly qemu: ChildProcessWithoutNullStreams) {
    this.failure = new Promise((_, reject) => {
      qemu.on('error', reject);
      qemu.on('exit', (code) => reject(new Error(`qemu-system-arm ended (${code})`)));
    });
    this.failure.catch(() => {});
    qemu.stdout.on('data', (data: Buffer) => {
      this.output += data.toString('latin1');
      this.wake();
    });
  }

  async command(line: string): Promise<string> {
    await this.untilPrompt();
    this.output = '';
    this.qemu.stdin.write(`${line}\n`);
    await this.untilPrompt();
    return this.output;
  }

  kill(): void {
    this.qemu.kill('SIGKILL');
  }

  private async untilPrompt(): Promise<void> {
    while (!this.output.endsWith('(qemu) ')) await Promise.race([new Promise<void>((resolve) => { this.wake = resolve; }), this.failure]);
  }
}
