/**
 * Nordic UICR: flash for what a board's maker settles: the reset pin, NFC pins, the regulator, a bootloader's address.
 * Source: nRF52840 Product Specification v1.1, UICR; nRF51 Reference Manual v3.0, UICR. In chip files it is a memory, since
 * images have contents for it and NVMC programs it; this map names its words. REGOUT0, APPROTECT and DEBUGCTRL have no effect
 * on the model: no supply, no debug port.
 */
import type { ChipMemories } from '../block.js';
import { bit, bits, choice, registerMap } from '../registers/index.js';

export const UICR_BASE = 0x1000_1000;
const ERASED = 0xffff_ffff;
const PROTECTION = { Disabled: 0xff, Enabled: 0x00 } as const;

const DEBUG = { Disabled: 0x00, Enabled: 0xff } as const;

export const UICR = registerMap({
  CLENR0:    { at: 0x000, reset: ERASED },   // nRF51
  RBPCONF:   { at: 0x004, reset: ERASED, raz: false, fields: { PR0: choice(0, 7, PROTECTION), PALL: choice(8, 15, PROTECTION) } },   // nRF51
  XTALFREQ:  { at: 0x008, reset: ERASED, raz: false, fields: { XTALFREQ: choice(0, 7, { '16MHz': 0xff, '32MHz': 0x00 }) } },         // nRF51
  FWID:      { at: 0x010, reset: ERASED, raz: false, fields: { FWID: bits(0, 15) } },                                               // nRF51
  NRFFW:     { at: 0x014, reset: Array<number>(15).fill(ERASED), count: 15 },   // nRF52: 13; NRFFW[0] is the bootloader's address
  NRFHW:     { at: 0x050, reset: Array<number>(12).fill(ERASED), count: 12 },
  CUSTOMER:  { at: 0x080, reset: Array<number>(32).fill(ERASED), count: 32 },
  PSELRESET: { at: 0x200, reset: [ERASED, ERASED], count: 2, raz: false, fields: { PIN: bits(0, 4), PORT: bit(5), CONNECT: choice(31, 31, { Disconnected: 1, Connected: 0 }) } },
  APPROTECT: { at: 0x208, reset: ERASED, raz: false, fields: { PALL: choice(0, 7, PROTECTION) } },
  NFCPINS:   { at: 0x20c, reset: ERASED, raz: false, fields: { PROTECT: choice(0, 0, { Disabled: 0, NFC: 1 }) } },
  DEBUGCTRL: { at: 0x210, reset: ERASED, raz: false, fields: { CPUNIDEN: choice(0, 7, DEBUG), CPUFPBEN: choice(8, 15, DEBUG) } },
  REGOUT0:   { at: 0x304, reset: ERASED, raz: false, fields: { VOUT: choice(0, 2, { '1V8': 0, '2V1': 1, '2V4': 2, '2V7': 3, '3V0': 4, '3V3': 5, DEFAULT: 7 }) } },
});

/** A word of UICR as it stands in flash; erased where the chip has none. */
export function uicrWord(memories: ChipMemories, name: keyof typeof UICR.spec, index = 0): number {
  const address = UICR_BASE + UICR.offsetOf(name, index);
  const memory = memories.find(address, 4);
  if (!memory) return ERASED;
  const at = address - memory.base;
  return new DataView(memory.data.buffer, memory.data.byteOffset).getUint32(at, true);
}

/** The pad that resets the chip when low, as PSEL registers name it: only where both registers agree. */
export function resetPinOf(memories: ChipMemories): number {
  const [first, second] = [uicrWord(memories, 'PSELRESET', 0), uicrWord(memories, 'PSELRESET', 1)];
  return first === second ? first : ERASED;
}
