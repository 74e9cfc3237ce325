/** Guest accesses to the blocks of an MPS2 image, the same for QEMU and for us. */

export interface Operation { readonly address: number; /** undefined for a read */ readonly value: number | undefined }

export const SEED = 0x4d505332;
const ROUNDS = 400;

/** A register, and the bits a random write may set; undefined where the list only reads. */
type Target = readonly [address: number, writable?: number];

const RANDOM: readonly Target[] = [
  // Timer, stopped: CTRL without ENABLE.
  [0x40000000, 0xe], [0x40000004, 0xffffffff], [0x40000008, 0xffffffff], [0x4000000c, 0xffffffff],
  // Dual timer, stopped.
  [0x40002000, 0xffffffff], [0x40002004], [0x40002008, 0x6f], [0x4000200c, 0xffffffff], [0x40002010], [0x40002014], [0x40002018, 0xffffffff],
  [0x40002020, 0xffffffff], [0x40002024], [0x40002028, 0x6f], [0x40002030], [0x40002034], [0x40002038, 0xffffffff], [0x40002f00, 1], [0x40002f04],
  // UART, neither sending nor receiving.
  [0x40005000, 0xff], [0x40005004, 0xffffffff], [0x40005008, 0xfffffffc], [0x4000500c, 0xffffffff], [0x40005010, 0xffffffff],
  // Watchdog, never near zero.
  [0x40008c00, 1], [0x40008f00, 1], [0x40008008, 0], [0x40008010], [0x40008014],
  // SPI controllers, disabled: SSPCR1 without SSE.
  [0x40020000, 0xffff], [0x40020004, 0xd], [0x40020008, 0xffff], [0x4002000c], [0x40020010, 0xff], [0x40020014, 0xf], [0x40020018], [0x4002001c], [0x40020020, 3],
  // I2C wires with nothing attached.
  [0x40022000, 3], [0x40022004, 3],
  // FPGA I/O.
  [0x40028000, 0xffffffff], [0x40028008], [0x4002801c, 0xffffffff], [0x4002804c, 0xffffffff],
  // SCC.
  [0x4002f000, 0xfffffffe], [0x4002f004, 0xffffffff], [0x4002f008, 0xffffffff], [0x4002f00c], [0x4002f010], [0x4002f0a0], [0x4002f0a4, 0xffffffff],
  [0x4002f0a8, 0xc0300003], [0x4002f0ac, 0xffffffff], [0x4002f100, 0xffffffff], [0x4002fff8], [0x4002fffc],
];

/** Write-only on QEMU, whose reads of it log an error and give something of no meaning. */
const NEVER_READ: ReadonlySet<number> = new Set([0x4000200c, 0x40002f04, 0x40005000, 0x40020008, 0x40020020, 0x40022004]);

export function operations(): readonly Operation[] {
  return [...identification(), ...random(), ...loopback()];
}

function* identification(): Iterable<Operation> {
  for (const base of [0x40000000, 0x40002000, 0x40004000, 0x40008000]) {
    for (let offset = 0xfd0; offset < 0x1000; offset += 4) yield { address: base + offset, value: undefined };
  }
  for (let offset = 0xfe0; offset < 0x1000; offset += 4) yield { address: 0x40020000 + offset, value: undefined };
}

function* random(): Iterable<Operation> {
  const next = generator(SEED);
  for (let round = 0; round < ROUNDS; round++) {
    const [address, writable] = RANDOM[next() % RANDOM.length];
    if (writable !== undefined) yield { address, value: (next() & writable) >>> 0 };
    for (const [other] of RANDOM) {
      if ((other ^ address) >>> 12 === 0 && !NEVER_READ.has(other)) yield { address: other, value: undefined };
    }
  }
}

/** SPI frames of several sizes through the loopback, one at a time. */
function* loopback(): Iterable<Operation> {
  const next = generator(SEED ^ 1);
  const write = (offset: number, value: number): Operation => ({ address: 0x40021000 + offset, value });
  yield write(0x10, 2);
  yield write(0x04, 3);
  for (let bits = 4; bits <= 16; bits++) {
    yield write(0x00, bits - 1);
    yield write(0x08, next() & 0xffff);
    for (const offset of [0x0c, 0x08, 0x0c]) yield { address: 0x40021000 + offset, value: undefined };
  }
}

/** xorshift32: unsigned, never zero. */
function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>>= 0);
  };
}
