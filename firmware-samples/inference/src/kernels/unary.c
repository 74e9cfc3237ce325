/* LOGISTIC, TANH, RELU, RELU6. Source of the parameters: kernels/activations.cc of TensorFlow Lite. */
#include "../fixed-point.h"

enum { INTEGER_BITS = 4 };   /* of the input to the fixed-point functions */

struct functions { unary_function *int8, *int16, *float32; };
struct state {
  struct unary unary;
  unary_function *function;
};

static unary_function *choose(const struct functions *functions, uint8_t type) {
  switch (type) {
    case INFERENCE_INT8: return functions->int8;
    case INFERENCE_INT16: return functions->int16;
    case INFERENCE_FLOAT32: return functions->float32;
    default: return NULL;
  }
}

/* What all four need; *status says why NULL is returned. */
static struct unary *begin(struct inference *network, struct inference_node *node, const struct functions *functions,
                           enum inference_status *status) {
  const struct inference_tensor *input = inference_node_input(network, node, 0), *output = inference_node_output(network, node, 0);
  *status = INFERENCE_BAD_SHAPE;
  if (input == NULL || output == NULL || !same_shape(input, output)) return NULL;
  struct state *state = inference_keep(network, sizeof *state);
  *status = INFERENCE_ARENA_TOO_SMALL;
  if (state == NULL) return NULL;
  node->state = state;
  state->function = choose(functions, input->type);
  *status = unsupported_type(network, state->function == NULL ? input : output);
  if (state->function == NULL || output->type != input->type) return NULL;
  *status = INFERENCE_BAD_SHAPE;
  if (input->type != INFERENCE_FLOAT32 && (!is_quantised(input) || !is_quantised(output))) return NULL;
  *status = INFERENCE_OK;
  state->unary.count = inference_elements(input);
  state->unary.input_offset = input->zero_point;
  state->unary.output_offset = output->zero_point;
  return &state->unary;
}

static void run(struct inference *network, struct inference_node *node) {
  struct state *state = node->state;
  state->unary.input = inference_node_input(network, node, 0)->data;
  state->unary.output = inference_node_output(network, node, 0)->data;
  state->function(&state->unary);
}

/* ---- LOGISTIC and TANH ---- */

static enum inference_status prepare_curve(struct inference *network, struct inference_node *node, const struct functions *functions,
                                           bool (*prepare_int16)(struct unary *, float, float), float output_scale, int32_t output_zero_point) {
  enum inference_status status;
  struct unary *unary = begin(network, node, functions, &status);
  if (unary == NULL) return status;
  const struct inference_tensor *input = inference_node_input(network, node, 0), *output = inference_node_output(network, node, 0);
  if (input->type == INFERENCE_INT16) {
    if (input->zero_point != 0 || output->zero_point != 0) return INFERENCE_BAD_SHAPE;
    return prepare_int16 != NULL && prepare_int16(unary, input->scale, output->scale) ? INFERENCE_OK : INFERENCE_BAD_SHAPE;
  }
  if (input->type == INFERENCE_FLOAT32) return INFERENCE_OK;
  if (output->scale != output_scale || output->zero_point != output_zero_point) return INFERENCE_BAD_SHAPE;
  unary->rescale = quantise_multiplier((double)input->scale * (double)(1 << (31 - INTEGER_BITS)));
  unary->input_range_radius = input_radius(INTEGER_BITS, unary->rescale.shift);
  return INFERENCE_OK;
}

static inline void each_value(const struct unary *unary, int32_t (*function)(int32_t, int32_t), int32_t fraction_bits, int32_t offset) {
  const int8_t *input = unary->input;
  int8_t *output = unary->output;
  for (uint32_t i = 0; i < unary->count; i++) {
    int32_t value = input[i] - unary->input_offset;
    if (value <= -unary->input_range_radius) output[i] = INT8_MIN;
    else if (value >= unary->input_range_radius) output[i] = INT8_MAX;
    else {
      int32_t result = function(rescale(value, unary->rescale), INTEGER_BITS);
      output[i] = (int8_t)clamp(divide_by_power_of_two(result, 31 - fraction_bits) + offset, INT8_MIN, INT8_MAX);
    }
  }
}

void logistic_int8(const struct unary *unary) { each_value(unary, fixed_logistic, 8, INT8_MIN); }
void tanh_int8(const struct unary *unary) { each_value(unary, fixed_tanh, 7, 0); }

/* ---- RELU and RELU6 ---- */

static enum inference_status prepare_relu(struct inference *network, struct inference_node *node, const struct functions *functions,
                                          int32_t activation) {
  enum inference_status status;
  struct unary *unary = begin(network, node, functions, &status);
  if (unary == NULL) return status;
  const struct inference_tensor *input = inference_node_input(network, node, 0), *output = inference_node_output(network, node, 0);
  if (input->type == INFERENCE_FLOAT32) {
    activation_range_float(activation, &unary->float_minimum, &unary->float_maximum);
    return INFERENCE_OK;
  }
  activation_range(activation, output, &unary->minimum, &unary->maximum);
  volatile float quotient = input->scale / output->scale;   /* the reference divides in float32 */
  unary->rescale = quantise_multiplier((double)quotient);
  return INFERENCE_OK;
}

void relu_int8(const struct unary *unary) {
  const int8_t *input = unary->input;
  int8_t *output = unary->output;
  for (uint32_t i = 0; i < unary->count; i++) {
    int32_t scaled = rescale(input[i] - unary->input_offset, unary->rescale);
    output[i] = (int8_t)clamp(add_wrapping(scaled, unary->output_offset), unary->minimum, unary->maximum);
  }
}

/* ---- The operators ---- */

static enum inference_status prepare_logistic(struct inference *network, struct inference_node *node) {
  static const struct functions functions = { logistic_int8, logistic_int16, logistic_float };
  return prepare_curve(network, node, &functions, logistic_prepare_int16, 1.0f / 256, INT8_MIN);
}

static enum inference_status prepare_logistic_int8(struct inference *network, struct inference_node *node) {
  static const struct functions functions = { logistic_int8, NULL, NULL };
  return prepare_curve(network, node, &functions, NULL, 1.0f / 256, INT8_MIN);
}

static enum inference_status prepare_tanh(struct inference *network, struct inference_node *node) {
  static const struct functions functions = { tanh_int8, tanh_int16, tanh_float };
  return prepare_curve(network, node, &functions, tanh_prepare_int16, 1.0f / 128, 0);
}

static enum inference_status prepare_tanh_int8(struct inference *network, struct inference_node *node) {
  static const struct functions functions = { tanh_int8, NULL, NULL };
  return prepare_curve(network, node, &functions, NULL, 1.0f / 128, 0);
}

static const struct functions relu_all = { relu_int8, relu_int16, relu_float }, relu_only_int8 = { relu_int8, NULL, NULL };

static enum inference_status prepare_relu_all(struct inference *network, struct inference_node *node) {
  return prepare_relu(network, node, &relu_all, ACTIVATION_RELU);
}

static enum inference_status prepare_relu_int8(struct inference *network, struct inference_node *node) {
  return prepare_relu(network, node, &relu_only_int8, ACTIVATION_RELU);
}

static enum inference_status prepare_relu6_all(struct inference *network, struct inference_node *node) {
  return prepare_relu(network, node, &relu_all, ACTIVATION_RELU6);
}

static enum inference_status prepare_relu6_int8(struct inference *network, struct inference_node *node) {
  return prepare_relu(network, node, &relu_only_int8, ACTIVATION_RELU6);
}

const struct inference_operator inference_logistic = { 14, "LOGISTIC", prepare_logistic, run };
const struct inference_operator inference_logistic_int8 = { 14, "LOGISTIC", prepare_logistic_int8, run };
const struct inference_operator inference_relu = { 19, "RELU", prepare_relu_all, run };
const struct inference_operator inference_relu_int8 = { 19, "RELU", prepare_relu_int8, run };
const struct inference_operator inference_relu6 = { 21, "RELU6", prepare_relu6_all, run };
const struct inference_operator inference_relu6_int8 = { 21, "RELU6", prepare_relu6_int8, run };
const struct inference_operator inference_tanh = { 28, "TANH", prepare_tanh, run };
const struct inference_operator inference_tanh_int8 = { 28, "TANH", prepare_tanh_int8, run };
