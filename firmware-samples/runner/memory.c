/* The four functions that the compiler and the runtime expect of a C library. Words where both ends allow it. */
#include <stddef.h>
#include <stdint.h>

/* The compiler must not make calls of these functions out of their own loops. */
#pragma GCC optimize ("no-tree-loop-distribute-patterns")

typedef uint32_t __attribute__((may_alias)) word;

static int are_aligned(const void *a, const void *b)
{
  return (((uintptr_t)a | (uintptr_t)b) & 3) == 0;
}

void *memcpy(void *restrict to, const void *restrict from, size_t bytes)
{
  uint8_t *t = to;
  const uint8_t *f = from;
  if (are_aligned(t, f))
    for (; bytes >= 4; bytes -= 4, t += 4, f += 4) *(word *)t = *(const word *)f;
  while (bytes-- > 0) *t++ = *f++;
  return to;
}

void *memmove(void *to, const void *from, size_t bytes)
{
  if ((uintptr_t)to - (uintptr_t)from >= bytes) return memcpy(to, from, bytes);
  uint8_t *t = (uint8_t *)to + bytes;
  const uint8_t *f = (const uint8_t *)from + bytes;
  if (are_aligned(t, f))
    for (; bytes >= 4; bytes -= 4) *(word *)(t -= 4) = *(const word *)(f -= 4);
  while (bytes-- > 0) *--t = *--f;
  return to;
}

void *memset(void *to, int value, size_t bytes)
{
  uint8_t *t = to;
  const word all = (uint8_t)value * 0x01010101u;
  for (; bytes > 0 && ((uintptr_t)t & 3) != 0; bytes--) *t++ = (uint8_t)value;
  for (; bytes >= 4; bytes -= 4, t += 4) *(word *)t = all;
  while (bytes-- > 0) *t++ = (uint8_t)value;
  return to;
}

int memcmp(const void *a, const void *b, size_t bytes)
{
  const uint8_t *x = a, *y = b;
  for (; bytes > 0; bytes--, x++, y++)
    if (*x != *y) return *x - *y;
  return 0;
}
