import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Exception } from '../../../../emulator/cores/cortex-m/fault.js';
import { LoneSystem, REG } from './lone-system.js';

const ENABLE = 1;
const TICKINT = 2;
const CLKSOURCE = 4;
const COUNTFLAG = 1 << 16;

/** Counting from RELOAD down, with CVR cleared first as firmware does. */
function counting(reload: number, csr: number, lone = new LoneSystem('cortex-m4')) {
  lone.write(REG.SYST_RVR, reload);
  lone.write(REG.SYST_CVR, 0x123456);
  lone.write(REG.SYST_CSR, csr);
  return lone;
}

const isPending = (lone: LoneSystem): boolean => lone.exceptions.state.pending.has(Exception.SysTick);

describe('counting (B3.3.1)', () => {
  it('reloads on the clock after the write of CVR, then counts down to 0 and reloads', () => {
    const lone = counting(3, ENABLE | CLKSOURCE);
    const seen = Array.from({ length: 10 }, () => {
      const value = lone.read(REG.SYST_CVR);
      lone.time.advance(1);
      return value;
    });
    expect(seen).toEqual([0, 3, 2, 1, 0, 3, 2, 1, 0, 3]);
  });

  it('sets COUNTFLAG on the step from 1 to 0, and a read of CSR clears it', () => {
    const lone = counting(3, ENABLE | CLKSOURCE);
    lone.time.advance(3);
    expect(lone.read(REG.SYST_CSR)).toBe(ENABLE | CLKSOURCE);
    lone.time.advance(1);
    expect(lone.peek(REG.SYST_CSR)).toBe(COUNTFLAG | ENABLE | CLKSOURCE);
    expect([lone.read(REG.SYST_CSR), lone.read(REG.SYST_CSR)]).toEqual([COUNTFLAG | ENABLE | CLKSOURCE, ENABLE | CLKSOURCE]);
  });

  it('a write of CVR clears COUNTFLAG and pends nothing', () => {
    const lone = counting(3, ENABLE | CLKSOURCE);
    lone.time.advance(4);
    lone.write(REG.SYST_CVR, 0);
    expect([lone.read(REG.SYST_CSR) & COUNTFLAG, isPending(lone)]).toEqual([0, false]);
  });

  it('pends the exception every RELOAD + 1 clocks, exactly on the edge', () => {
    const lone = counting(99, ENABLE | TICKINT | CLKSOURCE);
    const at: number[] = [];
    for (let t = 1; t <= 350; t++) {
      lone.time.advance(1);
      if (isPending(lone)) {
        at.push(t);
        lone.exceptions.unpend(Exception.SysTick);
      }
    }
    expect(at).toEqual([100, 200, 300]);
  });

  it('schedules nothing without TICKINT', () => {
    const lone = counting(99, ENABLE | CLKSOURCE);
    expect(lone.time.queue.nextDue()).toBe(Infinity);
  });

  it('stops after 0 when RELOAD is 0', () => {
    const lone = counting(5, ENABLE | TICKINT | CLKSOURCE);
    lone.time.advance(2);
    lone.write(REG.SYST_RVR, 0);
    lone.time.advance(4);
    expect([isPending(lone), lone.read(REG.SYST_CVR)]).toEqual([true, 0]);
    lone.exceptions.unpend(Exception.SysTick);
    lone.time.advance(100);
    expect([isPending(lone), lone.read(REG.SYST_CVR)]).toEqual([false, 0]);
  });

  it('a new RELOAD counts from the next reload on', () => {
    const lone = counting(9, ENABLE | CLKSOURCE);
    lone.time.advance(5); // 5 ticks in: value 5
    lone.write(REG.SYST_RVR, 2);
    expect(lone.read(REG.SYST_CVR)).toBe(5);
    lone.time.advance(6);
    expect(lone.read(REG.SYST_CVR)).toBe(2);
  });

  it('keeps its value while disabled', () => {
    const lone = counting(9, ENABLE | CLKSOURCE);
    lone.time.advance(4);
    lone.write(REG.SYST_CSR, CLKSOURCE);
    lone.time.advance(50);
    expect(lone.read(REG.SYST_CVR)).toBe(6);
    lone.write(REG.SYST_CSR, ENABLE | CLKSOURCE);
    lone.time.advance(1);
    expect(lone.read(REG.SYST_CVR)).toBe(5);
  });

  it('agrees with a counter stepped clock by clock', () => {
    fc.assert(fc.property(
      fc.integer({ min: 0, max: 20 }),
      fc.array(fc.record({ wait: fc.integer({ min: 0, max: 40 }), act: fc.constantFrom('CVR', 'RVR', 'off', 'on', 'read'), value: fc.integer({ min: 0, max: 20 }) }), { maxLength: 20 }),
      (reload, steps) => {
        const lone = counting(reload, ENABLE | CLKSOURCE);
        const model = { value: 0, reload, on: true, flag: false };
        const clock = () => {
          if (!model.on) return;
          if (model.value === 0) model.value = model.reload;
          else if (--model.value === 0) model.flag = true;
        };
        for (const { wait, act, value } of steps) {
          for (let n = 0; n < wait; n++) clock();
          lone.time.advance(wait);
          if (act === 'CVR') { lone.write(REG.SYST_CVR, value); model.value = 0; model.flag = false; }
          if (act === 'RVR') { lone.write(REG.SYST_RVR, value); model.reload = value; }
          if (act === 'off' || act === 'on') { lone.write(REG.SYST_CSR, CLKSOURCE | (act === 'on' ? ENABLE : 0)); model.on = act === 'on'; }
          expect(lone.read(REG.SYST_CVR)).toBe(model.value);
          if (act === 'read') {
            expect((lone.read(REG.SYST_CSR) & COUNTFLAG) !== 0).toBe(model.flag);
            model.flag = false;
          }
        }
      },
    ));
  });
});

describe('clock source and calibration (B3.3.3, B3.3.6)', () => {
  it('without a reference clock CLKSOURCE and NOREF read as one', () => {
    const lone = new LoneSystem('cortex-m4');
    lone.write(REG.SYST_CSR, 0);
    expect([lone.read(REG.SYST_CSR), lone.read(REG.SYST_CALIB)]).toEqual([CLKSOURCE, 0x8000_0000]);
  });

  it('the reference clock counts its own ticks', () => {
    const systick = { present: true, referenceClock: true, tenms: 999, skew: true };
    const lone = counting(9, ENABLE | TICKINT, new LoneSystem('cortex-m4', { systick }));
    expect(lone.read(REG.SYST_CALIB)).toBe(0x4000_03e7);
    lone.time.advance(99); // the reference runs at a tenth of the processor clock
    expect(isPending(lone)).toBe(false);
    lone.time.advance(1);
    expect(isPending(lone)).toBe(true);
  });

  it('a changed clock goes on from the same count', () => {
    const lone = new LoneSystem('cortex-m4');
    const hclk = lone.clocks.clock('HCLK');
    hclk.onChange(() => lone.system.systick.clockChanged());
    counting(99, ENABLE | TICKINT | CLKSOURCE, lone);
    lone.time.advance(50);
    hclk.stop();
    lone.time.advance(1000);
    expect([lone.read(REG.SYST_CVR), isPending(lone)]).toEqual([50, false]);
    hclk.start();
    lone.time.advance(50);
    expect(isPending(lone)).toBe(true);
  });
});
