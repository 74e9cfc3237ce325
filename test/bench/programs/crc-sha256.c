/* CRC-32 (IEEE 802.3, by table) and SHA-256 (FIPS 180-4) over messages of 1 KB. */
#include "random.h"

static uint32_t table[256];

static void make_table(void) {
  for (uint32_t i = 0; i < 256; i++) {
    uint32_t c = i;
    for (int k = 0; k < 8; k++) c = c & 1 ? c >> 1 ^ 0xEDB88320 : c >> 1;
    table[i] = c;
  }
}
static uint32_t crc32(const uint8_t *bytes, size_t count) {
  uint32_t crc = ~0u;
  while (count--) crc = table[(crc ^ *bytes++) & 0xFF] ^ crc >> 8;
  return ~crc;
}

/* Fractional parts of the cube roots of the first 64 primes (FIPS 180-4, 4.2.2). */
static const uint32_t K[64] = {
  0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
  0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
  0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
  0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
  0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
  0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
  0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
  0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

static inline uint32_t rotated(uint32_t x, int n) { return x >> n | x << (32 - n); }

static void compress(uint32_t h[8], const uint8_t *block) {
  uint32_t w[64];
  for (int t = 0; t < 16; t++, block += 4) w[t] = (uint32_t)block[0] << 24 | (uint32_t)block[1] << 16 | (uint32_t)block[2] << 8 | block[3];
  for (int t = 16; t < 64; t++) {
    uint32_t s0 = rotated(w[t - 15], 7) ^ rotated(w[t - 15], 18) ^ w[t - 15] >> 3;
    uint32_t s1 = rotated(w[t - 2], 17) ^ rotated(w[t - 2], 19) ^ w[t - 2] >> 10;
    w[t] = w[t - 16] + s0 + w[t - 7] + s1;
  }
  uint32_t v[8];
  for (int i = 0; i < 8; i++) v[i] = h[i];
  for (int t = 0; t < 64; t++) {
    uint32_t S1 = rotated(v[4], 6) ^ rotated(v[4], 11) ^ rotated(v[4], 25), choice = (v[4] & v[5]) ^ (~v[4] & v[6]);
    uint32_t t1 = v[7] + S1 + choice + K[t] + w[t];
    uint32_t S0 = rotated(v[0], 2) ^ rotated(v[0], 13) ^ rotated(v[0], 22), majority = (v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]);
    for (int i = 7; i > 0; i--) v[i] = v[i - 1];
    v[4] += t1;
    v[0] = t1 + S0 + majority;
  }
  for (int i = 0; i < 8; i++) h[i] += v[i];
}

/* @param count a multiple of 64 */
static void sha256(const uint8_t *message, uint32_t count, uint32_t h[8]) {
  static const uint32_t initial[8] = { 0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19 };
  uint8_t last[64] = { 0x80 };
  for (int i = 0; i < 8; i++) h[i] = initial[i];
  for (uint32_t i = 0; i < count; i += 64) compress(h, message + i);
  for (int i = 0; i < 4; i++) last[60 + i] = (uint8_t)(count * 8 >> (24 - 8 * i));
  compress(h, last);
}

int main(void) {
  static uint8_t message[1024];
  uint32_t digest[8] = { 0 };
  make_table();
  for (size_t i = 0; i < sizeof message; i++) message[i] = (uint8_t)random_word();
  for (unsigned n = 0; n < ITERATIONS; n++) {
    message[n % sizeof message] ^= (uint8_t)digest[n & 7];
    sha256(message, sizeof message, digest);
    mix(digest[0]);
    for (int k = 0; k < 4; k++) { message[k] ^= (uint8_t)n; mix(crc32(message, sizeof message)); }
  }
  for (int i = 0; i < 8; i++) mix(digest[i]);
  report("crc and sha");
  return 0;
}
