/* CAST. Integers wrap; float32 is cut off towards zero and saturates at 32 bits (the reference's C cast is undefined there). */
#include "inference-operators.h"
#include "int64.h"
#include "kernels.h"

static enum inference_status prepare(struct inference *network, struct inference_node *node) {
  const struct inference_tensor *input = inference_node_input(network, node, 0), *output = inference_node_output(network, node, 0);
  if (input == NULL || output == NULL || inference_elements(input) != inference_elements(output)) return INFERENCE_BAD_SHAPE;
  if (input->type == INFERENCE_RESOURCE) return unsupported_type(network, input);
  return output->type == INFERENCE_RESOURCE ? unsupported_type(network, output) : INFERENCE_OK;
}

static int64_t whole_part(float value) {
  if (value != value) return 0;
  if (value >= 2147483648.0f) return INT32_MAX;
  if (value < -2147483648.0f) return INT32_MIN;
  return (int32_t)value;
}

static int64_t read(const struct inference_tensor *tensor, uint32_t index) {
  switch (tensor->type) {
    case INFERENCE_INT8: return ((const int8_t *)tensor->data)[index];
    case INFERENCE_UINT8: return ((const uint8_t *)tensor->data)[index];
    case INFERENCE_BOOL: return ((const uint8_t *)tensor->data)[index] != 0;
    case INFERENCE_INT16: return ((const int16_t *)tensor->data)[index];
    case INFERENCE_INT32: return ((const int32_t *)tensor->data)[index];
    case INFERENCE_INT64: return read_int64(tensor->data, index);
    default: return whole_part(((const float *)tensor->data)[index]);
  }
}

static void write(const struct inference_tensor *tensor, uint32_t index, int64_t value) {
  switch (tensor->type) {
    case INFERENCE_INT8: case INFERENCE_UINT8: ((uint8_t *)tensor->data)[index] = (uint8_t)value; break;
    case INFERENCE_BOOL: ((uint8_t *)tensor->data)[index] = value != 0; break;
    case INFERENCE_INT16: ((uint16_t *)tensor->data)[index] = (uint16_t)value; break;
    case INFERENCE_INT32: ((uint32_t *)tensor->data)[index] = (uint32_t)value; break;
    case INFERENCE_INT64: ((int64_t *)tensor->data)[index] = value; break;
    default: ((float *)tensor->data)[index] = (float)value; break;
  }
}

static void run(struct inference *network, struct inference_node *node) {
  const struct inference_tensor *input = inference_node_input(network, node, 0), *output = inference_node_output(network, node, 0);
  const float *values = input->type == INFERENCE_FLOAT32 ? input->data : NULL;
  for (uint32_t i = 0; i < inference_elements(output); i++) {
    if (values != NULL && output->type == INFERENCE_FLOAT32) ((float *)output->data)[i] = values[i];
    else if (values != NULL && output->type == INFERENCE_BOOL) ((uint8_t *)output->data)[i] = values[i] != 0.0f;
    else write(output, i, read(input, i));
  }
}

const struct inference_operator inference_cast = { 53, "CAST", prepare, run };
