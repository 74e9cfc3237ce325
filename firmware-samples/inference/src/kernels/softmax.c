/* SOFTMAX over the last dimension. Source of the parameters: kernels/activations.cc (SoftmaxPrepare) of TensorFlow Lite. */
#include "../fixed-point.h"

enum { OPTION_BETA = 0 };
enum { DIFFERENCE_INTEGER_BITS = 5, SUM_INTEGER_BITS = 12 };

struct functions { softmax_function *int8, *int8_to_int16, *int16, *float32; };
struct state {
  struct softmax softmax;
  softmax_function *function;
};

static softmax_function *choose(const struct functions *functions, uint8_t input, uint8_t output) {
  if (input == INFERENCE_INT8 && output == INFERENCE_INT16) return functions->int8_to_int16;
  if (input != output) return NULL;
  switch (input) {
    case INFERENCE_INT8: return functions->int8;
    case INFERENCE_INT16: return functions->int16;
    case INFERENCE_FLOAT32: return functions->float32;
    default: return NULL;
  }
}

/* A sum of more exponentials would leave Q12. */
enum { MAXIMUM_DEPTH = 4095 };

static enum inference_status prepare_int8(const struct inference_tensor *input, const struct inference_tensor *output, float beta,
                                          struct softmax *softmax) {
  int32_t lowest = output->type == INFERENCE_INT8 ? INT8_MIN : INT16_MIN;
  float scale = output->type == INFERENCE_INT8 ? 1.0f / 256 : 1.0f / 65536;
  bool near = output->scale >= scale * 0.999f && output->scale <= scale * 1.001f;
  if (!near || output->zero_point != lowest || softmax->depth > MAXIMUM_DEPTH) return INFERENCE_BAD_SHAPE;
  double multiplier = (double)beta * (double)input->scale * (double)(1 << (31 - DIFFERENCE_INTEGER_BITS));
  if (!(multiplier > 1)) return INFERENCE_BAD_SHAPE;
  softmax->rescale = quantise_multiplier(multiplier < 2147483647.0 ? multiplier : 2147483647.0);
  softmax->difference_minimum = -input_radius(DIFFERENCE_INTEGER_BITS, softmax->rescale.shift);
  return INFERENCE_OK;
}

/* The tables need 10 for exp's range of -10 to 0 over 65535 steps. */
static enum inference_status prepare_int16(struct inference *network, const struct inference_tensor *input, float beta,
                                           struct softmax *softmax) {
  if (input->zero_point != 0) return INFERENCE_BAD_SHAPE;
  softmax->rescale = quantise_multiplier((double)input->scale * (double)beta / (10.0 / 65535.0));
  softmax->kept = inference_keep(network, softmax_keep_bytes_int16());
  if (softmax->kept == NULL) return INFERENCE_ARENA_TOO_SMALL;
  softmax_prepare_int16(softmax->kept);
  return INFERENCE_OK;
}

static enum inference_status prepare_with(struct inference *network, struct inference_node *node, const struct functions *functions) {
  const struct inference_tensor *input = inference_node_input(network, node, 0), *output = inference_node_output(network, node, 0);
  if (input == NULL || output == NULL || input->rank < 1 || !same_shape(input, output)) return INFERENCE_BAD_SHAPE;
  struct state *state = inference_keep(network, sizeof *state);
  if (state == NULL) return INFERENCE_ARENA_TOO_SMALL;
  struct softmax *softmax = &state->softmax;
  node->state = state;
  state->function = choose(functions, input->type, output->type);
  if (state->function == NULL) return unsupported_type(network, choose(functions, input->type, input->type) == NULL ? input : output);
  softmax->depth = (uint32_t)input->shape[input->rank - 1];
  softmax->rows = inference_elements(input) / softmax->depth;
  softmax->beta = flat_float(&node->options, OPTION_BETA, 0);
  if (input->type == INFERENCE_FLOAT32) return INFERENCE_OK;
  if (!is_quantised(input) || !is_quantised(output)) return INFERENCE_BAD_SHAPE;
  /* The table code is linked only where a function of the list needs it. */
  if (functions->int16 != NULL && input->type == INFERENCE_INT16) return prepare_int16(network, input, softmax->beta, softmax);
  return prepare_int8(input, output, softmax->beta, softmax);
}

static void run(struct inference *network, struct inference_node *node) {
  struct state *state = node->state;
  state->softmax.input = inference_node_input(network, node, 0)->data;
  state->softmax.output = inference_node_output(network, node, 0)->data;
  state->function(&state->softmax);
}

/* ---- int8 ---- */

static int32_t exp_of_difference(const struct softmax *softmax, int32_t difference) {
  int32_t scaled = multiply_high(shift_left_wrapping(difference, softmax->rescale.shift), softmax->rescale.multiplier);
  return exp_of_negative(scaled, DIFFERENCE_INTEGER_BITS);
}

static int32_t leading_zeros(uint32_t value) {
  int32_t count = 0;
  for (; count < 32 && (value & 0x80000000u) == 0; value <<= 1) count++;
  return count;
}

/* 1/sum for a sum in Q12: a fraction in Q0, to be divided by 2^*bits_over_unit. */
static int32_t reciprocal(int32_t sum, int32_t *bits_over_unit) {
  int32_t headroom = leading_zeros((uint32_t)sum);
  *bits_over_unit = SUM_INTEGER_BITS - headroom;
  return one_over_one_plus((int32_t)(((uint32_t)sum << headroom) - 0x80000000u));
}

static inline void each_row(const struct softmax *softmax, int32_t output_bits, void (*store)(void *output, uint32_t index, int32_t value)) {
  const int8_t *input = softmax->input;
  int32_t least = -(1 << (output_bits - 1)), most = -least - 1;
  for (uint32_t row = 0; row < softmax->rows; row++, input += softmax->depth) {
    int32_t highest = INT8_MIN, sum = 0, bits_over_unit;
    for (uint32_t i = 0; i < softmax->depth; i++)
      if (input[i] > highest) highest = input[i];
    for (uint32_t i = 0; i < softmax->depth; i++) {
      int32_t difference = input[i] - highest;
      if (difference >= softmax->difference_minimum) sum += divide_by_power_of_two(exp_of_difference(softmax, difference), SUM_INTEGER_BITS);
    }
    int32_t factor = reciprocal(sum, &bits_over_unit), exponent = bits_over_unit + 31 - output_bits;
    for (uint32_t i = 0; i < softmax->depth; i++) {
      int32_t difference = input[i] - highest, value = least;
      if (difference >= softmax->difference_minimum) {
        int32_t share = multiply_high(factor, exp_of_difference(softmax, difference));
        value = clamp(divide_by_power_of_two(share, exponent) + least, least, most);
      }
      store(softmax->output, row * softmax->depth + i, value);
    }
  }
}

static void store_int8(void *output, uint32_t index, int32_t value) { ((int8_t *)output)[index] = (int8_t)value; }
static void store_int16(void *output, uint32_t index, int32_t value) { ((int16_t *)output)[index] = (int16_t)value; }

void softmax_int8(const struct softmax *softmax) { each_row(softmax, 8, store_int8); }
void softmax_int8_to_int16(const struct softmax *softmax) { each_row(softmax, 16, store_int16); }

/* ---- The operators ---- */

static enum inference_status prepare(struct inference *network, struct inference_node *node) {
  static const struct functions functions = { softmax_int8, softmax_int8_to_int16, softmax_int16, softmax_float };
  return prepare_with(network, node, &functions);
}

static enum inference_status prepare_only_int8(struct inference *network, struct inference_node *node) {
  static const struct functions functions = { .int8 = softmax_int8, .int8_to_int16 = softmax_int8_to_int16 };
  return prepare_with(network, node, &functions);
}

const struct inference_operator inference_softmax = { 25, "SOFTMAX", prepare, run };
const struct inference_operator inference_softmax_int8 = { 25, "SOFTMAX", prepare_only_int8, run };
