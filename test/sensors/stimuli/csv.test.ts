import { describe, expect, it } from 'vitest';
import { played, readCsv } from '../../../emulator/sensors/stimuli/csv.js';

const RECORDING = 'time_ms,ax_g,gz\n100,0,10\n200,1,20\n400,-1,20\n';

describe('a CSV recording', () => {
  it('has its quantities in their units, from its first row on', () => {
    const { seconds, values } = readCsv(RECORDING, 'x.csv');
    expect([[...seconds].map((at) => Math.round(at * 1000)), [...values.get('acceleration.x')!], [...values.get('rotation.z')!]])
      .toEqual([[0, 100, 300], [0, 9.80665, -9.80665], [10, 20, 20]]);
  });

  it('changes linearly between its rows, and stays before and after them', () => {
    const stimulus = played(readCsv(RECORDING, 'x.csv'), 'rotation.z', { startSeconds: 1, isLooped: false }, 1000);
    expect([0, 1000, 1050, 1100, 9000].map((at) => Math.round(stimulus(at)))).toEqual([10, 10, 15, 20, 20]);
  });

  it('may have its gaps bridged by straight lines, and rows that go back left out', () => {
    const { seconds, values } = readCsv('time,ax\n0,1\n1,\n2,NaN\n1.5,7\n3,4\n4,x\n', 'x.csv', 'bridge');
    expect([[...seconds], [...values.get('acceleration.x')!]]).toEqual([[0, 1, 2, 3, 4], [1, 2, 3, 4, 4]]);
  });

  it.each([
    ['measured twice', 'time,ax,ax_g\n0,1,1\n', 'x.csv: two columns are acceleration.x'],
    ['of nothing', 'time\n0\n', 'x.csv: nothing is measured in it'],
    ['without rows', 'time,ax\n', 'x.csv: there are no rows in it'],
    ['without time', 'ax\n1\n', 'x.csv: no column "time"'],
    ['with an unknown column', 'time,speed\n0,1\n', 'x.csv: no quantity is called "speed"'],
    ['with a gap', 'time,ax\n0,1\n1,\n', 'x.csv: row 3, column ax: nothing there'],
    ['with a word', 'time,ax\n0,NaN\n', 'x.csv: row 2, column ax: "NaN" is no number'],
    ['that goes back in time', 'time,ax\n1,1\n0,1\n', 'x.csv: row 3: its time is not after the row before'],
  ])('%s is refused with its line', (_, text, message) => {
    expect(() => readCsv(text, 'x.csv')).toThrow(message);
  });
});
