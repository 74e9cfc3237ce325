/*
 * Runs .tflite networks with the inference runtime, for tests: as test/oracles/armnn/armnn.cc does with Arm NN, with the same files.
 *
 *     run-cases CASES RESULTS
 *
 * Model and arena are memory of exactly their size, so that sanitizers see what leaves them; the arena is first larger, then just
 * what the first run said is enough. The arena is filled with a pattern: what reads memory before writing it differs.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "inference.h"

enum { ARENA_BYTES = 1 << 22, ALIGNMENT = 16 };

static uint32_t read_word(FILE *file, bool *ended) {
  uint32_t word = 0;
  if (fread(&word, 4, 1, file) != 1) {
    if (ended == NULL) exit(2);
    *ended = true;
  }
  return word;
}

static void write_word(FILE *file, uint32_t word) { fwrite(&word, 4, 1, file); }

/* Memory at a multiple of 16 that ends where `bytes` end. */
static void *allocate(uint32_t bytes) {
  void *memory = NULL;
  if (posix_memalign(&memory, ALIGNMENT, bytes == 0 ? 1 : bytes) != 0) exit(2);
  return memory;
}

static void refuse(FILE *results, const struct inference_error *error) {
  char text[80];
  const int length = snprintf(text, sizeof text, "status %d, operator %d, detail %u", (int)error->status, (int)error->operator_index,
                              (unsigned)error->detail);
  write_word(results, 1);
  write_word(results, (uint32_t)length);
  fwrite(text, 1, (size_t)length, results);
}

static void run(const void *model, uint32_t bytes, uint32_t input_count, FILE *cases, FILE *results) {
  struct inference_error error;
  void *arena = allocate(ARENA_BYTES);
  struct inference *network = inference_open(model, bytes, arena, ARENA_BYTES, inference_all_operators, &error);
  if (network != NULL) {
    const uint32_t needed = inference_arena_bytes(network);
    free(arena);
    arena = allocate(needed);
    memset(arena, 0xa5, needed);
    network = inference_open(model, bytes, arena, needed, inference_all_operators, &error);
  }
  for (uint32_t i = 0; i < input_count; i++) {
    const uint32_t length = read_word(cases, NULL);
    struct inference_tensor *tensor = network == NULL ? NULL : inference_input(network, i);
    if (network != NULL && (tensor == NULL || tensor->bytes != length)) {
      fprintf(stderr, "run-cases: input %u is %u bytes, the network takes %u\n", i, length, tensor == NULL ? 0 : tensor->bytes);
      exit(2);
    }
    void *skipped = tensor == NULL ? allocate(length) : NULL;
    if (fread(tensor == NULL ? skipped : tensor->data, 1, length, cases) != length) exit(2);
    free(skipped);
  }
  if (network == NULL) {
    refuse(results, &error);
  } else {
    inference_run(network);
    write_word(results, 0);
    write_word(results, inference_output_count(network));
    for (uint32_t i = 0; i < inference_output_count(network); i++) {
      const struct inference_tensor *tensor = inference_output(network, i);
      write_word(results, tensor->bytes);
      fwrite(tensor->data, 1, tensor->bytes, results);
    }
  }
  free(arena);
}

int main(int count, char **arguments) {
  FILE *cases = count == 3 ? fopen(arguments[1], "rb") : NULL, *results = cases == NULL ? NULL : fopen(arguments[2], "wb");
  if (results == NULL) {
    fputs("usage: run-cases CASES RESULTS (files; see the head of run-cases.c)\n", stderr);
    return 2;
  }
  for (;;) {
    bool ended = false;
    const uint32_t bytes = read_word(cases, &ended);
    if (ended) break;
    void *model = allocate(bytes);
    if (fread(model, 1, bytes, cases) != bytes) return 2;
    run(model, bytes, read_word(cases, NULL), cases, results);
    free(model);
  }
  fclose(cases);
  return fclose(results) == 0 ? 0 : 2;
}
