/* newlib's string and memory functions (hand-written Thumb assembly in parts), CRC-32 and SHA-256. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include "random.h"

static uint8_t source[300], destination[300];

static void memory_functions(void) {
  for (int i = 0; i < 600; i++) {
    unsigned from = random_word() % 40, to = random_word() % 40, count = random_word() % 200;
    for (unsigned k = 0; k < sizeof source; k += 7) source[k] = (uint8_t)random_word();
    memset(destination + to, i, count / 2);
    memcpy(destination + to, source + from, count);
    memmove(destination + from, destination + to, count);
    mix((uint32_t)(memcmp(destination, source, count) > 0));
    const uint8_t *found = memchr(destination, i & 0xFF, sizeof destination);
    mix(found ? (uint32_t)(found - destination) : 999);
  }
  mix_bytes(destination, sizeof destination);
  report("memory functions");
}

static void string_functions(void) {
  static char a[128], b[128];
  for (int i = 0; i < 400; i++) {
    unsigned length = random_word() % 60, offset = random_word() % 8;
    for (unsigned k = 0; k < length; k++) a[offset + k] = (char)('a' + random_word() % 26);
    a[offset + length] = 0;
    mix((uint32_t)strlen(a + offset));
    strcpy(b + (i & 3), a + offset);
    strncat(b + (i & 3), "tailor", 4);
    int order = strcmp(a + offset, b + (i & 3));
    mix((uint32_t)((order > 0) - (order < 0)));
    const char *found = strchr(b + (i & 3), 'q');
    mix(found ? (uint32_t)(found - b) : 999);
    found = strstr(b + (i & 3), "ta");
    mix(found ? (uint32_t)(found - b) : 999);
    mix((uint32_t)strspn(a + offset, "abcdefghijklm"));
    mix((uint32_t)toupper(a[offset]));
    mix_bytes(b, strlen(b));
  }
  mix((uint32_t)strtol("-123456", 0, 10)); mix((uint32_t)strtoul("ffffffff", 0, 16)); mix64(strtoull("18446744073709551615", 0, 10));
  report("string functions");
}

static uint32_t crc32(const uint8_t *bytes, size_t count) {
  uint32_t crc = ~0u;
  while (count--) {
    crc ^= *bytes++;
    for (int k = 0; k < 8; k++) crc = crc & 1 ? crc >> 1 ^ 0xEDB88320 : crc >> 1;
  }
  return ~crc;
}

/* FIPS 180-4; the constants are derived as the standard defines them: fractional parts of roots of primes. */
static uint32_t root_fraction(uint32_t prime, int cube) {
  /* The integer part of root(prime) * 2^32, bit by bit in 40 bits; only the low 32 are the fraction. */
  uint64_t root = 0;
  for (int bit = 35; bit >= 0; bit--) {
    uint64_t r = root | 1ull << bit;
    /* r^2 or r^3 against prime * 2^64 or 2^96, in limbs of 32 bits */
    uint32_t limbs[6] = { (uint32_t)r, (uint32_t)(r >> 32) }, product[6];
    int power = cube ? 3 : 2;
    for (int p = 1; p < power; p++) {
      uint64_t carry = 0;
      memset(product, 0, sizeof product);
      for (int i = 0; i < 5; i++) {
        carry = 0;
        for (int j = 0; j < 2 && i + j < 6; j++) {
          uint64_t term = (uint64_t)limbs[i] * (uint32_t)(r >> (32 * j)) + product[i + j] + carry;
          product[i + j] = (uint32_t)term;
          carry = term >> 32;
        }
        if (i + 2 < 6) product[i + 2] += (uint32_t)carry;
      }
      memcpy(limbs, product, sizeof limbs);
    }
    int top = cube ? 3 : 2; /* the limb that holds the integer part */
    int above = 0;
    for (int i = top + 1; i < 6; i++) if (limbs[i]) above = 1;
    uint32_t below = 0;
    for (int i = 0; i < top; i++) below |= limbs[i];
    if (!above && (limbs[top] < prime || (limbs[top] == prime && below == 0))) root = r;
  }
  return (uint32_t)root;
}

static uint32_t rotate(uint32_t x, int n) { return x >> n | x << (32 - n); }

static void sha256(const uint8_t *message, size_t length, uint32_t hash[8]) {
  static uint32_t k[64], initial[8];
  if (k[0] == 0) {
    for (uint32_t candidate = 2, found = 0; found < 64; candidate++) {
      uint32_t divisor = 2;
      while (divisor * divisor <= candidate && candidate % divisor) divisor++;
      if (divisor * divisor <= candidate) continue;
      if (found < 8) initial[found] = root_fraction(candidate, 0);
      k[found++] = root_fraction(candidate, 1);
    }
  }
  memcpy(hash, initial, sizeof initial);
  size_t padded = (length + 9 + 63) / 64 * 64;
  for (size_t at = 0; at < padded; at += 64) {
    uint32_t w[64] = { 0 };
    for (size_t i = 0; i < 64; i++) {
      size_t p = at + i;
      uint8_t byte = p < length ? message[p] : p == length ? 0x80 : p >= padded - 4 ? (uint8_t)(length * 8 >> (8 * (padded - 1 - p))) : 0;
      w[i / 4] |= (uint32_t)byte << (24 - 8 * (i % 4));
    }
    for (int i = 16; i < 64; i++) {
      uint32_t s0 = rotate(w[i - 15], 7) ^ rotate(w[i - 15], 18) ^ w[i - 15] >> 3;
      uint32_t s1 = rotate(w[i - 2], 17) ^ rotate(w[i - 2], 19) ^ w[i - 2] >> 10;
      w[i] = w[i - 16] + s0 + w[i - 7] + s1;
    }
    uint32_t v[8];
    memcpy(v, hash, sizeof v);
    for (int i = 0; i < 64; i++) {
      uint32_t s1 = rotate(v[4], 6) ^ rotate(v[4], 11) ^ rotate(v[4], 25), choose = (v[4] & v[5]) ^ (~v[4] & v[6]);
      uint32_t t1 = v[7] + s1 + choose + k[i] + w[i];
      uint32_t s0 = rotate(v[0], 2) ^ rotate(v[0], 13) ^ rotate(v[0], 22), majority = (v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]);
      for (int n = 7; n > 0; n--) v[n] = v[n - 1];
      v[4] += t1;
      v[0] = t1 + s0 + majority;
    }
    for (int i = 0; i < 8; i++) hash[i] += v[i];
  }
}

int main(void) {
  memory_functions();
  string_functions();
  printf("crc32 of 123456789: %08lx\n", (unsigned long)crc32((const uint8_t *)"123456789", 9));
  uint32_t hash[8];
  sha256((const uint8_t *)"abc", 3, hash);
  printf("sha256 of abc: ");
  for (int i = 0; i < 8; i++) printf("%08lx", (unsigned long)hash[i]);
  printf("\n");
  sha256(source, sizeof source, hash);
  mix_bytes(hash, sizeof hash);
  report("sha256 of random bytes");
  return 0;
}
