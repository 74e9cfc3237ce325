/*
 * run-model MODEL [--arena BYTES] [--seed N --rows N] [--out PREFIX] [--plan] [INPUT...]
 *
 * Runs a .tflite file. Each INPUT holds raw little-endian rows of one model input, one after another; all have as many rows. With --seed
 * the inputs are pseudo-random instead (bytes of xorshift32). State is kept from row to row. Outputs go raw, all rows, to PREFIX0.bin and
 * so on. Standard output: a line per input and output, and the arena; with --plan also where each tensor and scratch lies.
 * Ends with 1 and one line when the model is refused.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "inference-operator.h"
#include "network.h"

static const char *const STATUS[] = { "OK", "NOT_A_MODEL", "UNSUPPORTED_OPERATOR", "UNSUPPORTED_TYPE", "UNSUPPORTED_OPTION",
                                      "BAD_SHAPE", "ARENA_TOO_SMALL" };

struct options { const char *model, *out, *inputs[16]; uint32_t arena, seed, rows, input_count; bool random, plan; };

static void fail(const char *what, const char *which) {
  fprintf(stderr, "run-model: %s %s\n", what, which);
  exit(2);
}

static struct options parse(int count, char **words) {
  struct options options = { .arena = 64u << 20, .rows = 1 };
  for (int i = 1; i < count; i++) {
    const char *word = words[i], *value = i + 1 < count ? words[i + 1] : "";
    if (strcmp(word, "--plan") == 0) options.plan = true;
    else if (strncmp(word, "--", 2) == 0) {
      if (++i >= count) fail("a value is missing after", word);
      if (strcmp(word, "--arena") == 0) options.arena = (uint32_t)strtoul(value, NULL, 0);
      else if (strcmp(word, "--seed") == 0) { options.seed = (uint32_t)strtoul(value, NULL, 0); options.random = true; }
      else if (strcmp(word, "--rows") == 0) options.rows = (uint32_t)strtoul(value, NULL, 0);
      else if (strcmp(word, "--out") == 0) options.out = value;
      else fail("unknown option", word);
    } else if (options.model == NULL) options.model = word;
    else if (options.input_count < 16) options.inputs[options.input_count++] = word;
  }
  if (options.model == NULL) fail("usage:", "run-model MODEL [--arena BYTES] [--seed N --rows N] [--out PREFIX] [--plan] [INPUT...]");
  return options;
}

/* Exactly as large as the file, so that a sanitizer sees a read past its end. */
static uint8_t *read_file(const char *path, uint32_t *bytes) {
  FILE *file = fopen(path, "rb");
  if (file == NULL) fail("cannot read", path);
  fseek(file, 0, SEEK_END);
  long size = ftell(file);
  rewind(file);
  uint8_t *data = malloc(size > 0 ? (size_t)size : 1);
  if (data == NULL || fread(data, 1, (size_t)size, file) != (size_t)size) fail("cannot read", path);
  fclose(file);
  *bytes = (uint32_t)size;
  return data;
}

static void describe(const char *kind, uint32_t index, const struct inference_tensor *tensor) {
  printf("%s %u type %u shape", kind, index, tensor->type);
  for (uint32_t i = 0; i < tensor->rank; i++) printf(" %d", tensor->shape[i]);
  printf(" bytes %u scale %.9g zero_point %d\n", tensor->bytes, (double)tensor->scale, tensor->zero_point);
}

static void print_plan(const struct inference *network) {
  const struct graph *graph = &network->graphs[0];
  const uint8_t *from = network->arena;
  for (uint32_t i = 0; i < graph->tensor_count; i++) {
    const struct inference_tensor *tensor = &graph->tensors[i];
    if (tensor->data == NULL || tensor->is_constant) continue;
    printf("tensor %u at %ld bytes %u%s\n", i, (long)((const uint8_t *)tensor->data - from), tensor->bytes, tensor->is_variable ? " variable" : "");
  }
  for (uint32_t i = 0; i < graph->node_count; i++) {
    const struct planned_node *planned = &graph->nodes[i];
    printf("node %u %s inputs", i, planned->node.operation->name);
    for (uint32_t k = 0; k < planned->node.input_count; k++) printf(" %d", planned->node.inputs[k]);
    printf(" outputs");
    for (uint32_t k = 0; k < planned->node.output_count; k++) printf(" %d", planned->node.outputs[k]);
    printf(" scratch %ld %u\n", planned->scratch_bytes == 0 ? -1L : (long)((const uint8_t *)planned->node.scratch - from), planned->scratch_bytes);
  }
  for (uint32_t i = 0; i < graph->input_count; i++) printf("graph-input %d\n", graph->inputs[i]);
  for (uint32_t i = 0; i < graph->output_count; i++) printf("graph-output %d\n", graph->outputs[i]);
  printf("structures %u\n", network->used);
}

static uint32_t next_random(uint32_t *state) {
  *state ^= *state << 13;
  *state ^= *state >> 17;
  *state ^= *state << 5;
  return *state;
}

/* Fills every input with its next row; false after the last. */
static bool next_row(struct inference *network, const struct options *options, uint8_t **inputs, const uint32_t *sizes, uint32_t row,
                     uint32_t *state) {
  for (uint32_t i = 0; i < inference_input_count(network); i++) {
    struct inference_tensor *tensor = inference_input(network, i);
    if (options->random) {
      if (row >= options->rows) return false;
      for (uint32_t k = 0; k < tensor->bytes; k++) ((uint8_t *)tensor->data)[k] = (uint8_t)next_random(state);
    } else {
      if (i >= options->input_count) fail("too few inputs for", options->model);
      if (sizes[i] % tensor->bytes != 0) fail("not a whole number of rows in", options->inputs[i]);
      if ((uint64_t)(row + 1) * tensor->bytes > sizes[i]) return false;
      memcpy(tensor->data, inputs[i] + (size_t)row * tensor->bytes, tensor->bytes);
    }
  }
  return row < options->rows || (!options->random && inference_input_count(network) > 0);
}

static void run_rows(struct inference *network, const struct options *options) {
  uint8_t *inputs[16] = { NULL };
  uint32_t sizes[16], state = options->seed * 2654435761u + 1;
  FILE *outputs[16] = { NULL };
  for (uint32_t i = 0; i < options->input_count; i++) inputs[i] = read_file(options->inputs[i], &sizes[i]);
  for (uint32_t i = 0; options->out != NULL && i < inference_output_count(network) && i < 16; i++) {
    char path[4096];
    snprintf(path, sizeof path, "%s%u.bin", options->out, i);
    outputs[i] = fopen(path, "wb");
    if (outputs[i] == NULL) fail("cannot write", path);
  }
  for (uint32_t row = 0; next_row(network, options, inputs, sizes, row, &state); row++) {
    inference_run(network);
    for (uint32_t i = 0; i < 16 && outputs[i] != NULL; i++) {
      const struct inference_tensor *tensor = inference_output(network, i);
      fwrite(tensor->data, 1, tensor->bytes, outputs[i]);
    }
  }
  for (uint32_t i = 0; i < 16; i++) {
    if (outputs[i] != NULL) fclose(outputs[i]);
    free(inputs[i]);
  }
}

static void report_and_run(struct inference *network, const struct options *options) {
  for (uint32_t i = 0; i < inference_input_count(network); i++) describe("input", i, inference_input(network, i));
  for (uint32_t i = 0; i < inference_output_count(network); i++) describe("output", i, inference_output(network, i));
  printf("arena %u\n", inference_arena_bytes(network));
  if (options->plan) print_plan(network);
  if (options->random || options->input_count > 0) run_rows(network, options);
}

int main(int count, char **words) {
  struct options options = parse(count, words);
  uint32_t model_bytes;
  uint8_t *model = read_file(options.model, &model_bytes);
  void *arena = malloc(options.arena > 0 ? options.arena : 1);
  struct inference_error error;
  struct inference *network = inference_open(model, model_bytes, arena, options.arena, inference_all_operators, &error);
  if (network != NULL) report_and_run(network, &options);
  else fprintf(stderr, "refused: %s at operator %d, detail %u\n", STATUS[error.status], error.operator_index, error.detail);
  free(arena);
  free(model);
  return network == NULL;
}
