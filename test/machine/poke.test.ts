/** Writing memory from outside, as a debugger does: the core sees data and code as they are now, in both engines. */
import { describe, expect, it } from 'vitest';
import { createMachine, loadFirmware } from '../../emulator/index.js';
import { buildArmProgram } from '../support/arm-toolchain.js';
import { boardNamed } from '../support/models.js';

describe.each(['interpreter', 'translator'] as const)('with the %s', (engine) => {
  function counting(): ReturnType<typeof createMachine> {
    const program = buildArmProgram(`
      volatile unsigned step = 1, sum;
      void main(void) { for (;;) sum += step; }
      __attribute__((section(".vectors"), used)) void (*const vectors[])(void) = { (void (*)(void))0x20010000, main };`,
    { cpu: 'cortex-m4', link: ['-nostdlib', '-Wl,--section-start=.vectors=0,-Ttext=0x100,-Tdata=0x20000000', '-Wl,--entry=main'] });
    const machine = createMachine(boardNamed('mps2-an386'), { engine, hot: 1 });
    machine.load(loadFirmware(program.bytes, { name: 'program.elf' }));
    program.dispose();
    return machine;
  }
  const STEP = 0x2000_0000;

  it('data that a loop reads is what was written', () => {
    const machine = counting();
    machine.run(machine.rootHz / 1000);
    expect(machine.core.poke!(STEP, 0, 4)).toBe(true);
    machine.run(machine.rootHz / 500);
    const before = machine.core.peek(STEP + 4, 4);
    machine.run(machine.rootHz / 250);
    expect(machine.core.peek(STEP + 4, 4)).toBe(before);
  });

  it('nothing is written where nothing is', () => expect(counting().core.poke!(0x6000_0000, 1, 4)).toBe(false));
});
