/**
 * How well the kws sample hears, measured through the emulated board: each held-out clip is played to its microphone, and what it says
 * on its serial port counts. The samples that its DMA stored then go to the same C code on this machine (hear-host), which must agree.
 *
 *   npx tsx test/firmware-samples/accuracy/kws.ts DATA [--clips 498] [--elf FILE] [--snr DB]
 *
 * DATA: the folder that has speech/labels.csv and speech/test. The rule: after half a second of silence the clip plays; then it is
 * silent for 1 s. A line "heard ..." in that time is the answer, the surest if there are several; none means _silence_.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { fileURLToPath } from 'node:url';
import { createMachine, loadFirmware, parseBoard, parseStimuli, stimulusFrom, type FirmwareImage, type Machine } from '../../../emulator/index.js';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const CLASSES = ['down', 'go', 'left', 'no', 'off', 'on', 'right', 'stop', 'up', 'yes', '_silence_', '_unknown_'];
const SAID: Readonly<Record<string, string>> = { unknown: '_unknown_' };
const HOP_SAMPLES = 320;
const RING_HOPS = 16;
const LEAD_SECONDS = 0.5;
const TAIL_SECONDS = 1;
const STEP_SECONDS = 0.1;
/** A word may begin anywhere in the period between two runs of the network: at so many places, one after the other. */
const PHASES = 10;
const PERIOD_SECONDS = 0.12;

const STRIDE = 181;

interface Clip { readonly file: string; readonly label: string }
interface Answer { readonly word: string; readonly percent: number; readonly hops: number }

function testClips(data: string): Clip[] {
  const lines = readFileSync(join(data, 'speech/labels.csv'), 'utf8').split('\n');
  return lines.map((line) => line.split(',')).filter(([, split]) => split === 'test').map(([file, , label]) => ({ file: join(data, 'speech', file), label }))
    .sort((a, b) => (a.file < b.file ? -1 : 1));
}

const surest = (answers: readonly Answer[]): string => {
  if (answers.length === 0) return '_silence_';
  const { word } = answers.reduce((best, answer) => (answer.percent > best.percent ? answer : best));
  return SAID[word] ?? word;
};

/** The board, switched on and listening to silence; each clip begins from there. */
class Ears {
  private readonly machine: Machine;
  private readonly start: Uint8Array;
  private readonly lead: readonly Buffer[];
  private readonly addresses: { readonly hops: number; readonly filled: number };
  private text = '';
  private samples: Buffer[] = [];

  constructor(image: FirmwareImage) {
    const read = (name: string): { text: string; fileName: string } => ({ text: readFileSync(join(ROOT, 'boards', name), 'utf8'), fileName: name });
    this.machine = createMachine(parseBoard(read('nano33ble.yaml').text, 'nano33ble.yaml', (chip) => read(`chips/${chip}.yaml`)));
    this.machine.load(image);
    const addressOf = (name: string): number => {
      const symbol = image.symbols.find((each) => each.name === name);
      if (symbol === undefined) throw new Error(`the image has no symbol ${name}: is it kws.nano33ble.elf?`);
      return symbol.address;
    };
    this.addresses = { hops: addressOf('hops'), filled: addressOf('filled') };
    this.machine.serials.find(({ name }) => name === 'serial1')!.onByte((byte) => { this.text += String.fromCharCode(byte); });
    this.run(LEAD_SECONDS);
    this.start = this.machine.snapshot();
    this.lead = this.samples;
  }

  /** @returns what it said, and the samples it got */
  async listen(file: string, phase: number, snrDb: number | undefined): Promise<{ lines: string; samples: Buffer; load: number }> {
    const { machine } = this;
    machine.restore(this.start);
    this.text = '';
    this.samples = this.lead.slice();
    const at = LEAD_SECONDS + (phase * PERIOD_SECONDS) / PHASES;
    const modifiers = snrDb === undefined ? [] : [{ kind: 'noise', snrDb, seed: 1 }];
    const stimuli = await stimulusFrom(parseStimuli({ stimuli: [{ source: { kind: 'file', file }, at, modifiers }] }, file), { bytesOf: (name) => readFileSync(name) });
    stimuli.applyTo(machine.inputs, machine.rootHz);
    this.run(at + 1 + TAIL_SECONDS);
    const busy = [...this.text.matchAll(/at most (\d+) %/g)].map((match) => Number(match[1]));
    return { lines: this.text, samples: Buffer.concat(this.samples), load: Math.max(0, ...busy) };
  }

  /** Runs on to that second, and takes each hop before the ring comes round to it. */
  private run(seconds: number): void {
    const { machine } = this;
    for (let until = machine.now(); until < seconds * machine.rootHz;) {
      until = Math.min(Math.round(until + STEP_SECONDS * machine.rootHz), Math.round(seconds * machine.rootHz));
      machine.run(until);
      for (const filled = this.word(this.addresses.filled); this.samples.length < filled;) this.samples.push(this.hop(this.samples.length));
    }
  }

  private word(address: number): number {
    return this.machine.core.peek(address, 4)!;
  }

  private hop(number: number): Buffer {
    const words = Int32Array.from({ length: HOP_SAMPLES / 2 }, (_, i) => this.word(this.addresses.hops + (number % RING_HOPS) * HOP_SAMPLES * 2 + 4 * i));
    return Buffer.from(words.buffer);
  }
}

function answersOf(lines: string): Answer[] {
  return [...lines.matchAll(/heard (\S+) (\d+) % at ([\d.]+) s/g)].map(([, word, percent, seconds]) => ({ word, percent: Number(percent), hops: Math.round(Number(seconds) / 0.02) }));
}

/** The host's answers for each file of samples. */
function hostAnswers(files: readonly string[], folder: string): Answer[][] {
  const made = spawnSync('make', ['-s', '-C', join(ROOT, 'firmware-samples/kws'), `OUT=${folder}`, join(folder, 'hear-host')], { encoding: 'utf8' });
  if (made.status !== 0) throw new Error(`hear-host does not build: ${made.stderr}`);
  const heard = spawnSync(join(folder, 'hear-host'), files, { encoding: 'utf8', maxBuffer: 1e8 });
  if (heard.status !== 0) throw new Error(`hear-host: ${heard.stderr}`);
  return heard.stdout.trimEnd().split('\n').map((line) => [...line.matchAll(/(\S+) (\d+) % (\d+)/g)].map(([, word, percent, hops]) => ({ word, percent: Number(percent), hops: Number(hops) })));
}

function confusion(labels: readonly string[], guesses: readonly string[]): string {
  const rows = CLASSES.map((label) => {
    const counts = CLASSES.map((guess) => labels.filter((each, i) => each === label && guesses[i] === guess).length);
    return `| ${label} | ${counts.join(' | ')} |`;
  });
  return [`| said \\ heard | ${CLASSES.join(' | ')} |`, `| --- |${' ---: |'.repeat(CLASSES.length)}`, ...rows].join('\n');
}

async function main(): Promise<void> {
  const { values, positionals: [data] } = parseArgs({ allowPositionals: true, options: { clips: { type: 'string' }, elf: { type: 'string' }, snr: { type: 'string' } } });
  if (data === undefined) throw new Error('name the folder that has speech/labels.csv');
  const all = testClips(data);
  const count = Math.min(all.length, Number(values.clips ?? all.length));
  // Every class early on, so that what has been counted so far means something: a step that has no divisor in common with the number.
  const clips = Array.from({ length: count }, (_, i) => all[(i * STRIDE) % all.length]);
  const elf = values.elf ?? join(ROOT, 'firmware-samples/kws/kws.nano33ble.elf');
  const ears = new Ears(loadFirmware(readFileSync(elf), { name: elf }));
  const folder = mkdtempSync(join(tmpdir(), 'kws-accuracy-'));
  try {
    const answers: Answer[][] = [];
    let load = 0;
    let missed = 0;
    const files = clips.map((_, i) => join(folder, `${i}.raw`));
    for (const [i, { file }] of clips.entries()) {
      const { lines, samples, load: busiest } = await ears.listen(file, i % PHASES, values.snr === undefined ? undefined : Number(values.snr));
      answers.push(answersOf(lines));
      load = Math.max(load, busiest);
      missed += /missed/.test(lines) ? 1 : 0;
      writeFileSync(files[i], samples);
      if (i % 20 === 19) process.stderr.write(`${i + 1} of ${count} clips, ${answers.filter((each, j) => surest(each) === clips[j].label).length} right\n`);
    }
    const labels = clips.map(({ label }) => label);
    const guesses = answers.map(surest);
    const host = hostAnswers(files, folder);
    const right = guesses.filter((guess, i) => guess === labels[i]).length;
    const agreed = guesses.filter((guess, i) => guess === surest(host[i])).length;
    const same = answers.filter((each, i) => JSON.stringify(each) === JSON.stringify(host[i])).length;
    const share = (n: number): string => `${((100 * n) / count).toFixed(1)} %`;
    console.log(confusion(labels, guesses));
    console.log(`\naccuracy through the board: ${right} of ${count}, ${share(right)}`);
    console.log(`the host agrees on ${agreed} clips, ${share(agreed)}; with the same words, percentages and times on ${same}`);
    console.log(`more than one answer: ${answers.filter(({ length }) => length > 1).length}; load at most ${load} %; clips with missed buffers: ${missed}`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

await main();
