/* Quicksort twice: of records through a comparison function, as qsort() does, and of numbers by a direct comparison. */
#include <string.h>
#include "random.h"

#ifdef __AVR__
enum { COUNT = 400, SMALL = 8 }; /* in 8 KB of SRAM */
#else
enum { COUNT = 1000, SMALL = 8 };
#endif

struct record { int32_t key; uint16_t group, serial; };
typedef int comparison(const void *a, const void *b);

static int by_key(const void *a, const void *b) {
  const struct record *x = a, *y = b;
  return x->key != y->key ? (x->key > y->key) - (x->key < y->key) : x->serial - y->serial;
}
static int by_group(const void *a, const void *b) {
  const struct record *x = a, *y = b;
  return x->group != y->group ? x->group - y->group : x->serial - y->serial;
}

static void swap(char *a, char *b, size_t size) {
  for (size_t i = 0; i < size; i += 4) {
    uint32_t x, y;
    memcpy(&x, a + i, 4); memcpy(&y, b + i, 4);
    memcpy(a + i, &y, 4); memcpy(b + i, &x, 4);
  }
}

/* @param size of one element, a multiple of 4 */
static void sort_by(char *base, size_t count, size_t size, comparison *compare) {
  while (count > SMALL) {
    char *low = base, *high = base + (count - 1) * size;
    swap(base, base + count / 2 * size, size);
    for (;;) {
      do low += size; while (low < base + count * size && compare(low, base) < 0);
      while (compare(high, base) > 0) high -= size;
      if (low >= high) break;
      swap(low, high, size);
      high -= size;
    }
    swap(base, high, size);
    size_t left = (size_t)(high - base) / size, right = count - left - 1;
    if (left < right) { sort_by(base, left, size, compare); base = high + size; count = right; }
    else { sort_by(high + size, right, size, compare); count = left; }
  }
  for (size_t i = 1; i < count; i++)
    for (char *p = base + i * size; p > base && compare(p - size, p) > 0; p -= size) swap(p - size, p, size);
}

static void sort_numbers(int32_t *values, int count) {
  while (count > SMALL) {
    int32_t pivot = values[count / 2];
    int low = 0, high = count - 1;
    while (low <= high) {
      while (values[low] < pivot) low++;
      while (values[high] > pivot) high--;
      if (low <= high) { int32_t t = values[low]; values[low++] = values[high]; values[high--] = t; }
    }
    if (high + 1 < count - low) { sort_numbers(values, high + 1); values += low; count -= low; }
    else { sort_numbers(values + low, count - low); count = high + 1; }
  }
  for (int i = 1; i < count; i++) {
    int32_t value = values[i];
    int k = i;
    for (; k > 0 && values[k - 1] > value; k--) values[k] = values[k - 1];
    values[k] = value;
  }
}

/* Read anew for each sort, so that no compiler sees which function it is. */
static comparison *volatile orders[2] = { by_key, by_group };

int main(void) {
  static struct record records[COUNT];
  static int32_t numbers[COUNT];
  for (unsigned n = 0; n < ITERATIONS; n++) {
    for (unsigned i = 0; i < COUNT; i++) {
      records[i] = (struct record){ (int32_t)random_word(), (uint16_t)(random_word() % 50), (uint16_t)i };
      numbers[i] = (int32_t)random_word();
    }
    sort_by((char *)records, COUNT, sizeof *records, orders[n & 1]);
    sort_numbers(numbers, COUNT);
    mix(records[n % COUNT].serial);
    mix((uint32_t)numbers[n % COUNT]);
  }
  mix_bytes(records, sizeof records);
  mix_bytes(numbers, sizeof numbers);
  report("quicksort");
  return 0;
}
