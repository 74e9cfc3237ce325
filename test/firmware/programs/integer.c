/* Integer arithmetic as compilers emit it, on random operands; a checksum per section. */
#include <stdlib.h>
#include "random.h"

#if __ARM_ARCH >= 7
enum { ROUNDS = 4000 };
#else
enum { ROUNDS = 1500 };
#endif

static void add_and_subtract(void) {
  for (int i = 0; i < ROUNDS; i++) {
    uint32_t a = random_operand(), b = random_operand(), sum;
    int32_t signed_sum;
    mix(a + b);
    mix(a - b);
    mix(__builtin_add_overflow(a, b, &sum));
    mix(__builtin_add_overflow((int32_t)a, (int32_t)b, &signed_sum));
    mix(__builtin_sub_overflow((int32_t)a, (int32_t)b, &signed_sum));
    mix((uint32_t)(a < b) | (uint32_t)((int32_t)a < (int32_t)b) << 1 | (uint32_t)(a <= b) << 2 | (uint32_t)((int32_t)a >= (int32_t)b) << 3);
    uint64_t x = (uint64_t)a << 32 | b, y = random_operand64();
    mix64(x + y);
    mix64(x - y);
    mix((uint32_t)(x < y) | (uint32_t)((int64_t)x < (int64_t)y) << 1);
  }
  report("add and subtract");
}

static void logic_and_shifts(void) {
  for (int i = 0; i < ROUNDS; i++) {
    uint32_t a = random_operand(), b = random_operand(), n = random_word() & 31;
    uint64_t x = random_operand64();
    mix(a & b); mix(a | b); mix(a ^ b); mix(a & ~b); mix(a | ~b); mix(~a);
    mix(a << n); mix(a >> n); mix((uint32_t)((int32_t)a >> n)); mix(a >> n | a << ((32 - n) & 31));
    mix(a + (b << 3)); mix(a - (b >> 5)); mix(a ^ (uint32_t)((int32_t)b >> 7)); mix(a & (b >> 9 | b << 23));
    unsigned m = random_word() & 63;
    mix64(x << m); mix64(x >> m); mix64((uint64_t)((int64_t)x >> m));
    mix(__builtin_bswap32(a)); mix(__builtin_bswap16((uint16_t)a)); mix(a ? (uint32_t)__builtin_clz(a) : 32); mix(a ? (uint32_t)__builtin_ctz(a) : 32);
    mix((uint32_t)__builtin_popcount(a)); mix((uint32_t)__builtin_parity(b));
    mix((uint32_t)(int8_t)a); mix((uint8_t)a); mix((uint32_t)(int16_t)a); mix((uint16_t)a); mix(a + (uint8_t)b); mix(a + (uint32_t)(int16_t)b);
  }
  report("logic and shifts");
}

static void multiply(void) {
  for (int i = 0; i < ROUNDS; i++) {
    uint32_t a = random_operand(), b = random_operand(), c = random_operand();
    mix(a * b); mix(a * b + c); mix(c - a * b);
    mix64((uint64_t)a * b);
    mix64((uint64_t)((int64_t)(int32_t)a * (int32_t)b));
    uint64_t x = random_operand64();
    mix64(x + (uint64_t)a * b);
    mix64(x + (uint64_t)((int64_t)(int32_t)a * (int32_t)b));
    mix64((uint64_t)a * b + c + (uint32_t)x);
    mix64(x * random_operand64());
    mix((uint32_t)((int16_t)a * (int16_t)b) + c);
  }
  report("multiply");
}

static void divide(void) {
  for (int i = 0; i < ROUNDS; i++) {
    uint32_t a = random_operand(), b = random_operand() | 1;
    mix(a / b); mix(a % b);
    if (a == 0x80000000 && b == 0xFFFFFFFF) b = 3;
    mix((uint32_t)((int32_t)a / (int32_t)b)); mix((uint32_t)((int32_t)a % (int32_t)b));
    uint64_t x = random_operand64(), y = random_operand64() | 1;
    mix64(x / y); mix64(x % y);
    if (x == 1ull << 63 && y == ~0ull) y = 5;
    mix64((uint64_t)((int64_t)x / (int64_t)y)); mix64((uint64_t)((int64_t)x % (int64_t)y));
    mix(a / 10); mix((uint32_t)((int32_t)a / 7)); mix(a % 1000);
  }
  report("divide");
}

struct fields { uint32_t a : 3, b : 7, c : 1; int32_t d : 9, e : 12; uint64_t f : 37, g : 20; int16_t h : 5; };

static void bit_fields(void) {
  volatile struct fields s = { 0 };
  for (int i = 0; i < ROUNDS; i++) {
    uint32_t v = random_operand();
    s.a = v; s.b = v >> 3; s.c = v >> 9; s.d = (int32_t)(v >> 4); s.e = (int32_t)(v >> 11); s.f = (uint64_t)v << 7; s.g = v >> 5; s.h = (int16_t)(v >> 6);
    mix(s.a + s.b + s.c); mix((uint32_t)(s.d * s.e)); mix64(s.f ^ s.g); mix((uint32_t)s.h);
    s.b++; s.d--; s.f += s.a;
    mix(s.b); mix((uint32_t)s.d); mix64(s.f);
  }
  report("bit fields");
}

static int32_t saturate(int64_t value, int bits) {
  int64_t top = ((int64_t)1 << (bits - 1)) - 1;
  return (int32_t)(value > top ? top : value < -top - 1 ? -top - 1 : value);
}

static void saturation(void) {
  for (int i = 0; i < ROUNDS; i++) {
    int32_t a = (int32_t)random_operand(), b = (int32_t)random_operand();
    mix((uint32_t)saturate((int64_t)a + b, 32)); mix((uint32_t)saturate((int64_t)a - b, 16)); mix((uint32_t)saturate(a, 8));
#if __ARM_ARCH >= 7
    int32_t s;
    uint32_t u;
    __asm volatile("ssat %0, #12, %1" : "=r"(s) : "r"(a)); mix((uint32_t)s);
    __asm volatile("ssat %0, #1, %1, asr #7" : "=r"(s) : "r"(a)); mix((uint32_t)s);
    __asm volatile("ssat %0, #32, %1, lsl #3" : "=r"(s) : "r"(b)); mix((uint32_t)s);
    __asm volatile("usat %0, #0, %1" : "=r"(u) : "r"(a)); mix(u);
    __asm volatile("usat %0, #31, %1, lsl #1" : "=r"(u) : "r"(b)); mix(u);
    __asm volatile("mrs %0, apsr\n msr apsr_nzcvq, %1" : "=&r"(u) : "r"(0)); mix(u >> 27 & 1);
#endif
  }
  report("saturation");
}

static uint32_t memory[256];
static void loads_and_stores(void) {
  uint8_t *bytes = (uint8_t *)memory;
  for (unsigned i = 0; i < 256; i++) memory[i] = random_word();
  for (int i = 0; i < ROUNDS; i++) {
    unsigned at = random_word() % 1000;
    bytes[at] = (uint8_t)random_word();
    *(uint16_t *)(bytes + (at & ~1u)) += (uint16_t)i;
    *(uint32_t *)(bytes + (at & ~3u)) ^= (uint32_t)i * 77;
    mix((uint32_t)((int8_t *)bytes)[at]); mix((uint32_t)((int16_t *)memory)[at / 2]);
    *(uint64_t *)(bytes + (at & ~7u)) += random_word();
#if __ARM_ARCH >= 7
    uint32_t v;
    __asm volatile("ldr %0, [%1]" : "=r"(v) : "r"(bytes + at)); mix(v);
    __asm volatile("ldrsh %0, [%1]" : "=r"(v) : "r"(bytes + at)); mix(v);
    __asm volatile("str %1, [%0]" :: "r"(bytes + at), "r"(v * 3) : "memory");
    __asm volatile("strh %1, [%0, #1]" :: "r"(bytes + at), "r"(v) : "memory");
#endif
  }
  mix_bytes(memory, sizeof memory);
  report("loads and stores");
}

static int compare_signed(const void *a, const void *b) {
  int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;
  return (x > y) - (x < y);
}

static void sort_and_search(void) {
  static int32_t values[512];
  for (unsigned i = 0; i < 512; i++) values[i] = (int32_t)random_operand();
  qsort(values, 512, sizeof *values, compare_signed);
  mix_bytes(values, sizeof values);
  for (unsigned i = 0; i < 512; i++) {
    int32_t key = (int32_t)random_operand();
    const int32_t *found = bsearch(&key, values, 512, sizeof *values, compare_signed);
    mix(found ? (uint32_t)*found : 0xDEAD);
  }
  report("sort and search");
}

static uint32_t recursive(uint32_t m, uint32_t n) { /* Ackermann */
  if (m == 0) return n + 1;
  return n == 0 ? recursive(m - 1, 1) : recursive(m - 1, recursive(m, n - 1));
}

static uint32_t interpret(uint32_t opcode, uint32_t a) {
  switch (opcode % 12) {
    case 0: return a + 1;
    case 1: return a * 3;
    case 2: return a ^ 0x55;
    case 3: return a >> 1;
    case 4: return ~a;
    case 5: return a << 2;
    case 6: return a - 1000;
    case 7: return a | 0x80;
    case 8: return a / 3;
    case 9: return a & 0xFFFFF0FF;
    case 10: return (a << 7) | (a >> 25);
    default: return a + opcode;
  }
}

static void control_flow(void) {
  mix(recursive(2, 9));
  uint32_t a = 1;
  for (int i = 0; i < ROUNDS; i++) mix(a = interpret(random_word(), a));
  static uint32_t (*const table[2])(uint32_t, uint32_t) = { recursive, interpret };
  for (uint32_t i = 0; i < 20; i++) mix(table[i & 1](i & 1, i));
  report("control flow");
}

int main(void) {
  add_and_subtract();
  logic_and_shifts();
  multiply();
  divide();
  bit_fields();
  saturation();
  loads_and_stores();
  sort_and_search();
  control_flow();
  return 0;
}
