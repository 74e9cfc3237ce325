/* The programs' numbers: a generator that favours edges, and a running checksum. */
#pragma once
#include <stdint.h>
#include <stddef.h>

/* xorshift32 (G. Marsaglia, "Xorshift RNGs", 2003). */
static uint32_t random_state = 0x12345678;
static inline uint32_t random_word(void) {
  uint32_t x = random_state;
  x ^= x << 13;
  x ^= x >> 17;
  x ^= x << 5;
  return random_state = x;
}

/* Half uniform, half near the edges where carries and saturation live. */
static inline uint32_t random_operand(void) {
  static const uint32_t edges[16] = {
    0, 1, 0xFFFFFFFF, 0x7FFFFFFF, 0x80000000, 0x80000001, 0x7FFF7FFF, 0x80008000,
    0xFFFF0000, 0x0000FFFF, 0x7F7F7F7F, 0x80808080, 0x00FF00FF, 0xFF00FF00, 0x55555555, 0xAAAAAAAA,
  };
  uint32_t choice = random_word(), value = random_word();
  switch ((choice >> 8) & 3) {
    case 0: return edges[choice & 15];
    case 1: return value >> (choice & 31);
    default: return value;
  }
}
static inline uint64_t random_operand64(void) {
  uint64_t high = random_operand();
  return high << 32 | random_operand();
}

/* FNV-1a, 32 bits, over the bytes of each word, least significant first. */
static uint32_t checksum = 0x811C9DC5;
static inline void mix(uint32_t word) {
  for (int i = 0; i < 4; i++, word >>= 8) checksum = (checksum ^ (word & 0xFF)) * 0x01000193;
}
static inline void mix64(uint64_t word) { mix((uint32_t)word); mix((uint32_t)(word >> 32)); }
static inline void mix_bytes(const void *bytes, size_t count) {
  const uint8_t *p = bytes;
  while (count--) checksum = (checksum ^ *p++) * 0x01000193;
}
static inline uint32_t take_checksum(void) {
  uint32_t taken = checksum;
  checksum = 0x811C9DC5;
  return taken;
}
#include <stdio.h>
/* Prints and restarts the checksum: one line per section, so that a difference names its section. */
static inline void report(const char *section) { printf("%-24s %08lx\n", section, (unsigned long)take_checksum()); }
