/** The devices of an AVR chip without its core: registers by their names, pads, interrupt lines, cycles of 16 MHz. */
import { BLOCKS, type BlockContext } from '../../../emulator/peripherals/index.js';
import type { Line, Peripheral, Snapshot } from '../../../emulator/bus/types.js';
import { Net, Pin } from '../../../emulator/wires/net.js';
import { fakeChip, type FakeChip } from '../../support/block-context.js';

export const CPU_HZ = 16_000_000;
/** Root ticks of a cycle: bits of a UART or SPI have parts. */
export const ROOT_PER_CYCLE = 8;

export interface ChipLine { readonly block: string; readonly registers: Readonly<Record<string, number>>; readonly [option: string]: unknown }

/** Addresses and pins: ATmega328P data sheet DS40002061B, chapter 36 Register Summary and figure 1-1. */
export const ATMEGA328P: Readonly<Record<string, ChipLine>> = {
  portb: { block: 'avr/gpio', port: 'B', registers: { PINB: 0x23, DDRB: 0x24, PORTB: 0x25 } },
  portc: { block: 'avr/gpio', port: 'C', pins: 7, registers: { PINC: 0x26, DDRC: 0x27, PORTC: 0x28 } },
  portd: { block: 'avr/gpio', port: 'D', registers: { PIND: 0x29, DDRD: 0x2a, PORTD: 0x2b } },
  prescaler: { block: 'avr/prescaler', registers: { GTCCR: 0x43 } },
  timer0: {
    block: 'avr/timer8', n: 0, pins: { OCA: 'PD6', OCB: 'PD5', T: 'PD4' },
    registers: { TIFR0: 0x35, TCCR0A: 0x44, TCCR0B: 0x45, TCNT0: 0x46, OCR0A: 0x47, OCR0B: 0x48, TIMSK0: 0x6e },
  },
  timer1: {
    block: 'avr/timer16', n: 1, pins: { OCA: 'PB1', OCB: 'PB2', T: 'PD5', ICP: 'PB0' },
    registers: {
      TIFR1: 0x36, TIMSK1: 0x6f, TCCR1A: 0x80, TCCR1B: 0x81, TCCR1C: 0x82, TCNT1L: 0x84, TCNT1H: 0x85, ICR1L: 0x86, ICR1H: 0x87,
      OCR1AL: 0x88, OCR1AH: 0x89, OCR1BL: 0x8a, OCR1BH: 0x8b,
    },
  },
  timer2: {
    block: 'avr/timer8-async', n: 2, pins: { OCA: 'PB3', OCB: 'PD3', TOSC1: 'PB6' },
    registers: { TIFR2: 0x37, TIMSK2: 0x70, TCCR2A: 0xb0, TCCR2B: 0xb1, TCNT2: 0xb2, OCR2A: 0xb3, OCR2B: 0xb4, ASSR: 0xb6 },
  },
  usart0: {
    block: 'avr/usart', n: 0, pins: { RXD: 'PD0', TXD: 'PD1', XCK: 'PD4' },
    registers: { UCSR0A: 0xc0, UCSR0B: 0xc1, UCSR0C: 0xc2, UBRR0L: 0xc4, UBRR0H: 0xc5, UDR0: 0xc6 },
  },
  external: {
    block: 'avr/external-interrupts', int: ['PD2', 'PD3'],
    pcint: [
      ['PB0', 'PB1', 'PB2', 'PB3', 'PB4', 'PB5', 'PB6', 'PB7'], ['PC0', 'PC1', 'PC2', 'PC3', 'PC4', 'PC5', 'PC6'],
      ['PD0', 'PD1', 'PD2', 'PD3', 'PD4', 'PD5', 'PD6', 'PD7'],
    ],
    registers: { PCIFR: 0x3b, EIFR: 0x3c, EIMSK: 0x3d, PCICR: 0x68, EICRA: 0x69, PCMSK0: 0x6b, PCMSK1: 0x6c, PCMSK2: 0x6d },
  },
  adc: {
    block: 'avr/adc', channels: ['PC0', 'PC1', 'PC2', 'PC3', 'PC4', 'PC5'], registers: { ADCL: 0x78, ADCH: 0x79, ADCSRA: 0x7a, ADCSRB: 0x7b, ADMUX: 0x7c, DIDR0: 0x7e },
  },
  comparator: { block: 'avr/analog-comparator', pins: { AIN0: 'PD6', AIN1: 'PD7' }, registers: { ACSR: 0x50, DIDR1: 0x7f } },
  twi: { block: 'avr/twi', pins: { SDA: 'PC4', SCL: 'PC5' }, registers: { TWBR: 0xb8, TWSR: 0xb9, TWAR: 0xba, TWDR: 0xbb, TWCR: 0xbc, TWAMR: 0xbd } },
  spi: { block: 'avr/spi', pins: { SS: 'PB2', MOSI: 'PB3', MISO: 'PB4', SCK: 'PB5' }, registers: { SPCR: 0x4c, SPSR: 0x4d, SPDR: 0x4e } },
};

export class AvrBench {
  readonly chip: FakeChip;
  readonly levels = new Map<string, boolean>();
  private readonly takers = new Map<string, () => void>();
  private readonly nets = new Map<string, Net>();
  private readonly owners = new Map<string, { readonly device: Peripheral; readonly at: number }>();
  private readonly devices: Peripheral[] = [];
  private root = 0;

  /** @param names of the chip's lines; all that exist by default */
  constructor(names: readonly string[], lines: Readonly<Record<string, ChipLine>> = ATMEGA328P) {
    this.chip = fakeChip({ now: () => this.root }, { rootHz: CPU_HZ * ROOT_PER_CYCLE, clocks: { io: CPU_HZ, adc: CPU_HZ, tosc1: 32_000 } });
    for (const name of names) this.add(name, lines[name]);
    for (const device of this.devices) device.reset();
  }

  get cycles(): number { return Math.floor(this.root / ROOT_PER_CYCLE); }
  get rootTicks(): number { return this.root; }
  get warnings(): readonly string[] { return this.chip.warnings; }

  read(register: string): number {
    const { device, at } = this.owner(register);
    return device.read(at, 1);
  }

  write(register: string, value: number): void {
    const { device, at } = this.owner(register);
    device.write(at, value, 1);
  }

  write16(register: string, value: number): void {
    this.write(`${register}H`, value >> 8);
    this.write(`${register}L`, value & 0xff);
  }

  read16(register: string): number {
    const low = this.read(`${register}L`);
    return (this.read(`${register}H`) << 8) | low;
  }

  tick(cycles: number): void { this.advanceTo(this.root + cycles * ROOT_PER_CYCLE); }

  /** Cycles until the claim holds. */
  cyclesUntil(claim: () => boolean, limit = 1_000_000): number {
    const start = this.cycles;
    while (!claim()) {
      if (this.cycles - start >= limit) throw new Error(`still not so after ${limit} cycles`);
      this.tick(1);
    }
    return this.cycles - start;
  }

  level(line: string): boolean { return this.levels.get(line) ?? false; }
  take(line: string): void { this.takers.get(line)?.(); }

  net(name: string): Net {
    if (!this.nets.has(name)) this.nets.set(name, new Net(name, this.chip.queue, { vdd: 5, warnings: { warn: () => undefined } }));
    return this.nets.get(name)!;
  }

  /** Something outside that drives a pad. */
  outside(name: string): Pin { return new Pin(`outside ${name}`, this.net(name)); }

  /** Cycles and levels of a pad's edges from now on. */
  edges(name: string): [cycle: number, level: number][] {
    const seen: [number, number][] = [];
    this.net(name).onEdge((level, at) => seen.push([at / ROOT_PER_CYCLE, Number(level)]));
    return seen;
  }

  snapshot(): unknown {
    return JSON.parse(JSON.stringify({ devices: this.devices.map((device) => device.snapshot()), nets: [...this.nets.values()].map((net) => net.snapshot()), queue: this.chip.queue.snapshot(), root: this.root, levels: [...this.levels] }));
  }

  restore(saved: unknown): void {
    const { devices, nets, queue, root, levels } = saved as { devices: Snapshot[]; nets: Snapshot[]; queue: Snapshot; root: number; levels: [string, boolean][] };
    this.root = root;
    this.chip.queue.restore(queue);
    [...this.nets.values()].forEach((net, i) => net.restore(nets[i]));
    this.devices.forEach((device, i) => device.restore(devices[i]));
    for (const [line, level] of levels) this.levels.set(line, level);
  }

  device<D extends Peripheral>(index: number): D { return this.devices[index] as D; }

  private add(name: string, { block, ...options }: ChipLine): void {
    const factory = BLOCKS[block];
    const device = factory.create(this.contextOf(name, options['port'] as string | undefined), factory.options.parse(options));
    this.devices.push(device);
    for (const [register, at] of Object.entries(options.registers)) this.owners.set(register, { device, at });
  }

  private contextOf(name: string, port: string | undefined): BlockContext {
    return {
      ...this.chip.contextFor(name, 0),
      net: (index) => (port === undefined ? undefined : this.net(`P${port}${index}`)),
      irq: (line, onTaken): Line => {
        const key = `${name}.${line}`;
        if (onTaken !== undefined) this.takers.set(key, onTaken);
        const { levels } = this;
        return { get level() { return levels.get(key) ?? false; }, set: (level) => void levels.set(key, level) };
      },
    };
  }

  private owner(register: string) {
    const owner = this.owners.get(register);
    if (owner === undefined) throw new Error(`no register ${register} on this bench`);
    return owner;
  }

  private advanceTo(root: number): void {
    const { queue } = this.chip;
    while (queue.nextDue() <= root) {
      this.root = Math.max(this.root, queue.nextDue());
      queue.runDue(this.root);
    }
    this.root = root;
  }
}
