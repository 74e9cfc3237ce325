/** A worker script in headless Chromium, on a page from a server of our own, which also takes what the script sends. */
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const CHROMIUM = '/usr/bin/chromium';
const PAGE = `<!doctype html><script>
  const failed = (text) => fetch('/failure', { method: 'POST', body: text });
  const worker = new Worker('/worker.js');
  worker.onerror = (event) => failed(event.message ?? 'the worker did not start');
</script>`;
/** No sandbox, since continuous integration runs as root; no shared memory, which containers have little of. */
const OPTIONS = ['--headless=new', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--disable-extensions', '--no-first-run', '--disable-background-networking'];
const MOST_TOLD = 2000;

/**
 * @param script the worker's, a classic one; it asks for `/inputs`, and posts to `/result`, or to `/failure`
 * @returns what it has posted to `/result`
 * @throws Error when Chromium is missing, ends early, fails, or takes longer than `limitMs`
 */
export async function inChromium(script: string, inputs: string, limitMs: number): Promise<string> {
  if (!existsSync(CHROMIUM)) throw new Error(`${CHROMIUM} is missing: run scripts/setup.sh, or install Debian's chromium`);
  const profile = mkdtempSync(join(tmpdir(), 'thumbelina-chromium-'));
  let server: Server | undefined;
  let browser: ChildProcess | undefined;
  try {
    return await new Promise<string>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`Chromium has sent nothing within ${limitMs / 1000} s${told}`)), limitMs);
      timer.unref();
      let told = '';
      server = serve({ script, inputs, resolve, reject });
      server.listen(0, '127.0.0.1', () => {
        const { port } = server!.address() as AddressInfo;
        browser = spawn(CHROMIUM, [...OPTIONS, `--user-data-dir=${profile}`, '--remote-debugging-pipe', `http://127.0.0.1:${port}/`], { stdio: ['ignore', 'ignore', 'pipe', 'pipe', 'pipe'] });
        browser.stderr!.on('data', (chunk: Buffer) => { told = `${told}${chunk.toString('utf8')}`.slice(-MOST_TOLD); });
        browser.on('error', (error) => reject(new Error(`cannot run ${CHROMIUM}: ${error.message}`)));
        browser.on('exit', (code, signal) => reject(new Error(`Chromium ended early (${signal ?? `exit status ${code}`}): ${told}`)));
      });
    });
  } finally {
    await end(browser);
    server?.closeAllConnections();
    server?.close();
    // Its helpers may still write when it has ended.
    rmSync(profile, { recursive: true, force: true, maxRetries: 30, retryDelay: 100 });
  }
}

interface Serving {
  readonly script: string;
  readonly inputs: string;
  readonly resolve: (result: string) => void;
  readonly reject: (error: Error) => void;
}

function serve({ script, inputs, resolve, reject }: Serving): Server {
  const answers: Record<string, readonly [type: string, body: string]> = {
    '/': ['text/html', PAGE], '/worker.js': ['text/javascript', script], '/inputs': ['application/json', inputs],
  };
  return createServer((request: IncomingMessage, response: ServerResponse) => {
    const answer = answers[request.url ?? ''];
    if (request.method === 'GET') {
      response.writeHead(answer ? 200 : 404, { 'content-type': answer?.[0] ?? 'text/plain' }).end(answer?.[1] ?? '');
      return;
    }
    let body = '';
    request.setEncoding('utf8').on('data', (chunk: string) => { body += chunk; }).on('end', () => {
      response.writeHead(204).end();
      if (request.url === '/result') resolve(body);
      else reject(new Error(`the page in Chromium failed: ${body.slice(0, MOST_TOLD)}`));
    });
  });
}

async function end(browser: ChildProcess | undefined): Promise<void> {
  if (!browser || browser.exitCode !== null || browser.signalCode !== null) return;
  const gone = new Promise((resolve) => browser.once('exit', resolve));
  browser.kill('SIGKILL');
  await gone;
}
