/* The four functions that the compiler may call without being asked. Words while both sides are aligned, bytes else. */
#include <stddef.h>
#include <stdint.h>

typedef uint32_t __attribute__((may_alias)) word;
enum { WORD = sizeof(word) };

static int are_aligned(const void *a, const void *b) { return (((uintptr_t)a | (uintptr_t)b) & (WORD - 1)) == 0; }

void *memcpy(void *restrict to, const void *restrict from, size_t bytes) {
  uint8_t *out = to;
  const uint8_t *in = from;
  if (are_aligned(out, in)) for (; bytes >= WORD; bytes -= WORD, out += WORD, in += WORD) *(word *)out = *(const word *)in;
  while (bytes--) *out++ = *in++;
  return to;
}

void *memmove(void *to, const void *from, size_t bytes) {
  if ((uintptr_t)to - (uintptr_t)from >= bytes) return memcpy(to, from, bytes);
  uint8_t *out = to;
  const uint8_t *in = from;
  while (bytes--) out[bytes] = in[bytes];
  return to;
}

void *memset(void *to, int value, size_t bytes) {
  uint8_t *out = to;
  const word pattern = (uint8_t)value * 0x01010101u;
  if (are_aligned(out, out)) for (; bytes >= WORD; bytes -= WORD, out += WORD) *(word *)out = pattern;
  while (bytes--) *out++ = (uint8_t)value;
  return to;
}

int memcmp(const void *a, const void *b, size_t bytes) {
  const uint8_t *left = a, *right = b;
  for (; bytes--; left++, right++) if (*left != *right) return *left - *right;
  return 0;
}
