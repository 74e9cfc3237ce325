/* Checks that many operators share. */
#include "kernels.h"

#include "../quantisation.h"

uint32_t type_bytes(uint8_t type) {
  switch (type) {
    case INFERENCE_INT8: case INFERENCE_UINT8: case INFERENCE_BOOL: return 1;
    case INFERENCE_INT16: return 2;
    case INFERENCE_FLOAT32: case INFERENCE_INT32: case INFERENCE_RESOURCE: return 4;
    case INFERENCE_INT64: return 8;
    default: return 0;
  }
}

uint32_t inference_elements(const struct inference_tensor *tensor) {
  uint32_t size = type_bytes(tensor->type);
  return size == 0 ? 0 : tensor->bytes / size;
}

bool same_shape(const struct inference_tensor *a, const struct inference_tensor *b) {
  if (a->rank != b->rank) return false;
  for (uint32_t i = 0; i < a->rank; i++)
    if (a->shape[i] != b->shape[i]) return false;
  return true;
}

bool is_quantised(const struct inference_tensor *tensor) { return tensor->scale > 0; }

bool same_quantisation(const struct inference_tensor *a, const struct inference_tensor *b) {
  return a->scale == b->scale && a->zero_point == b->zero_point;
}

enum inference_status unsupported_type(struct inference *network, const struct inference_tensor *tensor) {
  inference_detail(network, tensor->type);
  return INFERENCE_UNSUPPORTED_TYPE;
}

enum inference_status unsupported_option(struct inference *network, uint32_t value) {
  inference_detail(network, value);
  return INFERENCE_UNSUPPORTED_OPTION;
}

static int32_t quantised(float value, const struct inference_tensor *tensor) {
  return tensor->zero_point + clamp(round_to_int32(value / tensor->scale), -(1 << 30), 1 << 30);
}

static int32_t larger(int32_t a, int32_t b) { return a > b ? a : b; }
static int32_t smaller(int32_t a, int32_t b) { return a < b ? a : b; }

bool activation_range(int32_t activation, const struct inference_tensor *output, int32_t *minimum, int32_t *maximum) {
  switch (output->type) {
    case INFERENCE_INT8: *minimum = INT8_MIN; *maximum = INT8_MAX; break;
    case INFERENCE_UINT8: *minimum = 0; *maximum = UINT8_MAX; break;
    case INFERENCE_INT16: *minimum = INT16_MIN; *maximum = INT16_MAX; break;
    default: *minimum = INT32_MIN; *maximum = INT32_MAX; return activation == ACTIVATION_NONE;
  }
  switch (activation) {
    case ACTIVATION_NONE: return true;
    case ACTIVATION_RELU: *minimum = larger(*minimum, quantised(0, output)); return true;
    case ACTIVATION_RELU6:
      *minimum = larger(*minimum, quantised(0, output));
      *maximum = smaller(*maximum, quantised(6, output));
      return true;
    case ACTIVATION_RELU_N1_TO_1:
      *minimum = larger(*minimum, quantised(-1, output));
      *maximum = smaller(*maximum, quantised(1, output));
      return true;
    default: return false;
  }
}

bool activation_range_float(int32_t activation, float *minimum, float *maximum) {
  static const float largest = 3.402823466e38f;
  *minimum = activation == ACTIVATION_NONE ? -largest : activation == ACTIVATION_RELU_N1_TO_1 ? -1 : 0;
  *maximum = activation == ACTIVATION_RELU6 ? 6 : activation == ACTIVATION_RELU_N1_TO_1 ? 1 : largest;
  return activation >= ACTIVATION_NONE && activation <= ACTIVATION_RELU6;
}

/* Larger than any network has, and small enough that positions in a window stay within 32 bits. */
enum { MAXIMUM_WINDOW = 1 << 24 };
static bool is_extent(int32_t value) { return value >= 1 && value <= INT16_MAX; }

bool window_extent(int32_t padding, int32_t input, int32_t filter, int32_t stride, int32_t dilation, int32_t *output, int32_t *pad) {
  if (input < 1 || !is_extent(filter) || !is_extent(stride) || !is_extent(dilation)) return false;
  int32_t window = (filter - 1) * dilation + 1;
  *pad = 0;
  if (window > MAXIMUM_WINDOW) return false;
  if (padding == PADDING_VALID) {
    if (window > input) return false;
    *output = (input - window) / stride + 1;
    return true;
  }
  if (padding != PADDING_SAME) return false;
  *output = (input - 1) / stride + 1;
  int32_t total = (*output - 1) * stride + window - input;
  *pad = total > 0 ? total / 2 : 0;
  return true;
}
