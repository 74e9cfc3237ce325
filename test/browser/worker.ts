/** Runs in a worker of the page: takes the inputs, sends the chains of both engines back. */
import { hashChain, type ChainInputs } from './hash-chain.js';

const send = (path: string, body: string): Promise<unknown> => fetch(path, { method: 'POST', body });

async function work(): Promise<void> {
  const inputs = (await (await fetch('/inputs')).json()) as readonly ChainInputs[];
  const chains = inputs.map((input) => ({ interpreter: hashChain(input, 'interpreter'), translator: hashChain(input, 'translator') }));
  await send('/result', JSON.stringify(chains));
}

work().catch((error: unknown) => send('/failure', error instanceof Error ? error.stack ?? error.message : String(error)));
