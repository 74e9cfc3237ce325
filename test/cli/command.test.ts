/** The command as a user meets it: a process with arguments, streams and an exit code. The machine is a fake. */
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CommandUnderTest } from './fake/command.js';

const command = new CommandUnderTest();
beforeAll(() => command.build());
afterAll(() => command.remove());

const run = (script: readonly object[], args: readonly string[] = [], options = {}) =>
  command.start(['run', command.firmware(script, `${script.length}-${Math.random()}.json`), '--board', 'nano33ble', ...args], options);

describe('exit codes', () => {
  it.each([
    ["the firmware's own status",            [{ exit: 7 }], [], 7],
    ["the low 8 bits of it",                 [{ exit: 0x1_0003 }], [], 3],
    ['0 for --until',                        [{ say: 'all PASS\n' }, { forever: true }], ['--until', 'PASS'], 0],
    ['0 for sleeping for ever',              [{ idle: true }], [], 0],
    ['42 for --timeout',                     [{ forever: true }], ['--timeout', '1s'], 42],
    ['43 for --fail-on',                     [{ say: 'FAIL' }, { say: 'PASS' }], ['--fail-on', 'FAIL', '--until', 'PASS'], 43],
    ['43 for a second --fail-on',            [{ say: 'panic' }, { exit: 0 }], ['--fail-on', 'FAIL', '--fail-on', 'panic'], 43],
    ['44 for a lockup',                      [{ lockup: 'fault in HardFault' }], [], 44],
    ['44 for a fault with --stop-on-fault',  [{ fault: 'division by zero' }], ['--stop-on-fault'], 44],
    ['45 for status 0 without the text',     [{ say: 'PAS' }, { exit: 0 }], ['--until', 'PASS'], 45],
    ['45 for sleeping without the text',     [{ idle: true }], ['--until', 'PASS'], 45],
    ['its own status, even without the text', [{ exit: 9 }], ['--until', 'PASS'], 9],
    ['70 for a mistake of ours',             [{ crash: true }], [], 70],
  ])('%s', async (_, script, args, code) => {
    expect((await run(script, args)).code).toBe(code);
  });

  it('130 for Ctrl-C, soon, with the report written', async () => {
    const report = command.path('interrupted.json');
    const ended = await run([{ say: 'x' }, { busy: 1 }], ['--report', report], { signal: 'SIGINT' });
    expect(ended.code).toBe(130);
    // Not a measurement: a run that went on to its next event, or to its end, would take much longer.
    expect(ended.milliseconds).toBeLessThan(5000);
    expect(JSON.parse(readFileSync(report, 'utf8'))).toMatchObject({ end: { kind: 'interrupted', exitCode: 130 } });
  });

  it('143 for SIGTERM', async () => {
    expect((await run([{ say: 'x' }, { forever: true }], [], { signal: 'SIGTERM' })).code).toBe(143);
  });

  it('141, silently, when the reader of standard output has gone', async () => {
    const ended = await run([...Array<object>(50).fill({ say: 'x'.repeat(5000) }), { forever: true }], [], { closeStdout: true });
    expect(ended).toMatchObject({ code: 141, stderr: '' });
  });

  it('74 when the report cannot be written', async () => {
    const ended = await run([{ exit: 0 }], ['--report', 'no/such/folder/report.json', '--semihosting', '--trace']);
    expect(ended.code).toBe(74);
    expect(ended.stderr).toContain('no/such/folder/report.json');
  });
});

describe('bad input is one line and exit code 2', () => {
  const board = ['--board', 'nano33ble'];
  it.each([
    ['a missing file',        ['run', 'missing.elf', ...board],                              /^thumbelina: missing\.elf: no such file: check the path\n$/],
    ['a folder',              ['run', '.', ...board],                                        /^thumbelina: \.: is a folder: name a file\n$/],
    ['a cut-off file',        ['run', 'cut.elf', ...board],                                  /^thumbelina: cut\.elf: ELF header ends early at offset 0x4: the file is cut off\n$/],
    ['a binary without address', ['run', 'raw.bin', ...board],                               /^thumbelina: raw\.bin: raw binary without an address: add --address\n$/],
    ['no board',              ['run', 'good.json'],                                          /^thumbelina: no board: add --board with one of mps2-an386, nano33ble\n$/],
    ['a misspelt board',      ['run', 'good.json', '--board', 'nano33'],                     /^thumbelina: unknown board 'nano33': did you mean nano33ble\? Boards: mps2-an386, nano33ble\n$/],
    ['an unlike board',       ['run', 'good.json', '--board', 'zzzzzzzzz'],                  /^thumbelina: unknown board 'zzzzzzzzz' Boards: mps2-an386, nano33ble\n$/],
    ['a bad board file',      ['run', 'good.json', '--board', 'my.yaml'],                    /^thumbelina: my\.yaml:3: unknown key 'chipp': did you mean chip\?\n$/],
    ['a time without unit',   ['run', 'good.json', ...board, '--timeout', '10'],             /^thumbelina: .*'--timeout <time>'.*10s.*\n$/],
    ['a bad address',         ['run', 'good.json', ...board, '--address', '0x1ffffffff'],    /^thumbelina: .*'--address <address>'.*\n$/],
    ['a bad seed',            ['run', 'good.json', ...board, '--seed', '-1'],                /^thumbelina: .*'--seed <number>'.*\n$/],
    ['an unknown option',     ['run', 'good.json', ...board, '--untill', 'x'],               /^thumbelina: unknown option '--untill' .*--until.*\n$/],
    ['an unknown command',    ['rnu', 'good.json'],                                          /^thumbelina: unknown command 'rnu' .*run.*\n$/],
    ['no firmware',           ['run', ...board],                                             /^thumbelina: missing required argument 'firmware'\n$/],
    ['an unknown port',       ['run', 'good.json', ...board, '--serial', 'uart9'],           /^thumbelina: unknown serial port 'uart9': this board has uart0\n$/],
    ['half a snapshot',       ['run', 'good.json', ...board, '--snapshot-at', '1s'],         /^thumbelina: --snapshot-at TIME says when but not where: add --snapshot FILE\n$/],
    ['no snapshot',           ['run', 'good.json', ...board, '--resume', 'good.json'],       /^thumbelina: good\.json: not a snapshot: name a file written with --snapshot\n$/],
    ['a missing folder',      ['run', 'good.json', ...board, '--semihosting=missing'],       /^thumbelina: missing: no such file: check the path\n$/],
    ['an unwritable trace',   ['run', 'good.json', ...board, '--trace=no/such/trace'],       /^thumbelina: no\/such\/trace: no such file: check the path\n$/],
    ['an unknown core',       ['disasm', 'good.json', '--core', 'cortex-m5'],                /^thumbelina: unknown core 'cortex-m5': did you mean cortex-m4\? Cores: cortex-m0plus, cortex-m4\n$/],
  ])('%s', async (_, args, line) => {
    writeFileSync(command.path('cut.elf'), '\x7fELF');
    writeFileSync(command.path('raw.bin'), 'x');
    writeFileSync(command.path('good.json'), '[{"exit":0}]');
    const { code, stdout, stderr } = await command.start(args);
    expect(stderr).toMatch(line);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  });
});

describe('streams', () => {
  it('passes every byte of the serial port to standard output unaltered', async () => {
    const bytes = Array.from({ length: 256 }, (_, i) => String.fromCharCode(i)).join('');
    expect((await run([{ say: bytes }, { exit: 0 }])).stdout).toBe(bytes);
  });

  it('gives the firmware all of standard input from time 0', async () => {
    expect((await run([{ echo: true }, { exit: 0 }], [], { stdin: 'one\ntwo\n' })).stdout).toBe('one\ntwo\n');
  });

  it('reads no standard input with --stdin none, so that an open one does not hold it up', async () => {
    expect((await run([{ echo: true }, { exit: 0 }], ['--stdin', 'none'], { keepStdinOpen: true })).code).toBe(0);
  });

  it('stops at the very byte that completes the --until text', async () => {
    expect((await run([{ say: 'PASS' }, { say: 'more' }], ['--until', 'PASS'])).stdout).toBe('PASS');
  });

  it('finds texts with escapes, across pieces', async () => {
    expect((await run([{ say: 'PA' }, { say: 'SS\n' }, { forever: true }], ['--until', 'PASS\\n'])).code).toBe(0);
  });

  it('keeps ITM text away unless asked for', async () => {
    const script = [{ itm: 'itm' }, { say: 'serial' }, { exit: 0 }];
    expect((await run(script)).stdout).toBe('serial');
    expect((await run(script, ['--itm'])).stdout).toBe('itmserial');
  });

  it('says nothing on standard error with --quiet while all is well', async () => {
    expect((await run([{ exit: 0 }], ['--quiet'])).stderr).toBe('');
    expect((await run([{ exit: 1 }], ['--quiet'])).stderr).toContain('exited with 1');
  });
});

describe('--semihosting', () => {
  it('reads standard input and writes standard output', async () => {
    const ended = await run([{ semihostingSay: 'name? ' }, { semihostingEcho: true }, { exit: 0 }], ['--semihosting'], { stdin: 'Ada' });
    expect(ended).toMatchObject({ code: 0, stdout: 'name? Ada' });
  });

  it('opens files inside the folder only', async () => {
    mkdirSync(command.path('box'), { recursive: true });
    writeFileSync(command.path('box/inside.txt'), 'x');
    writeFileSync(command.path('outside.txt'), 'x');
    if (!existsSync(command.path('box/link.txt'))) symlinkSync('../outside.txt', command.path('box/link.txt'));
    const names = ['inside.txt', '../outside.txt', 'link.txt', '/etc/passwd', 'missing.txt'];
    const ended = await run([...names.map((open) => ({ open })), { open: '../outside.txt' }, { exit: 0 }], [`--semihosting=${command.path('box')}`]);
    expect(ended.stdout).toBe('opened\nerrno 13\nerrno 13\nerrno 13\nerrno 2\nerrno 13\n');
    expect(ended.stderr.match(/outside the folder/g)).toHaveLength(3);
  });

  it('opens nothing without a folder', async () => {
    expect((await run([{ open: 'inside.txt' }, { exit: 0 }], ['--semihosting'])).stdout).toBe('errno 13\n');
  });

  it('leaves a file name after it alone', async () => {
    const path = command.firmware([{ exit: 5 }], 'after.json');
    expect((await command.start(['run', '--board', 'nano33ble', '--semihosting', path])).code).toBe(5);
  });
});

describe('what a run leaves behind', () => {
  it('is the same report every time', async () => {
    const path = command.firmware([{ say: 'hello' }, { sleep: 3000 }, { warn: 'UART0.CTRL: odd' }, { warn: 'UART0.CTRL: odd' }, { exit: 3 }], 'same.json');
    const reports = [];
    for (const name of ['first.json', 'second.json']) {
      await command.start(['run', path, '--board', 'nano33ble', '--report', name], { stdin: 'abc' });
      reports.push(readFileSync(command.path(name), 'utf8'));
    }
    expect(reports[1]).toBe(reports[0]);
    expect(JSON.parse(reports[0])).toMatchObject({
      end: { kind: 'exit', exitCode: 3 },
      firmware: { name: 'same.json' },
      streams: [{ name: 'uart0', sentBytes: 5, receivedBytes: 3 }],
      virtualTime: { seconds: 3.005, rootHz: 1000 },
      residency: { running: { seconds: 0, percent: 0 }, sleeping: { seconds: 0, percent: 0 } },
      warnings: ['UART0.CTRL: odd'],
    });
    expect(reports[0]).not.toContain(command.folder);
  });

  it('is a trace with a line per instruction and the names of functions', async () => {
    await run([{ say: 'x' }, { exit: 0 }], ['--trace=trace.txt']);
    expect(readFileSync(command.path('trace.txt'), 'utf8')).toMatch(/^main:\n +0 00000100 bf00 +NOP +; r0=00000001\n +1000 00000102 bf00 +NOP +; r0=00000002\n$/);
  });

  it('is a snapshot from which another process goes on to the same end', async () => {
    const path = command.firmware([{ say: 'a' }, { sleep: 100 }, { say: 'b' }, { sleep: 100 }, { say: 'c' }, { exit: 4 }], 'snap.json');
    const args = ['run', path, '--board', 'nano33ble'];
    const whole = await command.start([...args, '--snapshot-at', '150ms', '--snapshot', 'middle.snap', '--report', 'whole.json']);
    expect(whole).toMatchObject({ code: 4, stdout: 'abc' });
    const rest = await command.start([...args, '--resume', 'middle.snap', '--report', 'rest.json']);
    expect(rest).toMatchObject({ code: 4, stdout: 'c' });
    expect(readFileSync(command.path('rest.json'), 'utf8')).toBe(readFileSync(command.path('whole.json'), 'utf8'));

    const other = await command.start(['run', command.firmware([{ exit: 0 }], 'other.json'), '--board', 'nano33ble', '--resume', 'middle.snap']);
    expect(other).toMatchObject({ code: 2, stdout: '' });
    expect(other.stderr).toMatch(/^thumbelina: middle\.snap: is of another firmware: .*\n$/);
    const bytes = readFileSync(command.path('middle.snap'));
    bytes[bytes.length - 3] ^= 1;
    writeFileSync(command.path('damaged.snap'), bytes);
    expect((await command.start([...args, '--resume', 'damaged.snap'])).stderr).toMatch(/damaged\.snap: damaged snapshot/);
  });

  it('is a fault report on standard error', async () => {
    const { stderr } = await run([{ say: 'x' }, { lockup: 'fault in HardFault' }], ['--history', '8']);
    expect(stderr).toMatch(/lockup at 0\.002000 s, cycle 2000: fault in HardFault\n {2}at 0x00000102 main\+0x2/);
    expect(stderr).toContain('DIVBYZERO');
    expect(stderr).toContain('last 2 instructions');
  });
});

describe('other commands', () => {
  it('lists boards as text and JSON', async () => {
    expect((await command.start(['boards'])).stdout).toBe('mps2-an386  an386     Arm MPS2 with AN386\nnano33ble   nrf52840  Arduino Nano 33 BLE Sense\n');
    expect(JSON.parse((await command.start(['boards', '--json'])).stdout)).toHaveLength(2);
  });

  it('lists a firmware', async () => {
    const { code, stdout } = await command.start(['disasm', command.firmware([{ exit: 0 }], 'list.json')]);
    expect(code).toBe(0);
    expect(stdout).toContain('00000100 <main>:\n00000100: 7b5b');
  });

  it('says its version and documents every exit code', async () => {
    expect(await command.start(['--version'])).toMatchObject({ code: 0, stdout: '0.0.0-fake\n' });
    const { code, stdout } = await command.start(['run', '--help']);
    expect(code).toBe(0);
    for (const number of [42, 43, 44, 45, 70, 74, 130, 141, 143]) expect(stdout).toContain(String(number));
  });
});
