/** What the debugging aids show of an AVR: a trace's registers by name, a profile's functions. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { InstructionTrace } from '../../emulator/debug/instruction-trace.js';
import { Profile } from '../../emulator/debug/profile.js';
import { SymbolTable } from '../../emulator/debug/symbols.js';
import { loadFirmware } from '../../emulator/loader/index.js';
import { EmulatedMachine } from '../../emulator/machine.js';
import { AvrMachine, avrBoard, LOOP } from '../support/avr-machine.js';

const LDI_R16_0x5A = 0xe50a, ADD_R16_R16 = 0x0f00, PUSH_R16 = 0x930f;

it('a trace names the registers and flags of SREG that an instruction changes', () => {
  const { machine } = new AvrMachine({ program: { 0: [LDI_R16_0x5A, ADD_R16_R16, PUSH_R16, LOOP] } });
  const lines: string[] = [];
  const trace = new InstructionTrace(machine, new SymbolTable([], []), (line) => lines.push(line));
  machine.core.onInstruction!((address) => trace.before(address));
  machine.run(5 / 16e6 * machine.rootHz);
  // 0x5a + 0x5a = 0xb4: no carry, carry from bit 3, overflow, so N and V are set and S is not.
  expect(lines.slice(0, 3).map((line) => line.split(';')[1]?.trim())).toEqual(['r16=5a', 'r16=b4 ..H.VN..', 'sp=08fe']);
});

describe('a profile', () => {
  const file = fileURLToPath(new URL('../../firmware-samples/motion-log/motion-log.arduino-uno.elf', import.meta.url));
  let functions: readonly { readonly name: string; readonly selfCycles: number }[] = [];
  let folded = '';

  beforeAll(() => {
    const machine = new EmulatedMachine(avrBoard('arduino-uno'), { seed: 0 });
    const image = loadFirmware(readFileSync(file), { name: file });
    machine.load(image);
    const profile = new Profile(machine.core, image, 100);
    machine.sample(100, (samples, isAsleep) => profile.record(samples, isAsleep));
    machine.run(0.01 * machine.rootHz);
    functions = profile.summary().functions;
    folded = profile.folded();
  });

  it('puts cycles down to the function in which they pass: here to what waits for the serial port to take a text of 20 characters', () => {
    const { selfCycles } = functions.find(({ name }) => /^send/.test(name))!;
    // The buffer and the shift register hold two; 18 frames of ten bits of 8 x 17 cycles are waited for.
    expect(Math.abs(selfCycles - 18 * 1360)).toBeLessThan(2000);
  });

  it('knows sleep', () => expect(folded).toMatch(/\(asleep\) \d+/));
});
