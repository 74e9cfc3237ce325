import { describe, expect, it, vi } from 'vitest';
import { describeFrame, unwind, type Frame } from '../../../emulator/debug/dwarf/index.js';
import { stopInSpin } from './stopped-program.js';

// The compiler and QEMU share the machine with other tests.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const names = (frames: readonly Frame[]): (string | undefined)[] => frames.map((f) => f.function?.name);

const CALLS = `
__attribute__((noinline)) u32 inner(u32 a) { volatile u32 big[50]; big[a] = a; spin(); return big[a]; }
__attribute__((noinline)) float middle(float a, float b, u32 c) { float d = a * b; sink = inner(c) + (u32)d; return d + a; }
__attribute__((noinline)) u32 outer(u32 n) { volatile u32 *p = __builtin_alloca(n * 8); p[0] = n; sink = (u32)middle((float)n, 2.5f, n & 7); return p[0]; }
int main(void) { sink = outer(9); return (int)sink; }
`;
const OPTIONS = ['-O0', '-Og', '-Os -fomit-frame-pointer', '-O2', '-O1 -fno-omit-frame-pointer'];

describe.each(OPTIONS)('a backtrace of plain calls, built with %s', (flags) => {
  it('names every caller up to the reset handler', async () => {
    const { image, registers, readWord } = await stopInSpin(CALLS, flags.split(' '));
    const frames = unwind(registers, readWord, image);
    expect(names(frames)).toEqual(['spin', 'inner', 'middle', 'outer', 'main', 'Reset_Handler']);
    expect(frames.every((f) => f.certainty === 'exact' && !f.isInterrupted)).toBe(true);
    const lines = CALLS.split('\n');
    const source = (frame: Frame): string => lines[frame.line!.line - linesBefore(frames) - 1];
    expect(source(frames[1])).toContain('spin()');
    expect(source(frames[2])).toContain('inner(c)');
    expect(source(frames[3])).toContain('middle((float)n');
    expect(source(frames[4])).toContain('outer(9)');
  });
});

/** `main` stands on the fifth line of its source (the first is empty). */
function linesBefore(frames: readonly Frame[]): number {
  return frames.find((f) => f.function?.name === 'main')!.line!.line - 5;
}

describe('a backtrace without call-frame information', () => {
  it('comes from exception tables where there are any', async () => {
    const personality = '\nvoid __aeabi_unwind_cpp_pr0(void) {} void __aeabi_unwind_cpp_pr1(void) {}';
    const { withoutDebug, registers, readWord } = await stopInSpin(CALLS + personality, ['-Os', '-funwind-tables']);
    const frames = unwind(registers, readWord, withoutDebug);
    expect(names(frames)).toEqual(['spin', 'inner', 'middle', 'outer', 'main', 'Reset_Handler']);
    expect(frames.slice(1).every((f) => f.certainty === 'likely')).toBe(true);
  });

  it('is guessed from the stack otherwise, and says so', async () => {
    const { image, withoutDebug, asHex, registers, readWord } = await stopInSpin(CALLS, ['-Os']);
    const exact = unwind(registers, readWord, image).slice(0, 5).map((f) => f.pc);
    for (const poorer of [withoutDebug, asHex]) {
      const guessed = unwind(registers, readWord, poorer);
      expect(guessed.map((f) => f.pc).filter((pc) => exact.includes(pc))).toEqual(exact);
      expect(guessed.slice(1).every((f) => f.certainty === 'guess')).toBe(true);
    }
    expect(describeFrame(unwind(registers, readWord, withoutDebug)[1])).toMatch(/^inner\+0x[0-9a-f]+ \(0x[0-9a-f]{8}\) \?$/);
  });
});

describe.each(['-O0', '-Os', '-O2'])('a backtrace through an exception, built with %s', (flags) => {
  it('goes on where the exception was taken, on the main stack', async () => {
    const { image, registers, readWord } = await stopInSpin(`
      __attribute__((noinline)) void report(void) { sink = 5; spin(); sink = 6; }
      void HardFault_Handler(void) { report(); sink = 7; }
      __attribute__((noinline)) u32 broken(u32 a) { sink = a; __asm volatile("udf #0"); return a + sink; }
      __attribute__((noinline)) u32 caller(u32 a) { volatile u32 x[9]; x[a] = broken(a); return x[a]; }
      int main(void) { sink = caller(3); return 0; }`, [flags]);
    const frames = unwind(registers, readWord, image);
    expect(names(frames)).toEqual(['spin', 'report', 'HardFault_Handler', 'broken', 'caller', 'main', 'Reset_Handler']);
    expect(frames.map((f) => f.isInterrupted)).toEqual([false, false, false, true, false, false, false]);
    expect(frames.every((f) => f.certainty === 'exact')).toBe(true);
  });

  it('goes on on the process stack, past saved FP registers', async () => {
    const { image, registers, readWord } = await stopInSpin(`
      u32 process_stack_unused;
      void SVC_Handler(void) { u32 psp; __asm volatile("mrs %0, psp" : "=r"(psp)); psp_copy = psp; spin(); sink = 7; }
      __attribute__((noinline)) float ask(float a) { float b = a * 3.0f; __asm volatile("svc 0" : "+t"(b) :: "memory"); return b + a; }
      __attribute__((noinline)) void task(void) { volatile float x[5]; x[1] = ask(2.0f); sink = (u32)x[1]; }
      int main(void) {
        // The process stack begins below the main stack's first KiB, at the address that main itself uses.
        u32 sp; __asm volatile("mov %0, sp" : "=r"(sp));
        __asm volatile("msr psp, %0\\nmsr msp, %1\\nmsr control, %2\\nisb" :: "r"(sp), "r"(sp - 0x800), "r"(2) : "memory");
        task(); sink = 8; return 0;
      }`, [flags]);
    const frames = unwind(registers, readWord, image);
    expect(names(frames)).toEqual(['spin', 'SVC_Handler', 'ask', 'task', 'main', 'Reset_Handler']);
    expect(frames[2]).toMatchObject({ isInterrupted: true, certainty: 'exact' });
    const { otherStackPointer: _, ...withoutProcessStack } = registers;
    expect(names(unwind(withoutProcessStack, readWord, image))).toEqual(['spin', 'SVC_Handler']);
  });

  it('finds the call through a bad pointer', async () => {
    const { image, registers, readWord } = await stopInSpin(`
      volatile u32 bad_pointer;
      __attribute__((noinline)) void jump(void) { ((void (*)(void))bad_pointer)(); sink = 1; }
      __attribute__((noinline)) void caller(void) { jump(); sink = 2; }
      int main(void) { bad_pointer = 0x70000001; caller(); sink = 3; return 0; }`, [flags]);
    const frames = unwind(registers, readWord, image);
    expect(names(frames)).toEqual(['spin', 'HardFault_Handler', undefined, 'jump', 'caller', 'main', 'Reset_Handler']);
    expect(frames[2]).toMatchObject({ pc: 0x7000_0000, isInterrupted: true, certainty: 'exact' });
    expect(frames[3].certainty).toBe('likely');
  });
});
