/*
 * Work of the kinds that firmware does, for measuring speed: linked list, matrix, state machine, CRC, int8 convolution
 * and float FFT. ITERATIONS may be set by -D; the checksums tell whether the work was done right.
 */
#include <stdlib.h>
#include <string.h>
#include "random.h"

#ifndef ITERATIONS
#define ITERATIONS 2
#endif

struct node { struct node *next; int16_t key, value; };
static struct node nodes[128];

static struct node *merge(struct node *a, struct node *b) {
  struct node head, *tail = &head;
  while (a && b) {
    struct node **less = a->key <= b->key ? &a : &b;
    tail = tail->next = *less;
    *less = (*less)->next;
  }
  tail->next = a ? a : b;
  return head.next;
}
static struct node *sort(struct node *list) {
  if (list == 0 || list->next == 0) return list;
  struct node *slow = list, *fast = list->next;
  while (fast && fast->next) { slow = slow->next; fast = fast->next->next; }
  struct node *half = slow->next;
  slow->next = 0;
  return merge(sort(list), sort(half));
}
static void lists(void) {
  for (int i = 0; i < 128; i++) nodes[i] = (struct node){ i < 127 ? &nodes[i + 1] : 0, (int16_t)random_word(), (int16_t)i };
  struct node *list = sort(nodes), *reversed = 0;
  while (list) { struct node *next = list->next; list->next = reversed; reversed = list; list = next; }
  for (; reversed; reversed = reversed->next) mix((uint32_t)(reversed->key * 31 + reversed->value));
}

enum { N = 16 };
static void matrices(void) {
  static int16_t a[N][N], b[N][N];
  static int32_t c[N][N];
  for (int i = 0; i < N; i++) for (int j = 0; j < N; j++) { a[i][j] = (int16_t)random_word(); b[i][j] = (int16_t)(random_word() >> 20); }
  for (int i = 0; i < N; i++)
    for (int j = 0; j < N; j++) {
      int32_t sum = 0;
      for (int k = 0; k < N; k++) sum += a[i][k] * b[k][j];
      c[i][j] = sum;
    }
  for (int i = 0; i < N; i++) for (int j = 0; j < N; j++) mix((uint32_t)c[i][j]);
}

/* Classifies numbers in a text, character by character. */
enum state { START, SIGN, WHOLE, FRACTION, EXPONENT, EXPONENT_SIGN, INVALID };
static enum state step(enum state s, char c) {
  int digit = c >= '0' && c <= '9';
  switch (s) {
    case START: return digit ? WHOLE : c == '-' || c == '+' ? SIGN : INVALID;
    case SIGN: return digit ? WHOLE : INVALID;
    case WHOLE: return digit ? WHOLE : c == '.' ? FRACTION : c == 'e' ? EXPONENT_SIGN : INVALID;
    case FRACTION: return digit ? FRACTION : c == 'e' ? EXPONENT_SIGN : INVALID;
    case EXPONENT_SIGN: return digit || c == '-' ? EXPONENT : INVALID;
    case EXPONENT: return digit ? EXPONENT : INVALID;
    default: return INVALID;
  }
}
static void state_machine(void) {
  static const char *const words[] = { "123", "-4.5", "6e7", "+8.25e-3", "abc", "9..1", "--2", "77e", "0.5e+", "31337" };
  unsigned counts[INVALID + 1] = { 0 };
  for (int i = 0; i < 200; i++) {
    enum state s = START;
    for (const char *p = words[random_word() % 10]; *p; p++) s = step(s, *p);
    counts[s]++;
  }
  for (int s = 0; s <= INVALID; s++) mix(counts[s]);
}

static uint16_t crc16(const uint8_t *bytes, size_t count) {
  uint16_t crc = 0xFFFF;
  while (count--) {
    crc ^= (uint16_t)(*bytes++ << 8);
    for (int k = 0; k < 8; k++) crc = (uint16_t)(crc & 0x8000 ? crc << 1 ^ 0x1021 : crc << 1);
  }
  return crc;
}
static void crcs(void) {
  static uint8_t block[512];
  for (int i = 0; i < 512; i++) block[i] = (uint8_t)random_word();
  mix(crc16(block, sizeof block));
}

/* 3x3 convolution, int8, with 32-bit accumulators, requantised by a multiplier and a shift. */
enum { SIZE = 10, IN = 4, OUT = 6 };
static void convolution(void) {
  static int8_t input[SIZE][SIZE][IN], weights[OUT][3][3][IN], output[SIZE - 2][SIZE - 2][OUT];
  for (size_t i = 0; i < sizeof input; i++) ((int8_t *)input)[i] = (int8_t)random_word();
  for (size_t i = 0; i < sizeof weights; i++) ((int8_t *)weights)[i] = (int8_t)random_word();
  for (int y = 0; y < SIZE - 2; y++)
    for (int x = 0; x < SIZE - 2; x++)
      for (int o = 0; o < OUT; o++) {
        int32_t sum = o * 100;
        for (int ky = 0; ky < 3; ky++)
          for (int kx = 0; kx < 3; kx++)
            for (int i = 0; i < IN; i++) sum += (input[y + ky][x + kx][i] + 7) * weights[o][ky][kx][i];
        int32_t scaled = (int32_t)((int64_t)sum * 1518500250 >> 40);
        output[y][x][o] = (int8_t)(scaled > 127 ? 127 : scaled < -128 ? -128 : scaled);
      }
  mix_bytes(output, sizeof output);
}

/* Radix-2, in place, 64 points; twiddles by recurrence so that libm plays no part. */
enum { POINTS = 64 };
static void fft(void) {
  static float re[POINTS], im[POINTS];
  for (int i = 0; i < POINTS; i++) { re[i] = (float)(int16_t)random_word(); im[i] = 0; }
  for (unsigned i = 1, j = 0; i < POINTS; i++) {
    unsigned bit = POINTS >> 1;
    for (; j & bit; bit >>= 1) j ^= bit;
    j ^= bit;
    if (i < j) { float t = re[i]; re[i] = re[j]; re[j] = t; }
  }
  static const float cosines[6] = { -1, 0, 0.70710678f, 0.92387953f, 0.98078528f, 0.99518473f };
  static const float sines[6] = { 0, -1, -0.70710678f, -0.38268343f, -0.19509032f, -0.09801714f };
  for (int stage = 0; stage < 6; stage++) {
    int length = 2 << stage;
    for (int start = 0; start < POINTS; start += length) {
      float wr = 1, wi = 0;
      for (int k = start; k < start + length / 2; k++) {
        int m = k + length / 2;
        float tr = re[m] * wr - im[m] * wi, ti = re[m] * wi + im[m] * wr;
        re[m] = re[k] - tr; im[m] = im[k] - ti;
        re[k] += tr; im[k] += ti;
        float next = wr * cosines[stage] - wi * sines[stage];
        wi = wr * sines[stage] + wi * cosines[stage];
        wr = next;
      }
    }
  }
  mix_bytes(re, sizeof re);
  mix_bytes(im, sizeof im);
}

#define RUN(work) do { for (int i = 0; i < ITERATIONS; i++) work(); report(#work); } while (0)

int main(void) {
  RUN(lists);
  RUN(matrices);
  RUN(state_machine);
  RUN(crcs);
  RUN(convolution);
  RUN(fft);
  return 0;
}
