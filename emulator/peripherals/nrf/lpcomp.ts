/**
 * Nordic LPCOMP: a slow comparator that can wake the chip.
 * Source: nRF52840 Product Specification v1.1, LPCOMP; nRF51 Reference Manual v3.0, LPCOMP (seven shares of the supply, no
 * HYST). Not modelled: waking from System OFF by ANADETECT. The response is at once; on silicon it takes about 5 us.
 * Start-up time and hysteresis are the specification's typical values; nothing public confirmed them.
 */
import { z } from 'zod';
import type { Snapshot } from '../../bus/types.js';
import type { RootTicks } from '../../time/types.js';
import { defineBlock, partFrom, RegisterPeripheral, type BlockContext } from '../block.js';
import { bit, choice, registerMap, type RegisterMap } from '../registers/index.js';
import { AnalogInputs, type Family } from './analog-inputs.js';
import type { Comparison } from '../comparator.js';
import { COMPARATOR_REGISTERS, COMPARATOR_SHORTS, ComparatorBlock } from './comparator-block.js';
import { PADS } from './pads.js';
import { POWER_SWITCH, switchPower } from './power-switch.js';
import { TaskEvents } from './task-events.js';

const COMMON = {
  ...COMPARATOR_REGISTERS,
  INTENSET:     { at: 0x304, kind: 'w1s', fields: { READY: bit(0), DOWN: bit(1), UP: bit(2), CROSS: bit(3) } },
  INTENCLR:     { at: 0x308, kind: 'clearBits', of: 'INTENSET' },
  ENABLE:       { at: 0x500, fields: { ENABLE: choice(0, 1, { Disabled: 0, Enabled: 1 }) } },
  PSEL:         { at: 0x504, fields: { PSEL: choice(0, 2, { AnalogInput0: 0, AnalogInput1: 1, AnalogInput2: 2, AnalogInput3: 3, AnalogInput4: 4, AnalogInput5: 5, AnalogInput6: 6, AnalogInput7: 7 }) } },
} as const;
const LATER = {
  EXTREFSEL:    { at: 0x50c, fields: { EXTREFSEL: choice(0, 0, { AnalogReference0: 0, AnalogReference1: 1 }) } },
  ANADETECT:    { at: 0x520, unmodelled: true, fields: { ANADETECT: choice(0, 1, { Cross: 0, Up: 1, Down: 2 }) } },
} as const;
const EIGHTHS = { Ref1_8Vdd: 0, Ref2_8Vdd: 1, Ref3_8Vdd: 2, Ref4_8Vdd: 3, Ref5_8Vdd: 4, Ref6_8Vdd: 5, Ref7_8Vdd: 6, ARef: 7 } as const;

export const LPCOMP = registerMap({
  ...COMMON,
  REFSEL:       { at: 0x508, reset: 4, fields: { REFSEL: choice(0, 3, {
    ...EIGHTHS, Ref1_16Vdd: 8, Ref3_16Vdd: 9, Ref5_16Vdd: 10, Ref7_16Vdd: 11, Ref9_16Vdd: 12, Ref11_16Vdd: 13, Ref13_16Vdd: 14, Ref15_16Vdd: 15,
  }) } },
  ...LATER,
  HYST:         { at: 0x538, fields: { HYST: bit(0) } },
  ...POWER_SWITCH,
});

export const LPCOMP_NRF51 = registerMap({
  ...COMMON,
  REFSEL:       { at: 0x508, fields: { REFSEL: choice(0, 2, {
    SupplyOneEighthPrescaling: 0, SupplyTwoEighthsPrescaling: 1, SupplyThreeEighthsPrescaling: 2, SupplyFourEighthsPrescaling: 3,
    SupplyFiveEighthsPrescaling: 4, SupplySixEighthsPrescaling: 5, SupplySevenEighthsPrescaling: 6, ARef: 7,
  }) } },
  ...LATER,
  ...POWER_SWITCH,
});

type LpcompSpec = typeof LPCOMP.spec;

const ENABLED = 1;
const AREF = 7;
const FIRST_SIXTEENTH = 8;
const HALF_HYSTERESIS = 0.025;
/** Start-up, 140 us in ticks of 16 MHz. */
const STARTUP = 140 * 16;
const STEP = 16 * 16;

export class Lpcomp extends RegisterPeripheral {
  protected readonly registers;
  private readonly events: TaskEvents<LpcompSpec>;
  private readonly inputs: AnalogInputs;
  private readonly comparator: ComparatorBlock;

  constructor(private readonly context: BlockContext, private readonly family: Family) {
    super();
    this.inputs = new AnalogInputs(context.shared(PADS), family);
    this.comparator = new ComparatorBlock(context, STARTUP, STEP, () => this.comparison());
    const changed = (): void => this.comparator.change();
    const map = family === 'nrf51' ? LPCOMP_NRF51 as unknown as RegisterMap<LpcompSpec> : LPCOMP;
    this.events = new TaskEvents(map, context, {
      isEnabled: () => this.isEnabled,
      shorts: COMPARATOR_SHORTS,
      tasks: this.comparator.tasks,
      onWrite: {
        ENABLE: () => { if (!this.isEnabled) this.comparator.stop(); },
        POWER: (on) => switchPower(on !== 0, this, this.registers.storage('POWER')),
        PSEL: changed, REFSEL: changed, EXTREFSEL: changed, HYST: changed,
      },
    });
    this.registers = this.events.registers;
    this.comparator.connect(this.events, this.registers.storage('RESULT'));
    this.reset();
  }

  override get isEnabled(): boolean { return this.registers.get('ENABLE') === ENABLED; }

  override reset(): void {
    this.comparator.reset();
    this.events.reset();
  }

  override snapshot(): Snapshot {
    return { registers: this.events.snapshot(), comparator: this.comparator.snapshot() };
  }

  override restore(from: Snapshot): void {
    const { name } = this.context;
    this.events.restore(partFrom(from, 'registers', name));
    this.comparator.restore(partFrom(from, 'comparator', name));
  }

  private comparison(): Comparison {
    const { registers, inputs } = this;
    const input = inputs.net(registers.get('PSEL'));
    const chosen = registers.get('REFSEL');
    const external = chosen === AREF ? inputs.referenceNet(registers.get('EXTREFSEL')) : undefined;
    const margin = this.family === 'nrf52' && registers.get('HYST') !== 0 ? HALF_HYSTERESIS : 0;
    const share = chosen >= FIRST_SIXTEENTH ? (2 * (chosen - FIRST_SIXTEENTH) + 1) / 16 : (chosen + 1) / 8;
    const difference = (at: RootTicks): number => (input?.volts(at) ?? 0) - (chosen === AREF ? external?.volts(at) ?? 0 : share * inputs.vdd);
    return {
      aboveUpper: (at) => difference(at) - margin,
      belowLower: (at) => -difference(at) - margin,
      nets: [input, external].filter((net) => net !== undefined),
    };
  }
}

export const LPCOMP_BLOCK = defineBlock({
  irqs: ['irq'],
  clocks: ['clk'],
  options: z.strictObject({ family: z.enum(['nrf51', 'nrf52']) }),
  create: (context, { family }) => new Lpcomp(context, family),
});
