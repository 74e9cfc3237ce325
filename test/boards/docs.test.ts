import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { parseBoard, type SourceText } from '../../emulator/boards/index.js';

const ROOT = new URL('../../', import.meta.url);
const GUIDE = readFileSync(new URL('docs/adding-a-board.md', ROOT), 'utf8');
const EXAMPLE = /```yaml\n(# boards\/greenhouse\.yaml[^]*?)```/.exec(GUIDE)?.[1] ?? '';

function chips(name: string): SourceText {
  return { text: readFileSync(new URL(`boards/chips/${name}.yaml`, ROOT), 'utf8'), fileName: `boards/chips/${name}.yaml` };
}

function parse(text: string): string {
  try {
    return parseBoard(text, 'boards/greenhouse.yaml', chips).name;
  } catch (error) {
    return (error as Error).message;
  }
}

it('the worked example of docs/adding-a-board.md is a board', () => {
  expect(parse(EXAMPLE)).toBe('Greenhouse node');
});

it.each([['pin: D2', 'pin: D3'], ['address:', 'adress:']])('its messages are what one sees: %s written %s', (right, wrong) => {
  expect(GUIDE).toContain(parse(EXAMPLE.replace(right, wrong)));
});
