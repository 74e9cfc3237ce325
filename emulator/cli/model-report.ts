/** What `thumbelina model` prints: a table of layers, totals, and the outputs of the last run. */
import { realValues, storedValues, type Model, type ModelReport, type Tensor } from '../models/index.js';

const TOP = 5;

export function modelText(name: string, model: Model, report: ModelReport, origins: readonly string[], labels: readonly string[] | undefined): string {
  const lines = [
    `${name} on ${report.board} (${report.core}, ${report.clockHz / 1e6} MHz)`,
    ...model.inputs.map((tensor, i) => `input ${i}  ${describe(tensor)}: ${origins[i]}`),
    '',
    ...layerTable(report),
    '',
    ...totals(report),
    '',
    ...outputLines(model, report, labels),
  ];
  return `${lines.join('\n')}\n`;
}

export function modelJson(name: string, model: Model, report: ModelReport, origins: readonly string[], labels: readonly string[] | undefined): string {
  const tensor = ({ name: own, type, shape, quantisation }: Tensor): object => ({ name: own, type, shape, ...(quantisation === undefined ? {} : { quantisation }) });
  const { outputs, energy, ...figures } = report;
  return `${JSON.stringify({
    model: name, ...figures, energy: energy ?? null, microjoules: report.microjoules ?? null,
    inputs: model.inputs.map((one, i) => ({ ...tensor(one), origin: origins[i] })),
    outputs: model.outputs.map((one, i) => ({ ...tensor(one), top: top(one, outputs[outputs.length - 1][i], labels) })),
    outputsOfRuns: outputs.map((ofRun) => ofRun.map((bytes, i) => [...storedValues(model.outputs[i], bytes)])),
  }, null, 2)}\n`;
}

function layerTable({ layers, energy }: ModelReport): string[] {
  const rows = [
    ['layer', 'operator', 'output', 'MACs', 'cycles', 'cycles/MAC', ...(energy === undefined ? [] : ['microjoules'])],
    ...layers.map(({ index, operator, outputShape, macs, cycles, microjoules }) => [
      String(index), operator, outputShape.join('x') || '1', macs === 0 ? '-' : whole(macs), whole(cycles), ratio(cycles, macs),
      ...(microjoules === undefined ? [] : [microjoules.toFixed(3)]),
    ]),
  ];
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  // Words to the left, numbers to the right.
  return rows.map((row) => row.map((cell, column) => (column === 1 || column === 2 ? cell.padEnd(widths[column]) : cell.padStart(widths[column]))).join('  ').trimEnd());
}

function totals(report: ModelReport): string[] {
  const { macs, cycles, cyclesOfRuns, seconds, microjoules, energy, flash, ram, weightBytes, clockHz, chip } = report;
  const runs = cyclesOfRuns.length;
  return [
    `total    ${whole(macs)} MACs, ${whole(cycles)} cycles, ${ratio(cycles, macs)} cycles/MAC${runs === 1 ? '' : ` (mean of ${runs} runs: ${whole(Math.min(...cyclesOfRuns))} to ${whole(Math.max(...cyclesOfRuns))})`}`,
    `latency  ${milliseconds(seconds)} at ${clockHz / 1e6} MHz, memory without wait states`,
    energy === undefined || microjoules === undefined
      ? `energy   not known for this chip: ${chip} has no current of its running core in its chip file`
      : `energy   ${microjoules.toFixed(1)} microjoules at ${energy.microamps / 1000} mA and ${energy.millivolts / 1000} V (${energy.confidence}: ${energy.source})`,
    `RAM      ${whole(ram.totalBytes - ram.leftBytes)} of ${whole(ram.totalBytes)} bytes: arena ${whole(ram.arenaBytes)}, runner's stack and data ${whole(ram.fixedBytes)}; ${whole(ram.leftBytes)} left`,
    `flash    ${whole(flash.totalBytes - flash.leftBytes)} of ${whole(flash.totalBytes)} bytes: model ${whole(flash.modelBytes)} (weights ${whole(weightBytes)}), runner with all operators ${whole(flash.imageBytes)}; ${whole(flash.leftBytes)} left`,
  ];
}

function outputLines(model: Model, { outputs }: ModelReport, labels: readonly string[] | undefined): string[] {
  const last = outputs[outputs.length - 1];
  return model.outputs.flatMap((tensor, i) => [
    `output ${i}  ${describe(tensor)}${outputs.length > 1 ? `, run ${outputs.length - 1}` : ''}${tensor.elements > TOP ? `, largest ${TOP}` : ''}:`,
    ...top(tensor, last[i], labels).map(({ index, label, value, stored }) => `  ${String(index).padStart(5)}  ${label === undefined ? '' : `${label}  `}${significant(value)}${tensor.quantisation === undefined ? '' : ` (${stored})`}`),
  ]);
}

interface TopValue { readonly index: number; readonly label?: string; readonly value: number; readonly stored: number }

/** The largest values, largest first; of equals the first. */
function top(tensor: Tensor, bytes: Uint8Array, labels: readonly string[] | undefined): TopValue[] {
  const [stored, real] = [storedValues(tensor, bytes), realValues(tensor, bytes)];
  const order = Array.from(real.keys()).sort((a, b) => real[b] - real[a] || a - b).slice(0, TOP);
  return order.map((index) => ({ index, ...(labels?.[index] === undefined ? {} : { label: labels[index] }), value: real[index], stored: stored[index] }));
}

function describe({ name, type, shape, quantisation }: Tensor): string {
  const scaled = quantisation === undefined ? '' : `, scale ${significant(quantisation.scale)}, zero point ${quantisation.zeroPoint}`;
  return `${name} ${type} [${shape.join(', ')}]${scaled}`;
}

const whole = (value: number): string => Math.round(value).toLocaleString('en-US').replaceAll(',', ' ');
const ratio = (cycles: number, macs: number): string => (macs === 0 ? '-' : (cycles / macs).toFixed(2));
const milliseconds = (seconds: number): string => `${(seconds * 1000).toPrecision(4)} ms`;
const significant = (value: number): string => String(Number(value.toPrecision(6)));
