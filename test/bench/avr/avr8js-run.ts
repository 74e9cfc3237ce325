/**
 * Runs an AVR firmware on avr8js in its own loop, with timer 0 and USART0, and writes what that sends; ends behind the line "end".
 * The chip is an ATmega2560, whose registers of these two lie as avr8js has them and whose vectors do not (DS40002211A, chapter
 * 14, Interrupts). Argument: the program memory as raw binary.
 */
import { readFileSync, writeSync } from 'node:fs';
import { avrInstruction, AVRTimer, AVRUSART, CPU, timer0Config, usart0Config } from 'avr8js';

const FLASH_BYTES = 0x4_0000;
const SRAM_BYTES = 0x2000;
/** avr8js makes room for 256 registers of its own, an ATmega2560 has 512. */
const MORE_REGISTERS = 0x100;
const HZ = 16_000_000;
const END = 'end\n';
/** Vectors are two words each. */
const vector = (number: number): number => 2 * number;

const program = new Uint16Array(FLASH_BYTES / 2);
new Uint8Array(program.buffer).set(readFileSync(process.argv[2]));
const cpu = new CPU(program, SRAM_BYTES + MORE_REGISTERS);
if (!cpu.pc22Bits) throw new Error('avr8js takes it for a chip with a short PC');
new AVRTimer(cpu, { ...timer0Config, compAInterrupt: vector(21), compBInterrupt: vector(22), ovfInterrupt: vector(23) });
const usart = new AVRUSART(cpu, { ...usart0Config, rxCompleteInterrupt: vector(25), dataRegisterEmptyInterrupt: vector(26), txCompleteInterrupt: vector(27) }, HZ);
let output = '';
let hasEnded = false;
usart.onByteTransmit = (byte) => {
  output += String.fromCharCode(byte);
  hasEnded = output.endsWith(END);
};
while (!hasEnded) {
  avrInstruction(cpu);
  cpu.tick();
}
writeSync(1, output);
