/** `--serial`: which port is standard output and input, or who is at the other end of a port. */
import { InvalidArgumentError } from 'commander';

export type SerialChoice =
  | { readonly kind: 'standard'; readonly port: string }
  /** `port` undefined: the board's first. */
  | { readonly kind: 'tcp'; readonly port: string | undefined; readonly host: string; readonly tcpPort: number }
  | { readonly kind: 'pty'; readonly port: string | undefined };

const LOOPBACK = '127.0.0.1';

/** `uart0`, `tcp:5000`, `console=tcp:0.0.0.0:5000`, `pty`, `uart1=pty`. */
export function parseSerial(text: string, before: readonly SerialChoice[] = []): SerialChoice[] {
  return [...before, parseChoice(text)];
}

function parseChoice(text: string): SerialChoice {
  const { port, peer } = /^(?:(?<port>[^=]+)=)?(?<peer>(?:tcp:.*|pty))$/.exec(text)?.groups ?? {};
  if (peer === undefined) {
    if (text === '' || text.includes('=')) throw new InvalidArgumentError('Write a port, tcp:PORT, tcp:HOST:PORT, pty, or PORTNAME=tcp:PORT.');
    return { kind: 'standard', port: text };
  }
  if (peer === 'pty') return { kind: 'pty', port };
  const { host, number } = /^tcp:(?:(?<host>\[[0-9a-fA-F:]+\]|[^:]+):)?(?<number>\d{1,5})$/.exec(peer)?.groups ?? {};
  if (number === undefined || Number(number) > 0xffff) throw new InvalidArgumentError('Write tcp:PORT or tcp:HOST:PORT with a port from 0 to 65535 (0: any that is free).');
  return { kind: 'tcp', port, host: host?.replace(/[[\]]/g, '') ?? LOOPBACK, tcpPort: Number(number) };
}
