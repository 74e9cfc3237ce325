/* HARD_SWISH: x min(6, max(0, x + 3)) / 6. int8 and float32. Source: reference/hard_swish.h of TensorFlow Lite. */
#include "../quantisation.h"
#include "inference-operators.h"
#include "kernels.h"

/* A multiplier of 16 bits: multiplier / 2^15 * 2^shift. */
struct rescale16 { int16_t multiplier; int32_t shift; };

struct hard_swish {
  struct rescale16 to_output;       /* the input * 128 to the output's scale */
  struct rescale16 to_thirds;       /* the input * 128 to where 3.0 is 32768 */
};

static struct rescale16 narrowed(struct rescale wide) {
  const int32_t rounding = 1 << 15;
  if (wide.multiplier >= INT32_MAX - rounding) return (struct rescale16){ INT16_MAX, wide.shift };
  return (struct rescale16){ (int16_t)((wide.multiplier + rounding) >> 16), wide.shift };
}

static enum inference_status prepare(struct inference *network, struct inference_node *node) {
  const struct inference_tensor *input = inference_node_input(network, node, 0), *output = inference_node_output(network, node, 0);
  if (input == NULL || output == NULL || !same_shape(input, output)) return INFERENCE_BAD_SHAPE;
  if (input->type != INFERENCE_INT8 && input->type != INFERENCE_FLOAT32) return unsupported_type(network, input);
  if (output->type != input->type) return unsupported_type(network, output);
  if (input->type == INFERENCE_FLOAT32) return INFERENCE_OK;
  struct hard_swish *swish = node->state = inference_keep(network, sizeof *swish);
  if (swish == NULL) return INFERENCE_ARENA_TOO_SMALL;
  if (!(input->scale > 0 && output->scale > 0)) return INFERENCE_BAD_SHAPE;
  /* In float32, as the reference computes them. */
  volatile float fine_scale = (1.0f / 128.0f) * input->scale, thirds_scale = 3.0f / 32768.0f;
  volatile float to_output = fine_scale / output->scale, to_thirds = fine_scale / thirds_scale;
  swish->to_output = narrowed(quantise_multiplier((double)to_output));
  swish->to_thirds = narrowed(quantise_multiplier((double)to_thirds));
  /* A left shift of the output would lose what the 16-bit arithmetic has gained; the reference refuses it too. */
  return swish->to_output.shift <= 0 ? INFERENCE_OK : INFERENCE_BAD_SHAPE;
}

static int16_t multiply_rounding(int16_t a, int16_t b) {
  if (a == INT16_MIN && b == INT16_MIN) return INT16_MAX;
  return (int16_t)((a * b + (1 << 14)) >> 15);
}

static int16_t multiply_towards_zero(int16_t a, int16_t b) {
  if (a == INT16_MIN && b == INT16_MIN) return INT16_MAX;
  return (int16_t)(a * b / (1 << 15));
}

static int16_t shifted_left(int16_t value, int32_t bits) {
  const int64_t wide = bits > 16 ? (int64_t)value << 16 : (int64_t)value * (1 << bits);
  return (int16_t)(wide > INT16_MAX ? INT16_MAX : wide < INT16_MIN ? INT16_MIN : wide);
}

/*
 * value / 2^exponent, ties away from zero. From 16 on, where the mask of the remainder no longer fits 16 bits, the reference's arithmetic
 * gives 1 or -1 by the sign [gemmlowp's RoundingDivideByPOT of int16].
 */
static int16_t shifted_right(int16_t value, int32_t exponent) {
  if (exponent >= 16) return value >= 0 ? 1 : -1;
  return (int16_t)divide_by_power_of_two(value, exponent);
}

/* (x + 3) / 6 within 0 and 1, Q0.15. The last bit of a left shift comes after the multiplication, where saturating is right. */
static int16_t gate_of(int16_t fine, struct rescale16 by) {
  int16_t value = fine;
  if (by.shift > 0) value = shifted_left(value, by.shift - 1);
  value = multiply_rounding(value, by.multiplier);
  if (by.shift > 0) value = shifted_left(value, 1);
  if (by.shift < 0) value = shifted_right(value, -by.shift);
  return (int16_t)((value + (1 << 15)) >> 1);
}

static int8_t hard_swish_int8(const struct hard_swish *swish, int32_t value, int32_t output_zero_point) {
  const int16_t fine = (int16_t)((uint32_t)value << 7);
  const int16_t on_output_scale = multiply_rounding(fine, swish->to_output.multiplier);
  const int16_t product = multiply_towards_zero(gate_of(fine, swish->to_thirds), on_output_scale);
  const int32_t result = (int16_t)(shifted_right(product, -swish->to_output.shift) + output_zero_point);
  return (int8_t)clamp(result, INT8_MIN, INT8_MAX);
}

static float hard_swish_float(float x) {
  const float gate = x + 3.0f < 0.0f ? 0.0f : x + 3.0f > 6.0f ? 6.0f : x + 3.0f;
  return x * gate / 6.0f;
}

static void run(struct inference *network, struct inference_node *node) {
  const struct inference_tensor *input = inference_node_input(network, node, 0), *output = inference_node_output(network, node, 0);
  const uint32_t count = inference_elements(input);
  for (uint32_t i = 0; i < count; i++) {
    if (input->type == INFERENCE_FLOAT32) ((float *)output->data)[i] = hard_swish_float(((const float *)input->data)[i]);
    else ((int8_t *)output->data)[i] = hard_swish_int8(node->state, ((const int8_t *)input->data)[i] - input->zero_point, output->zero_point);
  }
}

const struct inference_operator inference_hard_swish = { 117, "HARD_SWISH", prepare, run };
