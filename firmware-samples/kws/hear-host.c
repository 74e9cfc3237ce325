/*
 * The same ears on this machine: hear-host FILE... reads sound without a header (16 kHz, 16 bits, signed, low byte first) and prints
 * for each file a line of the words heard in it, with the hop after which each was told: yes 97 % 62.
 */
#include <stdio.h>
#include <stdlib.h>
#include "listener.h"

enum { ARENA_BYTES = 1 << 20 };
static _Alignas(16) uint8_t arena[ARENA_BYTES];

static void hear(FILE *file) {
  static struct listener listener;
  struct inference_error error;
  listener = (struct listener){ 0 };
  if (!listener_open(&listener, arena, ARENA_BYTES, &error)) {
    fprintf(stderr, "hear-host: the model does not run: status %d, operator %d, detail %u\n", (int)error.status, (int)error.operator_index, (unsigned)error.detail);
    exit(1);
  }
  int16_t samples[2][HOP_SAMPLES];
  for (uint32_t hop = 0; fread(samples[hop & 1], sizeof samples[0], 1, file) == 1; hop++) {
    struct heard heard;
    if (hop == 0) continue;
    listener_frame(&listener, samples[(hop - 1) & 1], samples[hop & 1]);
    if (hop % DECISION_HOPS == 0 && listener_decide(&listener, &heard)) printf("%s %d %% %u ", class_names[heard.word], heard.percent, (unsigned)hop + 1);
  }
  printf("\n");
}

int main(int count, char **names) {
  for (int i = 1; i < count; i++) {
    FILE *file = fopen(names[i], "rb");
    if (!file) { perror(names[i]); return 1; }
    hear(file);
    fclose(file);
  }
  return 0;
}
