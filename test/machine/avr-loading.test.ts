/** What an AVR board takes as firmware, and what it refuses in one line. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { loadFirmware } from '../../emulator/loader/index.js';
import { EmulatedMachine } from '../../emulator/machine.js';
import { avrBoard } from '../support/avr-machine.js';
import { END_OF_FILE, hexRecord } from '../support/hex-writer.js';

const folder = mkdtempSync(join(tmpdir(), 'thumbelina-avr-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function compiled(source: string, mcu = 'atmega328p'): ReturnType<typeof loadFirmware> {
  const [c, elf] = [join(folder, 'program.c'), join(folder, 'program.elf')];
  writeFileSync(c, source);
  execFileSync('avr-gcc', [`-mmcu=${mcu}`, '-Os', c, '-o', elf]);
  return loadFirmware(readFileSync(elf), { name: 'program.elf' });
}

const uno = (): EmulatedMachine => new EmulatedMachine(avrBoard('arduino-uno'), { seed: 0 });
const EMPTY = 'int main(void) { for (;;) {} }';

describe('an ELF file', () => {
  it('fills flash, EEPROM, fuses and lock bits, each where it belongs', () => {
    const image = compiled(`
      #include <avr/io.h>
      #include <avr/eeprom.h>
      FUSES = { .low = 0xe2, .high = 0xd9, .extended = 0xff };
      LOCKBITS = 0xfc;
      uint8_t EEMEM first = 0x42;
      volatile int kept = 0x1234;
      int main(void) { kept += eeprom_read_byte(&first); for (;;) {} }`);
    const machine = uno();
    machine.load(image);
    const byte = (address: number): number => machine.bus.peek(address, 1)!;
    expect([byte(0x81_0000), byte(0x82_0000), byte(0x82_0001), byte(0x82_0002), byte(0x83_0000)]).toEqual([0x42, 0xe2, 0xd9, 0xff, 0xfc]);
    machine.run(machine.rootHz / 1000);
    expect(byte(0x80_0100) | (byte(0x80_0101) << 8)).toBe(0x1234 + 0x42);
  });

  it('leaves the signature as the chip has it', () => {
    const machine = uno();
    machine.load(compiled(`#include <avr/io.h>\n#include <avr/signature.h>\n${EMPTY}`));
    expect([0, 1, 2].map((n) => machine.bus.peek(0x84_0000 + n, 1))).toEqual([0x1e, 0x95, 0x0f]);
  });

  it.each([
    ['another architecture', 'atmega2560', 'the firmware was built for atmega2560, and Arduino Uno R3 has an atmega328p (avr5): build it with -mmcu=atmega328p'],
    ['another chip of the same architecture', 'atmega32u4', 'the firmware was built for atmega32u4, and Arduino Uno R3 has an atmega328p: build it with -mmcu=atmega328p'],
  ])('for %s is refused', (_, mcu, line) => {
    expect(() => uno().load(compiled(EMPTY, mcu))).toThrow(line);
  });

  it('for a chip that differs in nothing that programs see is taken', () => {
    expect(() => uno().load(compiled(EMPTY, 'atmega328'))).not.toThrow();
  });

  it('for AVR is refused by an Arm board', () => {
    const board = new EmulatedMachine(avrBoard('nano33ble'), { seed: 0 });
    expect(() => board.load(compiled(EMPTY))).toThrow('this is AVR firmware, and Arduino Nano 33 BLE Sense has an Arm core: choose an AVR board');
  });
});

it('refuses Arm firmware', () => {
  const image = { ...compiled(EMPTY), architecture: 'arm' as const };
  expect(() => uno().load(image)).toThrow('this is Arm firmware, and Arduino Uno R3 has an AVR core: choose a board with an Arm core');
});

it('refuses a HEX file that leaves flash, naming the first address that does', () => {
  const hex = [hexRecord(0, 0x7ff8, new Array<number>(16).fill(0)), END_OF_FILE].join('\n');
  expect(() => uno().load(loadFirmware(Buffer.from(hex), { name: 'long.hex' }))).toThrow("leaves the board's memory at 0x8000: link it for atmega328p");
});

it('takes a raw binary at 0', () => {
  const machine = uno();
  machine.load(loadFirmware(Uint8Array.of(0xff, 0xcf), { name: 'loop.bin', address: 0, format: 'bin' }));
  machine.run(machine.rootHz / 1000);
  expect(machine.instructions).toBe(8000);
});
