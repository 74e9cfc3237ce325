/** What wakes the chip from System OFF beside its pads: the block concerned raises it whenever it happens, POWER decides. */
import type { SharedKind } from '../block.js';

export type WakeSource = 'OFF' | 'LPCOMP' | 'DIF' | 'NFC' | 'VBUS';

export class WakeUp {
  /** POWER's. */
  onRaise: ((source: WakeSource) => void) | undefined;

  raise(source: WakeSource): void {
    this.onRaise?.(source);
  }
}

export const WAKE_UP: SharedKind<WakeUp> = { make: () => new WakeUp() };
