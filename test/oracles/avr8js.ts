/** avr8js's decoder as an oracle: its CPU without peripherals, so that all data addresses are memory. */
import { avrInstruction, CPU } from 'avr8js';
import { DATA_BYTES, EIND, EIND_MASK, isAstray, RAMPZ, RAMPZ_MASK, SPL, SREG, takeChanges, type AvrCase, type AvrCore, type AvrEngine, type AvrImage, type AvrResult } from '../fuzz/avr/case.js';
import { Judgement } from '../fuzz/avr/rules.js';

const REGISTER_SPACE = 0x100;

export class Avr8jsOracle implements AvrEngine {
  readonly name = 'avr8js';
  private cpu = new CPU(new Uint16Array(2));
  private isCompared = new Uint8Array();
  private pristine = new Uint8Array();

  constructor(private readonly core: AvrCore) {}

  load({ program, data }: AvrImage, isCompared: Uint8Array): void {
    this.cpu = new CPU(program.slice(), DATA_BYTES - REGISTER_SPACE);
    // It tells the width of the PC by the size of the memory.
    if (this.cpu.pc22Bits !== (this.core === 'avr-pc22')) throw new Error(`avr8js has another width of the PC than ${this.core}`);
    this.cpu.data.set(data);
    this.reduceAddresses();
    this.pristine = data.slice();
    this.isCompared = isCompared.slice();
  }

  run(cases: readonly AvrCase[]): AvrResult[] {
    return cases.map((test) => this.runOne(test));
  }

  private runOne({ state, steps }: AvrCase): AvrResult {
    const { cpu } = this;
    const { data } = cpu;
    data.set(state.r);
    data[SPL] = state.sp & 0xff;
    data[SPL + 1] = state.sp >> 8;
    data[SREG] = state.sreg;
    data[RAMPZ] = state.rampz;
    data[EIND] = state.eind;
    cpu.pc = state.pc;
    cpu.cycles = 0;
    let done = 0;
    let isVoid = false;
    for (let judgement: number = Judgement.on; judgement === Judgement.on && done < steps;) {
      judgement = this.isCompared[cpu.pc];
      if (judgement === Judgement.before) break;
      done++;
      isVoid ||= isAstray(cpu.SP, cpu.dataView.getUint16(26, true), cpu.dataView.getUint16(28, true), cpu.dataView.getUint16(30, true));
      avrInstruction(cpu);
      this.reduce();
    }
    const after = { pc: cpu.pc, sp: data[SPL] | (data[SPL + 1] << 8), sreg: data[SREG], rampz: data[RAMPZ], eind: data[EIND], r: data.slice(0, 32) };
    return { state: after, cycles: cpu.cycles, steps: done, changes: takeChanges(data, this.pristine), isVoid };
  }

  /** Pointers with a displacement, or decremented from 0, lead out of its data memory. */
  private reduceAddresses(): void {
    const { cpu } = this;
    const { readData, writeData } = CPU.prototype;
    cpu.readData = (address) => readData.call(cpu, address & (DATA_BYTES - 1));
    cpu.writeData = (address, value, mask) => writeData.call(cpu, address & (DATA_BYTES - 1), value, mask);
  }

  /** Relative jumps lead below 0, and registers keep bits that the chip does not have. */
  private reduce(): void {
    const { cpu } = this;
    cpu.pc &= cpu.progMem.length - 1;
    if (this.core !== 'avr-pc22') return;
    cpu.data[RAMPZ] &= RAMPZ_MASK;
    cpu.data[EIND] &= EIND_MASK;
  }
}
