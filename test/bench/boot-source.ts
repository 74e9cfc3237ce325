/**
 * Writes the C of a large firmware: thousands of functions, no two alike, each called once per pass. What they do is
 * what big firmware does when it starts: tables and records, switches, strings, printf, 64-bit and soft-double arithmetic,
 * the math library. The same text every time.
 */

export interface SourceFile { readonly name: string; readonly text: string }

const MODULES = 64;
const FUNCTIONS_PER_MODULE = 48;
const FRAGMENTS_PER_FUNCTION = 4;

/** xorshift32 (G. Marsaglia, "Xorshift RNGs", 2003): whole numbers below `bound`. */
function dice(seed: number): (bound: number) => number {
  let x = seed;
  return (bound) => {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    return (x >>> 0) % bound;
  };
}
type Dice = ReturnType<typeof dice>;

/** Each writes statements over the function's `uint32_t x`. */
type Fragment = (roll: Dice) => string;

const WORDS = ['adc', 'baud', 'clock', 'dma', 'event', 'flash', 'gpio', 'heap', 'irq', 'joule', 'kernel', 'link', 'motor', 'node', 'offset', 'pulse', 'queue', 'radio', 'sensor', 'timer'];
const word = (roll: Dice): string => `${WORDS[roll(WORDS.length)]}_${WORDS[roll(WORDS.length)]}${roll(100)}`;
const decimal = (roll: Dice, bound: number): string => `${roll(bound) + 1}.${roll(1000).toString().padStart(3, '0')}`;
const times = (count: number, write: (index: number) => string): string => Array.from({ length: count }, (_, i) => write(i)).join('');

const integers: Fragment = (roll) => times(7, () => [
  `  x = x * ${roll(0x10000) * 2 + 1}u + ${roll(0x10000)}u;\n`,
  `  x ^= x >> ${roll(15) + 5};\n`,
  `  if (x & ${1 << roll(20)}u) x += ${roll(5000)}u; else x = x << ${roll(7) + 1} | x >> ${roll(20) + 5};\n`,
  `  x = (x & 0x${roll(0xffff).toString(16)}u) * ${roll(1000) + 1}u ^ ~x;\n`,
  `  x -= x / ${roll(1000) + 2}u;\n`,
][roll(5)]);

const loops: Fragment = (roll) => `  for (uint32_t i = 0; i < ${roll(4) + 2}u + (x & ${(1 << roll(3)) - 1}u); i++) {
    a[i & 7] = x ^ i * ${roll(1000) + 1}u;
    x += a[(i + ${roll(8)}u) & 7] >> ${roll(9)};
  }\n`;

const switches: Fragment = (roll) => `  switch (x % ${roll(8) + 8}u) {\n${times(8, (i) => `    case ${i}: x ${['+=', '^=', '-=', '|=', '*='][roll(5)]} ${roll(30_000) * 2 + 1}u; break;\n`)}    default: x = ~x;\n  }\n`;

const records: Fragment = (roll) => `  {
    struct record r = { .kind = x & ${roll(60) + 3}u, .level = (int16_t)(x >> ${roll(16)}), .size = x >> ${roll(20)}, .name = "${word(roll)}" };
    r.level = (int16_t)(r.level ${['+', '-', '*'][roll(3)]} ${roll(100) + 1});
    records[x & 15] = r;
    x ^= describe(&records[${roll(16)}], ${roll(1000)}u);
  }\n`;

const wide: Fragment = (roll) => `  {
    uint64_t w = (uint64_t)x << ${roll(31) + 1} | ${roll(0x10000)}u;
    w = w ${['/', '%', '*'][roll(3)]} (${roll(0x10000) + 3}u | (uint64_t)(x & 0xff) << ${roll(30)});
    x ^= (uint32_t)(w >> ${roll(32)}) + (uint32_t)w;
  }\n`;

const doubles: Fragment = (roll) => `  {
    double d = (double)(x & 0x${roll(0xffff).toString(16)}u) * ${decimal(roll, 50)} + ${decimal(roll, 900)};
    d = d > ${decimal(roll, 5000)} ? d - ${decimal(roll, 100)} : d / ${decimal(roll, 7)};
    x ^= (uint32_t)(int32_t)(d * ${decimal(roll, 20)});
  }\n`;

const floats: Fragment = (roll) => `  {
    float f = (float)(x & 0xffffu) * ${decimal(roll, 3)}f;
    f = f < ${decimal(roll, 3000)}f ? f * f - ${decimal(roll, 9)}f : f / ${decimal(roll, 9)}f;
    x += (uint32_t)(int32_t)(f * ${decimal(roll, 2)}f + ${roll(100)});
  }\n`;

const mathematics: Fragment = (roll) => {
  const argument = `(double)(x & 0x3ffu) * 0.00${roll(8) + 1}`;
  const call = [`sin(${argument})`, `cos(${argument})`, `exp(${argument})`, `log(1 + ${argument})`, `sqrt(${argument})`, `pow(1 + ${argument}, ${decimal(roll, 2)})`, `atan2(${argument}, ${decimal(roll, 3)})`, `fmod(${argument}, 0.${roll(900) + 7})`][roll(8)];
  return `  x ^= (uint32_t)(int32_t)(${call} * ${roll(5000) + 1});\n`;
};

const prints: Fragment = (roll) => {
  const call = [
    `"${word(roll)} %lu of %08lx", (unsigned long)(x >> ${roll(20)}), (unsigned long)x`,
    `"%-${roll(12) + 4}s=%+ld;", "${word(roll)}", (long)(int32_t)x`,
    `"${word(roll)} %.${roll(6)}f", (double)(x & 0xfffffu) / ${decimal(roll, 90)}`,
    `"[%${roll(9) + 3}.3g] ${word(roll)}", (double)(int32_t)x * 1e-${roll(9)}`,
    `"%c%x%o ${word(roll)}", (char)('a' + (x & 15)), (unsigned)x & 0xffff, (unsigned)x >> 20`,
  ][roll(5)];
  return `  x += hash(text, (uint32_t)snprintf(text, sizeof text, ${call}));\n`;
};

const strings: Fragment = (roll) => [
  `  strcpy(text, "${word(roll)}");\n  strcat(text, x & ${1 << roll(8)}u ? "_${word(roll)}" : "_${word(roll)}");\n  x ^= hash(text, (uint32_t)strlen(text));\n`,
  `  x += (uint32_t)strtol(x & ${1 << roll(8)}u ? "${roll(100_000)}" : "0x${roll(100_000).toString(16)}", 0, 0);\n`,
  `  x += strcmp("${word(roll)}", names[x & 3]) < 0 ? ${roll(1000)}u : ${roll(1000)}u;\n  memset(text, (int)x, ${roll(60) + 4});\n  x ^= hash(text, ${roll(4) + 1});\n`,
  `  x ^= (uint32_t)(int32_t)(strtod("${roll(1000)}.${roll(1000)}e${roll(4)}", 0) * ${roll(40) + 1});\n`,
][roll(4)];

/** As often as it stands here. */
const FRAGMENTS: readonly Fragment[] = [integers, integers, integers, loops, loops, switches, switches, records, wide, doubles, doubles, floats, mathematics, prints, strings, strings];

const HEADER = `#pragma once
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct record { uint32_t kind : 6, flags : 10; int16_t level; uint32_t size; const char *name; };
extern struct record records[16];
extern const char *const names[4];
extern uint32_t a[8];
uint32_t hash(const char *text, uint32_t count);
uint32_t describe(const struct record *r, uint32_t salt);
${times(MODULES, (m) => `uint32_t start_module_${m}(uint32_t x);\n`)}`;

const MAIN = `/* Starts every module, over and over where ITERATIONS says so, and prints what came of it. */
#include "boot.h"
#include "random.h"

struct record records[16];
const char *const names[4] = { "clock_node", "heap_radio", "motor_adc", "timer_flash" };
uint32_t a[8];

uint32_t hash(const char *text, uint32_t count) {
  uint32_t h = count;
  while (count--) h = h * 31 + (uint8_t)*text++;
  return h;
}
uint32_t describe(const struct record *r, uint32_t salt) {
  return (r->kind * salt) ^ (uint32_t)r->level ^ r->size << 3 ^ (r->name ? hash(r->name, 3) : salt);
}

int main(void) {
  uint32_t x = 1;
  for (int pass = 0; pass < ITERATIONS; pass++) {
${times(MODULES, (m) => `    mix(x = start_module_${m}(x));\n`)}  }
  report("boot");
  return 0;
}
`;

function functionText(name: string, roll: Dice): string {
  const body = times(FRAGMENTS_PER_FUNCTION, () => FRAGMENTS[roll(FRAGMENTS.length)](roll));
  return `__attribute__((noinline)) static uint32_t ${name}(uint32_t x) {\n${body.includes('text') ? '  char text[96];\n' : ''}${body}  return x;\n}\n`;
}

/** The first half of a module's functions is called straight, the other half through a table. */
function moduleText(module: number, roll: Dice): string {
  const names = Array.from({ length: FUNCTIONS_PER_MODULE }, (_, i) => `m${module}_f${i}`);
  const half = FUNCTIONS_PER_MODULE / 2;
  return `#include "boot.h"\n${names.map((name) => functionText(name, roll)).join('')}
static uint32_t (*const drivers[])(uint32_t) = { ${names.slice(half).join(', ')} };
uint32_t start_module_${module}(uint32_t x) {
${names.slice(0, half).map((name) => `  x += ${name}(x);\n`).join('')}  for (int i = 0; i < ${FUNCTIONS_PER_MODULE - half}; i++) x ^= drivers[i](x + (uint32_t)i);
  return x;
}\n`;
}

/** @returns the header, `boot-main.c` and the modules */
export function bootSource(): SourceFile[] {
  const roll = dice(0x2545f491);
  const modules = Array.from({ length: MODULES }, (_, m) => ({ name: `boot-${m}.c`, text: moduleText(m, roll) }));
  return [{ name: 'boot.h', text: HEADER }, { name: 'boot-main.c', text: MAIN }, ...modules];
}
