/** When writes of an AVR's instructions count: from the end of their last cycle on. */
import { expect, it } from 'vitest';
import { AvrMachine, LOOP } from '../support/avr-machine.js';

const LDI_R16_0 = 0xe000, LDI_R16_1 = 0xe001, LDI_R17_1 = 0xe011, NOP = 0x0000;
const OUT_TCCR0B = 0xbd05, OUT_TCNT0 = 0xbd06;
const LDS_R18_TCNT0 = [0x9120, 0x0046];
const SBI_DDRB_0 = 0x9a20, OUT_PORTB_R17 = 0xb915, IN_R18_PINB = 0xb123;
/** R18 in data space, which the debugger's window does not show: through GPIOR0. */
const OUT_GPIOR0_R18 = 0xbb2e;

function stored(...words: number[]): number {
  const avr = new AvrMachine({ program: { 0: [...words, OUT_GPIOR0_R18, LOOP] } });
  avr.run(1e-5);
  return avr.read('GPIOR0');
}

it('a counter at a prescaler of 1 is two further for `OUT TCNT0; NOP; LDS TCNT0`: as on silicon', () => {
  expect(stored(LDI_R16_1, OUT_TCCR0B, LDI_R16_0, OUT_TCNT0, NOP, ...LDS_R18_TCNT0)).toBe(2);
});

it.each([['not to IN right after OUT', [], 0], ['to IN after one NOP', [NOP], 1]])('a port shows its new level %s: DS40002061B 14.2.4', (_, between, level) => {
  expect(stored(LDI_R17_1, SBI_DDRB_0, OUT_PORTB_R17, ...between, IN_R18_PINB)).toBe(level);
});
