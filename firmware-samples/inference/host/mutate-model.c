/*
 * mutate-model MODEL SEED COUNT [ARENA]
 *
 * Opens the file cut off at every length, then COUNT times with a few bytes changed; what opens is run. Compiled with sanitizers, which end
 * it when anything reads or writes where it must not; a case that takes more than ten seconds ends it too. The file and the arena are
 * allocated for each case at exactly their size. Prints how many cases opened, and how many were refused for which reason.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "inference.h"

enum { STATUSES = 7, SECONDS = 10 };   /* of enum inference_status */

static uint32_t state, counts[STATUSES];

static uint32_t next_random(void) {
  state ^= state << 13;
  state ^= state >> 17;
  state ^= state << 5;
  return state;
}

static void fill_and_run(struct inference *network) {
  for (uint32_t i = 0; i < inference_input_count(network); i++) {
    struct inference_tensor *tensor = inference_input(network, i);
    for (uint32_t k = 0; k < tensor->bytes; k++) ((uint8_t *)tensor->data)[k] = (uint8_t)next_random();
  }
  inference_run(network);
  uint32_t sum = 0;
  for (uint32_t i = 0; i < inference_output_count(network); i++) {
    const struct inference_tensor *tensor = inference_output(network, i);
    for (uint32_t k = 0; tensor->data != NULL && k < tensor->bytes; k++) sum += ((const uint8_t *)tensor->data)[k];
  }
  __asm__ volatile("" : : "r"(sum));
}

static void try(const uint8_t *bytes, uint32_t size, uint32_t arena_bytes) {
  uint8_t *model = malloc(size > 0 ? size : 1);
  void *arena = malloc(arena_bytes);
  struct inference_error error;
  memcpy(model, bytes, size);
  alarm(SECONDS);
  struct inference *network = inference_open(model, size, arena, arena_bytes, inference_all_operators, &error);
  if ((uint32_t)error.status >= STATUSES || (network != NULL) != (error.status == INFERENCE_OK)) abort();
  counts[error.status]++;
  if (network != NULL) {
    fill_and_run(network);
    inference_reset(network);
    fill_and_run(network);
  }
  free(arena);
  free(model);
}

/* A byte, or a word as offsets, lengths and indices are. */
static void mutate(uint8_t *bytes, uint32_t size) {
  static const uint32_t words[] = { 0, 1, 2, 3, 4, 5, 7, 8, 16, 127, 255, 256, 0x7fff, 0xffff, 0x10000, 0x7fffffff, 0x80000000, 0xfffffff0,
                                    0xfffffffc, 0xffffffff, 0x7f800000, 0x00000001, 0x3f800000 };
  for (uint32_t changes = 1 + next_random() % 6; changes > 0; changes--) {
    uint32_t at = next_random() % size, word = words[next_random() % (sizeof words / sizeof *words)];
    switch (next_random() % 5) {
      case 0: bytes[at] = (uint8_t)next_random(); break;
      case 1: bytes[at] ^= (uint8_t)(1u << next_random() % 8); break;
      case 2: bytes[at] = (uint8_t)(bytes[at] + 1 - 2 * (next_random() & 1)); break;
      case 3: if ((at & ~3u) + 4 <= size) memcpy(bytes + (at & ~3u), &word, 4); break;
      default: if ((at & ~3u) + 4 <= size) memcpy(bytes + (at & ~3u), bytes + (next_random() % (size / 4)) * 4, 4); break;
    }
  }
}

int main(int count, char **words) {
  static uint8_t model[1 << 20], copy[1 << 20];
  if (count < 4) return 2;
  FILE *file = fopen(words[1], "rb");
  if (file == NULL) return 2;
  uint32_t size = (uint32_t)fread(model, 1, sizeof model, file);
  uint32_t cases = (uint32_t)strtoul(words[3], NULL, 0), arena = count > 4 ? (uint32_t)strtoul(words[4], NULL, 0) : 65536;
  fclose(file);
  if (size < 8) return 2;
  state = (uint32_t)strtoul(words[2], NULL, 0) * 2654435761u + 1;
  for (uint32_t cut = 0; cut < size; cut += size > 65536 ? 61 : 1) try(model, cut, arena);
  for (uint32_t i = 0; i < cases; i++) {
    memcpy(copy, model, size);
    mutate(copy, size);
    try(copy, size, arena);
  }
  for (uint32_t i = 0; i < STATUSES; i++) printf("%u%c", counts[i], i + 1 < STATUSES ? ' ' : '\n');
  return 0;
}
