/*
 * Random layers through both kernels of this image: the portable one and the one with DSP instructions must give the same bytes and
 * write nothing beyond their output and scratch. Parameters favour their extremes. A layer that differs is printed with its number; the
 * sequence starts from a fixed seed. Ends with one line per kernel: "kernel cases differing".
 */
#include "case.h"
#include "kernels/int8-convolve.h"
#include "kernels/int8-fully-connected.h"

enum { CASES = 400, DEPTHWISE_CASES = 300, FULLY_CONNECTED_CASES = 400, POOL_CASES = 200, ADD_CASES = 400 };

static int32_t one_of(uint32_t count, const int32_t *choices) { return choices[below(count)]; }
#define ONE_OF(...) one_of(sizeof((int32_t[]){ __VA_ARGS__ }) / 4, (int32_t[]){ __VA_ARGS__ })

static int32_t random_input_offset(void) { return ONE_OF(-127, 128, 0, between(-127, 128), between(-127, 128)); }
static int32_t random_output_offset(void) { return ONE_OF(-128, 127, 0, between(-128, 127), between(-128, 127)); }

/* Most as in trained networks, some beyond what the fast way takes. */
static void random_channels(uint32_t channels) {
  bool is_wild = below(5) == 0;
  for (uint32_t i = 0; i < channels; i++) {
    bias[i] = is_wild ? ONE_OF(1 << 29, -(1 << 29), (1 << 29) + 1, INT32_MAX, INT32_MIN, between(-100000, 100000)) : between(-30000, 30000);
    int32_t shift = is_wild ? ONE_OF(0, 1, 4, -1, -21, -22, -31, between(-12, 0)) : -between(1, 14);
    rescales[i] = (struct rescale){ ONE_OF(1 << 30, INT32_MAX, between(1 << 30, INT32_MAX), between(1 << 30, INT32_MAX), is_wild ? 0 : 1 << 30), shift };
  }
}

static void random_range(int32_t *minimum, int32_t *maximum) {
  *minimum = below(2) ? -128 : between(-128, 126);
  *maximum = below(2) ? 127 : between(*minimum, 127);
}

/* One axis: an input, window and padding of which at least one output is left. `is_three`: a window of three without dilation. */
static int32_t random_axis(bool is_three, int32_t *input, int32_t *filter, int32_t *stride, int32_t *dilation, int32_t *pad) {
  for (;;) {
    *input = between(1, 14);
    *filter = is_three ? 3 : ONE_OF(1, 1, 3, between(1, 5));
    *stride = ONE_OF(1, 1, 2, 3);
    *dilation = is_three ? 1 : ONE_OF(1, 1, 1, 2);
    int32_t extent = (*filter - 1) * *dilation + 1, after = between(0, extent - 1);
    *pad = below(3) == 0 ? 0 : between(0, extent - 1);
    int32_t output = (*input + *pad + (*pad == 0 ? 0 : after) - extent) / *stride + 1;
    if (*input + *pad >= extent && output > 0) return output;
  }
}

static struct convolution random_convolution(void) {
  struct convolution layer = { .bias = below(6) == 0 ? NULL : bias, .rescale = rescales, .scratch = scratch, .batches = below(4) == 0 ? 2 : 1 };
  bool is_three_by_three = below(3) == 0;
  layer.output_height = random_axis(is_three_by_three, &layer.input_height, &layer.filter_height, &layer.stride_height, &layer.dilation_height, &layer.pad_top);
  layer.output_width = random_axis(is_three_by_three, &layer.input_width, &layer.filter_width, &layer.stride_width, &layer.dilation_width, &layer.pad_left);
  layer.input_offset = random_input_offset();
  layer.output_offset = random_output_offset();
  random_range(&layer.minimum, &layer.maximum);
  return layer;
}

static uint32_t outputs_of(const struct convolution *layer) {
  return (uint32_t)(layer->batches * layer->output_height * layer->output_width * layer->output_channels);
}
static uint32_t inputs_of(const struct convolution *layer) {
  return (uint32_t)(layer->batches * layer->input_height * layer->input_width * layer->input_channels);
}

static bool differs(const char *kernel, uint32_t number, struct convolution *layer, const struct convolution_kernel *dsp,
                    void (*portable)(const struct convolution *), uint32_t weights) {
  int8_t *aligned = input + (below(8) == 0 ? 1 : 0), *filter = filter_bytes + (below(3) == 0 ? below(4) : 0);
  random_bytes(aligned, inputs_of(layer));
  random_bytes(filter, weights);
  random_channels((uint32_t)layer->output_channels);
  layer->filter = filter;
  uint32_t scratch_bytes = dsp->scratch_bytes == NULL ? 0 : dsp->scratch_bytes(layer);
  layer->input = aligned;
  set_guards(outputs_of(layer), scratch_bytes);
  layer->output = expected;
  portable(layer);
  layer->output = output;
  dsp->run(layer);
  uint32_t wrong = differences(outputs_of(layer), scratch_bytes);
  if (wrong > 0)
    printf("%s %lu: %lu bytes differ: %ldx%ldx%ldx%ld, filter %ldx%ldx%ld, output %ldx%ldx%ld, stride %ld,%ld dilation %ld,%ld pad %ld,%ld\n", kernel,
           (unsigned long)number, (unsigned long)wrong, (long)layer->batches, (long)layer->input_height, (long)layer->input_width,
           (long)layer->input_channels, (long)layer->filter_height, (long)layer->filter_width, (long)layer->filter_channels, (long)layer->output_height,
           (long)layer->output_width, (long)layer->output_channels, (long)layer->stride_height, (long)layer->stride_width,
           (long)layer->dilation_height, (long)layer->dilation_width, (long)layer->pad_top, (long)layer->pad_left);
  return wrong > 0;
}

static bool convolution_differs(uint32_t number) {
  struct convolution layer = random_convolution();
  int32_t groups = below(10) == 0 ? between(2, 3) : 1;
  layer.filter_channels = ONE_OF(1, 2, 3, 4, 5, 8, 16, between(1, 36));
  layer.input_channels = groups * layer.filter_channels;
  layer.output_channels = groups * ONE_OF(1, 2, 3, 4, 8, between(1, 21));
  uint32_t weights = (uint32_t)(layer.filter_height * layer.filter_width * layer.filter_channels * layer.output_channels);
  return differs("convolution", number, &layer, &convolve_int8, convolve_int8_portable, weights);
}

static bool depthwise_differs(uint32_t number) {
  struct convolution layer = random_convolution();
  layer.filter_channels = 1;
  layer.input_channels = ONE_OF(1, 2, 4, 8, 16, between(1, 23));
  layer.depth_multiplier = layer.input_channels == 1 || below(8) == 0 ? between(1, 9) : 1;
  layer.output_channels = layer.input_channels * layer.depth_multiplier;
  return differs("depthwise", number, &layer, &depthwise_int8, depthwise_int8_portable,
                 (uint32_t)(layer.filter_height * layer.filter_width * layer.output_channels));
}

/* Powers of two make ties; the multipliers are those of the scales, as prepare() sets them. */
static float random_scale(void) { return below(2) ? 1.0f / (float)(1 << between(0, 9)) : (float)between(1, 100000) / 1e6f; }

static bool fully_connected_differs(uint32_t number) {
  static float filter_scales[CHANNELS];
  struct fully_connected layer = {
    .input = input + (below(8) == 0 ? 1 : 0), .filter = filter_bytes + (below(3) == 0 ? below(4) : 0), .bias = below(6) == 0 ? NULL : bias,
    .rescale = rescales, .filter_scales = filter_scales, .scratch = scratch, .batches = between(1, 3), .input_depth = ONE_OF(1, 4, 16, between(1, 99)),
    .output_depth = between(1, 21), .input_offset = random_input_offset(), .output_offset = random_output_offset(), .per_channel = below(2),
    .input_scale = random_scale(), .output_scale = random_scale(),
  };
  layer.filter_offset = !layer.per_channel && below(4) == 0 ? between(-127, 128) : 0;
  random_range(&layer.minimum, &layer.maximum);
  random_bytes((int8_t *)layer.input, (uint32_t)(layer.batches * layer.input_depth));
  random_bytes((int8_t *)layer.filter, (uint32_t)(layer.input_depth * layer.output_depth));
  for (int32_t i = 0; i < layer.output_depth; i++) {
    bias[i] = below(20) == 0 ? ONE_OF(INT32_MAX, INT32_MIN) : between(-3000, 3000);
    filter_scales[i] = random_scale();
    rescales[i] = quantise_multiplier((double)layer.input_scale * (double)filter_scales[i] / (double)layer.output_scale);
  }
  uint32_t outputs = (uint32_t)(layer.batches * layer.output_depth), scratch_bytes = fully_connected_int8.scratch_bytes(&layer);
  set_guards(outputs, scratch_bytes);
  layer.output = expected;
  fully_connected_int8_portable(&layer);
  layer.output = output;
  fully_connected_int8.run(&layer);
  uint32_t wrong = differences(outputs, scratch_bytes);
  if (wrong > 0) printf("fully-connected %lu: %lu bytes differ: %ldx%ld->%ld\n", (unsigned long)number, (unsigned long)wrong, (long)layer.batches, (long)layer.input_depth, (long)layer.output_depth);
  return wrong > 0;
}

static bool pool_differs(uint32_t number, const char *kernel, pool_function *dsp, pool_function *portable) {
  struct convolution geometry = random_convolution();
  struct pool pool = {
    .input = input, .batches = geometry.batches, .input_height = geometry.input_height, .input_width = geometry.input_width, .channels = between(1, 13),
    .stride_height = geometry.stride_height, .stride_width = geometry.stride_width, .filter_height = geometry.filter_height,
    .filter_width = geometry.filter_width, .pad_top = geometry.pad_top, .pad_left = geometry.pad_left, .minimum = geometry.minimum, .maximum = geometry.maximum,
  };
  /* As many outputs as have at least one element of the input below them. */
  if (pool.pad_top >= pool.filter_height) pool.pad_top = pool.filter_height - 1;
  if (pool.pad_left >= pool.filter_width) pool.pad_left = pool.filter_width - 1;
  pool.output_height = (pool.input_height - 1 + pool.pad_top) / pool.stride_height + 1;
  pool.output_width = (pool.input_width - 1 + pool.pad_left) / pool.stride_width + 1;
  uint32_t outputs = (uint32_t)(pool.batches * pool.output_height * pool.output_width * pool.channels);
  random_bytes(input, (uint32_t)(pool.batches * pool.input_height * pool.input_width * pool.channels));
  set_guards(outputs, 0);
  pool.output = expected;
  portable(&pool);
  pool.output = output;
  dsp(&pool);
  uint32_t wrong = differences(outputs, 0);
  if (wrong > 0) printf("%s %lu: %lu bytes differ: %ldx%ldx%ld\n", kernel, (unsigned long)number, (unsigned long)wrong, (long)pool.input_height, (long)pool.input_width, (long)pool.channels);
  return wrong > 0;
}
static bool average_pool_differs(uint32_t number) { return pool_differs(number, "average-pool", average_pool_int8, average_pool_int8_portable); }
static bool max_pool_differs(uint32_t number) { return pool_differs(number, "max-pool", max_pool_int8, max_pool_int8_portable); }

/* An average over more positions than 16 bits take. */
static bool wide_average_pool_differs(uint32_t number) {
  int32_t size = (int32_t)number + 15;
  struct pool pool = { .input = input, .batches = 1, .input_height = size, .input_width = size, .channels = 5, .output_height = 1, .output_width = 1,
                       .filter_height = size, .filter_width = size, .stride_height = 1, .stride_width = 1, .minimum = -128, .maximum = 127 };
  memset(input, number % 2 ? 127 : -128, (size_t)(size * size * pool.channels));
  set_guards(5, 0);
  pool.output = expected;
  average_pool_int8_portable(&pool);
  pool.output = output;
  average_pool_int8(&pool);
  return differences(5, 0) > 0;
}

static bool add_differs(uint32_t number) {
  uint32_t count = between(1, 70), step_a = below(8) > 0, step_b = below(8) > 0;
  struct rescale scales[3];
  for (uint32_t i = 0; i < 3; i++) scales[i] = (struct rescale){ ONE_OF(1 << 30, INT32_MAX, between(1 << 30, INT32_MAX)), ONE_OF(0, 0, -between(1, 10), i == 2 ? -between(15, 21) : 1) };
  if (below(8) > 0) scales[2].shift = -between(14, 21);
  struct binary binary = {
    .offset_a = random_input_offset(), .offset_b = random_input_offset(), .output_offset = random_output_offset(), .rescale_a = scales[0],
    .rescale_b = scales[1], .rescale_output = scales[2], .left_shift = 20,
  };
  random_range(&binary.minimum, &binary.maximum);
  random_bytes(input, 2 * count);
  set_guards(count, 0);
  add_row_int8_portable(&binary, input, step_a, input + count, step_b, expected, count);
  add_row_int8(&binary, input, step_a, input + count, step_b, output, count);
  uint32_t wrong = differences(count, 0);
  if (wrong > 0) printf("add %lu: %lu of %lu bytes differ\n", (unsigned long)number, (unsigned long)wrong, (unsigned long)count);
  return wrong > 0;
}

static void run(const char *kernel, uint32_t cases, bool (*differs_in)(uint32_t)) {
  uint32_t differing = 0;
  for (uint32_t number = 0; number < cases; number++) if (differs_in(number)) differing++;
  printf("%s %lu %lu\n", kernel, (unsigned long)cases, (unsigned long)differing);
}

int main(void) {
  run("convolution", CASES, convolution_differs);
  run("depthwise", DEPTHWISE_CASES, depthwise_differs);
  run("fully-connected", FULLY_CONNECTED_CASES, fully_connected_differs);
  run("average-pool", POOL_CASES, average_pool_differs);
  run("wide-average-pool", 3, wide_average_pool_differs);
  run("max-pool", POOL_CASES, max_pool_differs);
  run("add", ADD_CASES, add_differs);
  return 0;
}
