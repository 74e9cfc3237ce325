/*
 * UNIDIRECTIONAL_SEQUENCE_LSTM, int8 with an int16 cell, and float32. Not taken: peepholes, projection, layer normalisation, coupled
 * input and forget gates, hybrid weights.
 */
#include <string.h>

#include "../quantisation.h"
#include "inference-operators.h"
#include "lstm.h"

/* Inputs, in the schema's order; the lists below are in the order forget, cell, input, output. */
enum { INPUT = 0, HIDDEN = 18, CELL = 19 };
static const uint8_t INPUT_WEIGHTS[GATES] = { 2, 3, 1, 4 }, RECURRENT_WEIGHTS[GATES] = { 6, 7, 5, 8 }, BIASES[GATES] = { 13, 14, 12, 15 };
static const uint8_t REFUSED[] = { 9, 10, 11, 16, 17, 20, 21, 22, 23 };
enum { ACTIVATION = 0, CELL_CLIP = 1, PROJECTION_CLIP = 2, TIME_MAJOR = 3, ACTIVATION_TANH = 4 };
enum { HIDDEN_INTERMEDIATE = 4 };
enum { MAXIMUM_INPUTS = 65536 };    /* more products of int8 could leave 32 bits */

struct state {
  struct lstm lstm;
  int32_t batches, steps;
  uint32_t element_bytes, cell_bytes;
  bool time_major;
};

static bool has_shape(const struct inference_tensor *tensor, int32_t rows, int32_t columns) {
  return tensor != NULL && tensor->rank == 2 && tensor->shape[0] == rows && tensor->shape[1] == columns;
}

static bool find_shapes(struct inference *network, const struct inference_node *node, struct state *state) {
  const struct inference_tensor *input = inference_node_input(network, node, INPUT), *output = inference_node_output(network, node, 0);
  const struct inference_tensor *hidden = inference_node_input(network, node, HIDDEN), *cell = inference_node_input(network, node, CELL);
  const struct inference_tensor *weights = inference_node_input(network, node, INPUT_WEIGHTS[FORGET_GATE]);
  struct lstm *lstm = &state->lstm;
  if (input == NULL || output == NULL || hidden == NULL || cell == NULL || weights == NULL) return false;
  if (input->rank != 3 || output->rank != 3 || weights->rank != 2 || !hidden->is_variable || !cell->is_variable) return false;
  if (input->shape[2] > MAXIMUM_INPUTS) return false;
  state->batches = input->shape[state->time_major ? 1 : 0];
  state->steps = input->shape[state->time_major ? 0 : 1];
  lstm->inputs = input->shape[2];
  lstm->cells = weights->shape[0];
  for (uint32_t i = 0; i < GATES; i++) {
    const struct inference_tensor *bias = inference_node_input(network, node, BIASES[i]);
    if (!has_shape(inference_node_input(network, node, INPUT_WEIGHTS[i]), lstm->cells, lstm->inputs)) return false;
    if (!has_shape(inference_node_input(network, node, RECURRENT_WEIGHTS[i]), lstm->cells, lstm->cells)) return false;
    if (bias == NULL || inference_elements(bias) != (uint32_t)lstm->cells) return false;
  }
  if (output->shape[0] != input->shape[0] || output->shape[1] != input->shape[1] || output->shape[2] != lstm->cells) return false;
  const uint64_t states = (uint64_t)(uint32_t)state->batches * (uint32_t)lstm->cells;
  return inference_elements(hidden) == states && inference_elements(cell) == states;
}

static enum inference_status check_types(struct inference *network, const struct inference_node *node, uint8_t weights, uint8_t biases,
                                         uint8_t cells) {
  const struct inference_tensor *input = inference_node_input(network, node, INPUT), *output = inference_node_output(network, node, 0);
  const struct inference_tensor *hidden = inference_node_input(network, node, HIDDEN), *cell = inference_node_input(network, node, CELL);
  if (output->type != input->type) return unsupported_type(network, output);
  if (hidden->type != input->type) return unsupported_type(network, hidden);
  if (cell->type != cells) return unsupported_type(network, cell);
  for (uint32_t i = 0; i < GATES; i++) {
    const struct inference_tensor *of_input = inference_node_input(network, node, INPUT_WEIGHTS[i]);
    const struct inference_tensor *of_hidden = inference_node_input(network, node, RECURRENT_WEIGHTS[i]);
    const struct inference_tensor *bias = inference_node_input(network, node, BIASES[i]);
    if (of_input->type != weights) return unsupported_type(network, of_input);
    if (of_hidden->type != weights) return unsupported_type(network, of_hidden);
    if (bias->type != biases) return unsupported_type(network, bias);
  }
  return INFERENCE_OK;
}

/* n of a scale that is exactly 2^n, from -15 to -9, where the cell has 0 to 6 bits before the point. */
static bool find_exponent(float scale, int32_t *exponent) {
  float power = 1.0f / 32768;
  for (*exponent = -15; *exponent <= -9; (*exponent)++, power *= 2)
    if (scale == power) return true;
  return false;
}

/* To a gate's scale of 2^-12; the product is rounded to float32, as the reference's is. */
static struct rescale to_gate(const struct inference_tensor *values, const struct inference_tensor *weights) {
  volatile float scale = values->scale * weights->scale;
  return quantise_multiplier((double)scale * 4096.0);
}

static enum inference_status prepare_int8(struct inference *network, const struct inference_node *node, struct state *state) {
  const struct inference_tensor *input = inference_node_input(network, node, INPUT), *cell = inference_node_input(network, node, CELL);
  const struct inference_tensor *hidden = inference_node_input(network, node, HIDDEN);
  const struct inference_tensor *product = inference_node_intermediate(network, node, HIDDEN_INTERMEDIATE);
  struct lstm *lstm = &state->lstm;
  if (product == NULL || !(product->scale > 0)) product = hidden;
  if (!(input->scale > 0 && hidden->scale > 0) || !find_exponent(cell->scale, &lstm->cell_exponent)) return INFERENCE_BAD_SHAPE;
  for (uint32_t i = 0; i < GATES; i++) {
    lstm->gates[i].from_input = to_gate(input, inference_node_input(network, node, INPUT_WEIGHTS[i]));
    lstm->gates[i].from_recurrent = to_gate(hidden, inference_node_input(network, node, RECURRENT_WEIGHTS[i]));
  }
  volatile float to_hidden = (float)(1.0 / 1073741824.0 / (double)product->scale);
  lstm->to_hidden = quantise_multiplier((double)to_hidden);
  lstm->hidden_zero_point = product->zero_point;
  lstm->recurrent_zero_point = hidden->zero_point;
  lstm->input_zero_point = input->zero_point;
  volatile float clip = lstm->float_cell_clip / cell->scale;
  lstm->cell_clip = clip > 32767.0f ? 32767 : clip > 0.0f ? (int32_t)clip : 0;
  return INFERENCE_OK;
}

static enum inference_status prepare(struct inference *network, struct inference_node *node) {
  struct state *state = node->state = inference_keep(network, sizeof *state);
  if (state == NULL) return INFERENCE_ARENA_TOO_SMALL;
  const int32_t activation = flat_int8(&node->options, ACTIVATION, ACTIVATION_NONE);
  const struct inference_tensor *input = inference_node_input(network, node, INPUT);
  if (activation != ACTIVATION_TANH) return unsupported_option(network, (uint32_t)activation);
  for (uint32_t i = 0; i < sizeof REFUSED; i++)
    if (inference_node_input(network, node, REFUSED[i]) != NULL) return unsupported_option(network, REFUSED[i]);
  state->time_major = flat_bool(&node->options, TIME_MAJOR, false);
  state->lstm.float_cell_clip = flat_float(&node->options, CELL_CLIP, 0.0f);
  if (!find_shapes(network, node, state)) return INFERENCE_BAD_SHAPE;
  const bool is_int8 = input->type == INFERENCE_INT8;
  if (!is_int8 && input->type != INFERENCE_FLOAT32) return unsupported_type(network, input);
  state->element_bytes = is_int8 ? 1 : sizeof(float);
  state->cell_bytes = is_int8 ? sizeof(int16_t) : sizeof(float);
  inference_scratch(network, node, GATES * (uint32_t)state->lstm.cells * state->cell_bytes);
  if (!is_int8) return check_types(network, node, INFERENCE_FLOAT32, INFERENCE_FLOAT32, INFERENCE_FLOAT32);
  const enum inference_status status = check_types(network, node, INFERENCE_INT8, INFERENCE_INT32, INFERENCE_INT16);
  return status == INFERENCE_OK ? prepare_int8(network, node, state) : status;
}

static void find_weights(struct inference *network, const struct inference_node *node, struct lstm *lstm) {
  for (uint32_t i = 0; i < GATES; i++) {
    lstm->gates[i].input_weights = inference_node_input(network, node, INPUT_WEIGHTS[i])->data;
    lstm->gates[i].recurrent_weights = inference_node_input(network, node, RECURRENT_WEIGHTS[i])->data;
    lstm->gates[i].bias = inference_node_input(network, node, BIASES[i])->data;
  }
}

static void run(struct inference *network, struct inference_node *node) {
  struct state *state = node->state;
  struct lstm *lstm = &state->lstm;
  const struct inference_tensor *hidden = inference_node_input(network, node, HIDDEN), *cell = inference_node_input(network, node, CELL);
  const uint8_t *input = inference_node_input(network, node, INPUT)->data;
  uint8_t *output = inference_node_output(network, node, 0)->data;
  const uint32_t input_bytes = (uint32_t)lstm->inputs * state->element_bytes, output_bytes = (uint32_t)lstm->cells * state->element_bytes;
  const bool is_int8 = hidden->type == INFERENCE_INT8;
  find_weights(network, node, lstm);
  lstm->scratch = node->scratch;
  for (int32_t batch = 0; batch < state->batches; batch++) {
    lstm->hidden = (uint8_t *)hidden->data + (uint32_t)batch * output_bytes;
    lstm->cell = (uint8_t *)cell->data + (uint32_t)(batch * lstm->cells) * state->cell_bytes;
    for (int32_t step = 0; step < state->steps; step++) {
      const uint32_t at = (uint32_t)(state->time_major ? step * state->batches + batch : batch * state->steps + step);
      lstm->input = input + at * input_bytes;
      if (is_int8) lstm_step_int8(lstm);
      else lstm_step_float(lstm);
      memcpy(output + at * output_bytes, lstm->hidden, output_bytes);
    }
  }
}

const struct inference_operator inference_unidirectional_sequence_lstm = { 44, "UNIDIRECTIONAL_SEQUENCE_LSTM", prepare, run };
