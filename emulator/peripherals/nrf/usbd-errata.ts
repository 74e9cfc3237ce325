/**
 * Registers that no Product Specification names, which Nordic's libraries write to work around USBD's errata. Source: nRF52840
 * Errata v1.x, 171 (USBD may not power up) and 187 (USBD cannot be enabled): their workarounds unlock 0x4006EC14 and 0x4006ED14
 * by writing 0x9375 to 0x4006EC00, and the same again locks them. That the lock reads 0 while locked follows from the workarounds.
 * The errata themselves are not modelled: these values change nothing.
 */
import { z } from 'zod';
import type { Snapshot } from '../../bus/types.js';
import { defineBlock, RegisterPeripheral, type BlockContext } from '../block.js';
import { RegisterBlock, registerMap } from '../registers/index.js';

const KEY = 0x9375;

export const USBD_ERRATA = registerMap({
  LOCK:     { at: 0xc00 },
  ERRATA171: { at: 0xc14 },
  ERRATA187: { at: 0xd14 },
});

export class UsbdErrata extends RegisterPeripheral {
  protected readonly registers;

  constructor(context: BlockContext) {
    super();
    const { name, base, size, warnings } = context;
    const stored = (register: 'LOCK' | 'ERRATA171' | 'ERRATA187'): Uint32Array => this.registers.storage(register);
    const keepIfLocked = (register: 'ERRATA171' | 'ERRATA187', old: number): void => { if (stored('LOCK')[0] === 0) stored(register)[0] = old; };
    this.registers = new RegisterBlock(USBD_ERRATA, {
      instance: name, base, size, warnings,
      onWrite: {
        LOCK: (value, _index, old) => { stored('LOCK')[0] = value === KEY ? old ^ 1 : old; },
        ERRATA171: (_value, _index, old) => keepIfLocked('ERRATA171', old),
        ERRATA187: (_value, _index, old) => keepIfLocked('ERRATA187', old),
      },
    });
  }

  override reset(): void { this.registers.reset(); }
  override snapshot(): Snapshot { return this.registers.snapshot(); }
  override restore(from: Snapshot): void { this.registers.restore(from); }
}

export const USBD_ERRATA_BLOCK = defineBlock({ options: z.strictObject({}), create: (context) => new UsbdErrata(context) });
