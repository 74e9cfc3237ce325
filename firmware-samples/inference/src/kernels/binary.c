/* ADD, SUB, MUL. Source of the multipliers: kernels/add.cc, sub.cc, mul.cc of TensorFlow Lite. */
#include "../quantisation.h"

enum { OPTION_ACTIVATION = 0 };
enum { LEFT_SHIFT_INT8 = 20, LEFT_SHIFT_INT16 = 15 };

struct rows { binary_row *int8, *int16, *float32, *int32; };

/* Both inputs are brought to twice the larger scale, added, and brought to the output's. */
void binary_add_quantisation(struct binary *binary, const struct inference_tensor *a, const struct inference_tensor *b,
                             const struct inference_tensor *output, int32_t left_shift) {
  double twice_larger = 2 * (double)(a->scale > b->scale ? a->scale : b->scale);
  binary->left_shift = left_shift;
  binary->offset_a = -a->zero_point;
  binary->offset_b = -b->zero_point;
  binary->output_offset = output->zero_point;
  binary->rescale_a = quantise_multiplier((double)a->scale / twice_larger);
  binary->rescale_b = quantise_multiplier((double)b->scale / twice_larger);
  binary->rescale_output = quantise_multiplier(twice_larger / ((double)(1 << left_shift) * (double)output->scale));
}

void binary_mul_quantisation(struct binary *binary, const struct inference_tensor *a, const struct inference_tensor *b,
                             const struct inference_tensor *output) {
  binary->offset_a = -a->zero_point;
  binary->offset_b = -b->zero_point;
  binary->output_offset = output->zero_point;
  /* The reference multiplies and divides scales as float32: rounded after each. */
  volatile float product = a->scale * b->scale;
  volatile float quotient = product / output->scale;
  binary->rescale_output = quantise_multiplier((double)quotient);
}

/* ---- int8 ---- */

static int32_t scaled_input(int32_t value, int32_t offset, int32_t left_shift, struct rescale by) {
  return rescale(shift_left_wrapping(value + offset, left_shift), by);
}

static int8_t finished(const struct binary *binary, int32_t sum) {
  return (int8_t)clamp(add_wrapping(rescale(sum, binary->rescale_output), binary->output_offset), binary->minimum, binary->maximum);
}

#if !defined(INFERENCE_DSP_POOL_ADD) || defined(add_row_int8)   /* else in dsp/; renamed where both are wanted, to compare them */
void add_row_int8(const struct binary *binary, const void *a, uint32_t step_a, const void *b, uint32_t step_b, void *output, uint32_t count) {
  const int8_t *from_a = a, *from_b = b;
  int8_t *to = output;
  for (uint32_t i = 0; i < count; i++, from_a += step_a, from_b += step_b) {
    int32_t of_a = scaled_input(*from_a, binary->offset_a, binary->left_shift, binary->rescale_a);
    int32_t of_b = scaled_input(*from_b, binary->offset_b, binary->left_shift, binary->rescale_b);
    to[i] = finished(binary, add_wrapping(of_a, of_b));
  }
}
#endif

void sub_row_int8(const struct binary *binary, const void *a, uint32_t step_a, const void *b, uint32_t step_b, void *output, uint32_t count) {
  const int8_t *from_a = a, *from_b = b;
  int8_t *to = output;
  for (uint32_t i = 0; i < count; i++, from_a += step_a, from_b += step_b) {
    int32_t of_a = scaled_input(*from_a, binary->offset_a, binary->left_shift, binary->rescale_a);
    int32_t of_b = scaled_input(*from_b, binary->offset_b, binary->left_shift, binary->rescale_b);
    to[i] = finished(binary, (int32_t)((uint32_t)of_a - (uint32_t)of_b));
  }
}

void mul_row_int8(const struct binary *binary, const void *a, uint32_t step_a, const void *b, uint32_t step_b, void *output, uint32_t count) {
  const int8_t *from_a = a, *from_b = b;
  int8_t *to = output;
  for (uint32_t i = 0; i < count; i++, from_a += step_a, from_b += step_b)
    to[i] = finished(binary, (*from_a + binary->offset_a) * (*from_b + binary->offset_b));
}

/* ---- The operators ---- */

static binary_row *choose(const struct rows *rows, uint8_t type) {
  switch (type) {
    case INFERENCE_INT8: return rows->int8;
    case INFERENCE_INT16: return rows->int16;
    case INFERENCE_FLOAT32: return rows->float32;
    case INFERENCE_INT32: return rows->int32;
    default: return NULL;
  }
}

static enum inference_status find_activation(struct inference *network, const struct inference_node *node,
                                             const struct inference_tensor *output, struct binary *binary) {
  int32_t activation = flat_int8(&node->options, OPTION_ACTIVATION, ACTIVATION_NONE);
  if (output->type == INFERENCE_FLOAT32 ? !activation_range_float(activation, &binary->float_minimum, &binary->float_maximum)
                                        : !activation_range(activation, output, &binary->minimum, &binary->maximum))
    return unsupported_option(network, (uint32_t)activation);
  return INFERENCE_OK;
}

static enum inference_status prepare(struct inference *network, struct inference_node *node, const struct rows *rows, bool is_product) {
  const struct inference_tensor *a = inference_node_input(network, node, 0), *b = inference_node_input(network, node, 1);
  const struct inference_tensor *output = inference_node_output(network, node, 0);
  if (a == NULL || b == NULL || output == NULL) return INFERENCE_BAD_SHAPE;
  struct binary *binary = inference_keep(network, sizeof *binary);
  if (binary == NULL) return INFERENCE_ARENA_TOO_SMALL;
  node->state = binary;
  binary->row = choose(rows, a->type);
  if (binary->row == NULL) return unsupported_type(network, a);
  if (b->type != a->type) return unsupported_type(network, b);
  if (output->type != a->type) return unsupported_type(network, output);
  if (a->type == INFERENCE_INT8 || a->type == INFERENCE_INT16) {
    if (!is_quantised(a) || !is_quantised(b) || !is_quantised(output)) return INFERENCE_BAD_SHAPE;
    if (is_product) binary_mul_quantisation(binary, a, b, output);
    else binary_add_quantisation(binary, a, b, output, a->type == INFERENCE_INT8 ? LEFT_SHIFT_INT8 : LEFT_SHIFT_INT16);
  }
  enum inference_status status = find_activation(network, node, output, binary);
  return status == INFERENCE_OK ? broadcast_prepare(binary, a, b, output) : status;
}

static void run(struct inference *network, struct inference_node *node) {
  broadcast_run(node->state, inference_node_input(network, node, 0)->data, inference_node_input(network, node, 1)->data,
                inference_node_output(network, node, 0)->data);
}

static enum inference_status prepare_add(struct inference *network, struct inference_node *node) {
  static const struct rows rows = { add_row_int8, add_row_int16, add_row_float, add_row_int32 };
  return prepare(network, node, &rows, false);
}

static enum inference_status prepare_add_int8(struct inference *network, struct inference_node *node) {
  static const struct rows rows = { .int8 = add_row_int8 };
  return prepare(network, node, &rows, false);
}

static enum inference_status prepare_sub(struct inference *network, struct inference_node *node) {
  static const struct rows rows = { sub_row_int8, sub_row_int16, sub_row_float, sub_row_int32 };
  return prepare(network, node, &rows, false);
}

static enum inference_status prepare_sub_int8(struct inference *network, struct inference_node *node) {
  static const struct rows rows = { .int8 = sub_row_int8 };
  return prepare(network, node, &rows, false);
}

static enum inference_status prepare_mul(struct inference *network, struct inference_node *node) {
  static const struct rows rows = { mul_row_int8, mul_row_int16, mul_row_float, mul_row_int32 };
  return prepare(network, node, &rows, true);
}

static enum inference_status prepare_mul_int8(struct inference *network, struct inference_node *node) {
  static const struct rows rows = { .int8 = mul_row_int8 };
  return prepare(network, node, &rows, true);
}

const struct inference_operator inference_add = { 0, "ADD", prepare_add, run };
const struct inference_operator inference_add_int8 = { 0, "ADD", prepare_add_int8, run };
const struct inference_operator inference_mul = { 18, "MUL", prepare_mul, run };
const struct inference_operator inference_mul_int8 = { 18, "MUL", prepare_mul_int8, run };
const struct inference_operator inference_sub = { 41, "SUB", prepare_sub, run };
const struct inference_operator inference_sub_int8 = { 41, "SUB", prepare_sub_int8, run };
