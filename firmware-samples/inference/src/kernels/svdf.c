/*
 * SVDF: a filter over time of low rank. Each of the filters reduces the input vector to one number, which goes into a memory of the last
 * ones; the output of a unit is the sum over its `rank` filters of memory times time weights.
 * int8 with a memory of int16 (TensorFlow Lite) or int8 (TensorFlow Lite Micro only), and float32.
 * Source: TensorFlow Lite Micro, kernels/svdf_common.cc.
 */
#include "../quantisation.h"
#include "inference-operators.h"
#include "kernels.h"

enum { INPUT = 0, FEATURE_WEIGHTS = 1, TIME_WEIGHTS = 2, BIAS = 3, MEMORY = 4 };
enum { RANK = 0, ACTIVATION = 1 };
enum { MAXIMUM_INPUTS = 65536 };    /* more products of int8 could leave 32 bits */

struct svdf {
  struct rescale into_memory, to_output;
  int32_t rank, batches, inputs, filters, units, steps;
  int32_t input_zero_point, memory_zero_point, output_zero_point;
  float minimum, maximum;
};

struct data {
  const void *input, *feature_weights, *time_weights, *bias;
  void *memory, *output;
};

static bool find_shapes(struct inference *network, const struct inference_node *node, struct svdf *svdf) {
  const struct inference_tensor *input = inference_node_input(network, node, INPUT), *output = inference_node_output(network, node, 0);
  const struct inference_tensor *feature = inference_node_input(network, node, FEATURE_WEIGHTS);
  const struct inference_tensor *time = inference_node_input(network, node, TIME_WEIGHTS);
  const struct inference_tensor *bias = inference_node_input(network, node, BIAS), *memory = inference_node_input(network, node, MEMORY);
  if (input == NULL || output == NULL || feature == NULL || time == NULL || memory == NULL) return false;
  if (input->rank != 2 || feature->rank != 2 || time->rank != 2 || output->rank != 2 || svdf->rank < 1) return false;
  if (input->shape[1] > MAXIMUM_INPUTS) return false;
  svdf->batches = input->shape[0];
  svdf->inputs = input->shape[1];
  svdf->filters = feature->shape[0];
  svdf->steps = time->shape[1];
  svdf->units = svdf->filters / svdf->rank;
  if (svdf->filters % svdf->rank != 0 || feature->shape[1] != svdf->inputs || time->shape[0] != svdf->filters) return false;
  if (output->shape[0] != svdf->batches || output->shape[1] != svdf->units) return false;
  if (bias != NULL && inference_elements(bias) != (uint32_t)svdf->units) return false;
  return memory->is_variable && inference_elements(memory) == (uint64_t)svdf->batches * (uint32_t)svdf->filters * (uint32_t)svdf->steps;
}

static enum inference_status check_type(struct inference *network, const struct inference_tensor *tensor, uint8_t type) {
  return tensor == NULL || tensor->type == type ? INFERENCE_OK : unsupported_type(network, tensor);
}

static enum inference_status prepare_int8(struct inference *network, const struct inference_node *node, struct svdf *svdf) {
  const struct inference_tensor *input = inference_node_input(network, node, INPUT), *output = inference_node_output(network, node, 0);
  const struct inference_tensor *feature = inference_node_input(network, node, FEATURE_WEIGHTS);
  const struct inference_tensor *time = inference_node_input(network, node, TIME_WEIGHTS);
  const struct inference_tensor *memory = inference_node_input(network, node, MEMORY);
  enum inference_status status = check_type(network, inference_node_input(network, node, BIAS), INFERENCE_INT32);
  if (status == INFERENCE_OK) status = check_type(network, feature, INFERENCE_INT8);
  if (status == INFERENCE_OK) status = check_type(network, output, INFERENCE_INT8);
  if (status == INFERENCE_OK) status = check_type(network, time, memory->type);
  if (status != INFERENCE_OK) return status;
  if (memory->type != INFERENCE_INT8 && memory->type != INFERENCE_INT16) return unsupported_type(network, memory);
  if (!(input->scale > 0 && feature->scale > 0 && time->scale > 0 && memory->scale > 0 && output->scale > 0)) return INFERENCE_BAD_SHAPE;
  /* The products and quotients are rounded to float32 as the reference's are; `volatile` keeps them so on every compiler. */
  volatile float product = input->scale * feature->scale;
  volatile float quotient = product / memory->scale;
  svdf->into_memory = quantise_multiplier((double)quotient);
  product = memory->scale * time->scale;
  quotient = product / output->scale;
  svdf->to_output = quantise_multiplier((double)quotient);
  svdf->input_zero_point = input->zero_point;
  svdf->memory_zero_point = memory->zero_point;
  svdf->output_zero_point = output->zero_point;
  return INFERENCE_OK;
}

static enum inference_status prepare_float(struct inference *network, const struct inference_node *node, struct svdf *svdf) {
  enum inference_status status = check_type(network, inference_node_output(network, node, 0), INFERENCE_FLOAT32);
  for (uint32_t i = FEATURE_WEIGHTS; i <= MEMORY && status == INFERENCE_OK; i++)
    status = check_type(network, inference_node_input(network, node, i), INFERENCE_FLOAT32);
  const int32_t activation = flat_int8(&node->options, ACTIVATION, ACTIVATION_NONE);
  if (status == INFERENCE_OK && !activation_range_float(activation, &svdf->minimum, &svdf->maximum))
    return unsupported_option(network, (uint32_t)activation);
  return status;
}

static enum inference_status prepare(struct inference *network, struct inference_node *node) {
  struct svdf *svdf = node->state = inference_keep(network, sizeof *svdf);
  if (svdf == NULL) return INFERENCE_ARENA_TOO_SMALL;
  svdf->rank = flat_int32(&node->options, RANK, 0);
  if (!find_shapes(network, node, svdf)) return INFERENCE_BAD_SHAPE;
  const struct inference_tensor *input = inference_node_input(network, node, INPUT);
  if (input->type == INFERENCE_INT8) return prepare_int8(network, node, svdf);
  if (input->type == INFERENCE_FLOAT32) return prepare_float(network, node, svdf);
  return unsupported_type(network, input);
}

/* What a filter makes of the input vector of one batch. */
static int32_t feature_int8(const struct svdf *svdf, const int8_t *input, const int8_t *weights) {
  int32_t sum = 0;
  for (int32_t i = 0; i < svdf->inputs; i++) sum += weights[i] * (input[i] - svdf->input_zero_point);
  return rescale(sum, svdf->into_memory);
}

/* Each row of the memory goes on by one step and takes in its filter's newest value. */
static void remember_int8(const struct svdf *svdf, const struct data *data, bool is_int16) {
  const uint32_t steps = (uint32_t)svdf->steps;
  for (int32_t row = 0; row < svdf->batches * svdf->filters; row++) {
    const int8_t *input = (const int8_t *)data->input + row / svdf->filters * svdf->inputs;
    const int32_t value = feature_int8(svdf, input, (const int8_t *)data->feature_weights + row % svdf->filters * svdf->inputs);
    if (is_int16) {
      int16_t *memory = (int16_t *)data->memory + (uint32_t)row * steps;
      memmove(memory, memory + 1, (steps - 1) * sizeof *memory);
      memory[steps - 1] = (int16_t)(svdf->memory_zero_point + clamp(value, INT16_MIN, INT16_MAX));
    } else {
      int8_t *memory = (int8_t *)data->memory + (uint32_t)row * steps;
      memmove(memory, memory + 1, steps - 1);
      memory[steps - 1] = (int8_t)(svdf->memory_zero_point + clamp(value, INT8_MIN, INT8_MAX));   /* may wrap, as the reference's does */
    }
  }
}

static int32_t over_time(const struct svdf *svdf, const struct data *data, int32_t batch, int32_t filter, bool is_int16) {
  const int32_t weights_at = filter * svdf->steps, memory_at = (batch * svdf->filters + filter) * svdf->steps;
  uint32_t sum = 0;
  for (int32_t i = 0; i < svdf->steps; i++) {
    const int32_t weight = is_int16 ? ((const int16_t *)data->time_weights)[weights_at + i] : ((const int8_t *)data->time_weights)[weights_at + i];
    const int32_t value = is_int16 ? ((const int16_t *)data->memory)[memory_at + i] : ((const int8_t *)data->memory)[memory_at + i];
    sum += (uint32_t)weight * (uint32_t)(value - svdf->memory_zero_point);
  }
  return (int32_t)sum;
}

static void run_int8(const struct svdf *svdf, const struct data *data, bool is_int16) {
  int8_t *output = data->output;
  remember_int8(svdf, data, is_int16);
  for (int32_t batch = 0; batch < svdf->batches; batch++)
    for (int32_t unit = 0; unit < svdf->units; unit++) {
      int32_t sum = data->bias == NULL ? 0 : ((const int32_t *)data->bias)[unit];
      for (int32_t i = 0; i < svdf->rank; i++) sum = add_wrapping(sum, over_time(svdf, data, batch, unit * svdf->rank + i, is_int16));
      *output++ = (int8_t)clamp(add_wrapping(rescale(sum, svdf->to_output), svdf->output_zero_point), INT8_MIN, INT8_MAX);
    }
}

static void remember_float(const struct svdf *svdf, const struct data *data) {
  for (int32_t row = 0; row < svdf->batches * svdf->filters; row++) {
    const float *input = (const float *)data->input + row / svdf->filters * svdf->inputs;
    const float *weights = (const float *)data->feature_weights + row % svdf->filters * svdf->inputs;
    float *memory = (float *)data->memory + row * svdf->steps, sum = 0.0f;
    for (int32_t i = 0; i < svdf->inputs; i++) sum += weights[i] * input[i];
    memmove(memory, memory + 1, ((uint32_t)svdf->steps - 1) * sizeof *memory);
    memory[svdf->steps - 1] = sum;
  }
}

static void run_float(const struct svdf *svdf, const struct data *data) {
  float *output = data->output;
  remember_float(svdf, data);
  for (int32_t batch = 0; batch < svdf->batches; batch++)
    for (int32_t unit = 0; unit < svdf->units; unit++) {
      float sum = data->bias == NULL ? 0.0f : ((const float *)data->bias)[unit];
      for (int32_t filter = unit * svdf->rank; filter < (unit + 1) * svdf->rank; filter++) {
        const float *weights = (const float *)data->time_weights + filter * svdf->steps;
        const float *memory = (const float *)data->memory + (batch * svdf->filters + filter) * svdf->steps;
        float product = 0.0f;
        for (int32_t i = 0; i < svdf->steps; i++) product += weights[i] * memory[i];
        sum += product;
      }
      *output++ = sum < svdf->minimum ? svdf->minimum : sum > svdf->maximum ? svdf->maximum : sum;
    }
}

static void run(struct inference *network, struct inference_node *node) {
  const struct inference_tensor *input = inference_node_input(network, node, INPUT), *bias = inference_node_input(network, node, BIAS);
  const struct inference_tensor *memory = inference_node_input(network, node, MEMORY);
  const struct data data = {
    input->data, inference_node_input(network, node, FEATURE_WEIGHTS)->data, inference_node_input(network, node, TIME_WEIGHTS)->data,
    bias == NULL ? NULL : bias->data, memory->data, inference_node_output(network, node, 0)->data,
  };
  if (input->type == INFERENCE_FLOAT32) run_float(node->state, &data);
  else run_int8(node->state, &data, memory->type == INFERENCE_INT16);
}

const struct inference_operator inference_svdf = { 27, "SVDF", prepare, run };
