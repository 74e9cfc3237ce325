/*
 * How many cycles the kernels take: one line per layer, "kernel shape macs cycles portable-cycles differences". The last is 0: both
 * gave the same bytes. Layers are those of small networks, among them the ones of CMSIS-NN's CIFAR-10 example (5x5, 1024->10).
 */
#include "case.h"
#include "kernels/int8-convolve.h"
#include "kernels/int8-fully-connected.h"

/* Sums of K random products fit int8 after this: shift as in trained networks. */
static void set_channels(uint32_t channels) {
  for (uint32_t i = 0; i < channels; i++) {
    bias[i] = between(-20000, 20000);
    rescales[i] = (struct rescale){ between(1 << 30, 0x7fffffff), -between(8, 11) };
  }
}

static void report_line(const char *kernel, const char *shape, uint32_t macs, uint32_t dsp, uint32_t portable, uint32_t wrong) {
  printf("%s %s %lu %lu %lu %lu\n", kernel, shape, (unsigned long)macs, (unsigned long)dsp, (unsigned long)portable, (unsigned long)wrong);
}

static void convolution_layer(const char *kernel, int32_t size, int32_t input_channels, int32_t output_channels, int32_t filter, int32_t stride, bool depthwise) {
  const struct convolution_kernel *dsp = depthwise ? &depthwise_int8 : &convolve_int8;
  int32_t out = (size + stride - 1) / stride;
  int32_t padding = (out - 1) * stride + filter - size;
  struct convolution layer = {
    .input = input, .filter = filter_bytes, .bias = bias, .rescale = rescales, .scratch = scratch, .batches = 1,
    .input_height = size, .input_width = size, .input_channels = input_channels, .filter_height = filter, .filter_width = filter,
    .filter_channels = depthwise ? 1 : input_channels, .output_height = out, .output_width = out, .output_channels = output_channels,
    .stride_height = stride, .stride_width = stride, .dilation_height = 1, .dilation_width = 1,
    .pad_top = padding > 0 ? padding / 2 : 0, .pad_left = padding > 0 ? padding / 2 : 0,
    .depth_multiplier = depthwise ? output_channels / input_channels : 0, .input_offset = 5, .output_offset = -9, .minimum = -128, .maximum = 127,
  };
  uint32_t weights = (uint32_t)(filter * filter * output_channels * (depthwise ? 1 : input_channels));
  uint32_t outputs = (uint32_t)(out * out * output_channels), scratch_bytes = dsp->scratch_bytes == NULL ? 0 : dsp->scratch_bytes(&layer);
  random_bytes(input, (uint32_t)(size * size * input_channels));
  random_bytes(filter_bytes, weights);
  set_channels((uint32_t)output_channels);
  set_guards(outputs, scratch_bytes);
  layer.output = expected;
  uint32_t start = cycles();
  if (depthwise) depthwise_int8_portable(&layer);
  else convolve_int8_portable(&layer);
  uint32_t portable = cycles() - start;
  layer.output = output;
  start = cycles();
  dsp->run(&layer);
  uint32_t taken = cycles() - start;
  char shape[64];
  snprintf(shape, sizeof shape, "%ldx%ldx%ld->%ld,%ldx%ld/%ld", (long)size, (long)size, (long)input_channels, (long)output_channels, (long)filter, (long)filter, (long)stride);
  report_line(kernel, shape, (uint32_t)(out * out) * weights, taken, portable, differences(outputs, scratch_bytes));
}

static void fully_connected_layer(int32_t input_depth, int32_t output_depth) {
  static const float filter_scale = 0.003f;
  struct fully_connected layer = {
    .input = input, .filter = filter_bytes, .bias = bias, .rescale = rescales, .scratch = scratch, .batches = 1, .input_depth = input_depth,
    .output_depth = output_depth, .filter_scales = &filter_scale, .input_scale = 0.05f, .output_scale = 0.06f, .input_offset = 5, .output_offset = -9, .minimum = -128, .maximum = 127,
  };
  const struct fully_connected_kernel *dsp = &fully_connected_int8;
  /* fully_connected_exact() looks at the scales, so the multiplier is theirs. */
  uint32_t outputs = (uint32_t)output_depth, scratch_bytes = dsp->scratch_bytes == NULL ? 0 : dsp->scratch_bytes(&layer);
  random_bytes(input, (uint32_t)input_depth);
  random_bytes(filter_bytes, (uint32_t)(input_depth * output_depth));
  set_channels(outputs);
  rescales[0] = quantise_multiplier((double)layer.input_scale * (double)filter_scale / (double)layer.output_scale);
  set_guards(outputs, scratch_bytes);
  layer.output = expected;
  uint32_t start = cycles();
  fully_connected_int8_portable(&layer);
  uint32_t portable = cycles() - start;
  layer.output = output;
  start = cycles();
  dsp->run(&layer);
  uint32_t taken = cycles() - start;
  char shape[64];
  snprintf(shape, sizeof shape, "%ld->%ld", (long)input_depth, (long)output_depth);
  report_line("fully-connected", shape, (uint32_t)(input_depth * output_depth), taken, portable, differences(outputs, scratch_bytes));
}

static void pool_layer(const char *kernel, int32_t size, int32_t channels, int32_t filter, int32_t stride, pool_function *dsp, pool_function *portable) {
  int32_t out = (size - filter) / stride + 1;
  struct pool pool = {
    .input = input, .batches = 1, .input_height = size, .input_width = size, .channels = channels, .output_height = out, .output_width = out,
    .filter_height = filter, .filter_width = filter, .stride_height = stride, .stride_width = stride, .minimum = -128, .maximum = 127,
  };
  uint32_t outputs = (uint32_t)(out * out * channels);
  random_bytes(input, (uint32_t)(size * size * channels));
  set_guards(outputs, 0);
  pool.output = expected;
  uint32_t start = cycles();
  portable(&pool);
  uint32_t taken_portable = cycles() - start;
  pool.output = output;
  start = cycles();
  dsp(&pool);
  uint32_t taken = cycles() - start;
  char shape[64];
  snprintf(shape, sizeof shape, "%ldx%ldx%ld,%ldx%ld/%ld", (long)size, (long)size, (long)channels, (long)filter, (long)filter, (long)stride);
  report_line(kernel, shape, outputs * (uint32_t)(filter * filter), taken, taken_portable, differences(outputs, 0));
}

/* Scales of 1 and 3/4 to 5/4. */
static void add_layer(uint32_t count) {
  struct binary binary = {
    .offset_a = 3, .offset_b = -7, .output_offset = -12, .rescale_a = quantise_multiplier(0.5), .rescale_b = quantise_multiplier(0.375),
    .rescale_output = quantise_multiplier(2 / 1.25 / (1 << 20)), .left_shift = 20, .minimum = -128, .maximum = 127,
  };
  random_bytes(input, 2 * count);
  set_guards(count, 0);
  uint32_t start = cycles();
  add_row_int8_portable(&binary, input, 1, input + count, 1, expected, count);
  uint32_t portable = cycles() - start;
  start = cycles();
  add_row_int8(&binary, input, 1, input + count, 1, output, count);
  uint32_t taken = cycles() - start;
  report_line("add", "elements", count, taken, portable, differences(count, 0));
}

int main(void) {
  start_cycles();
  convolution_layer("conv", 16, 32, 32, 3, 1, false);
  convolution_layer("conv", 8, 64, 64, 3, 1, false);
  convolution_layer("conv", 16, 16, 16, 3, 1, false);
  convolution_layer("conv", 16, 16, 32, 3, 2, false);
  convolution_layer("conv", 16, 32, 32, 5, 1, false);
  convolution_layer("conv", 8, 32, 64, 5, 1, false);
  convolution_layer("conv", 32, 3, 32, 5, 1, false);
  convolution_layer("conv", 32, 3, 16, 3, 1, false);
  convolution_layer("conv", 32, 1, 8, 3, 2, false);
  convolution_layer("conv", 16, 8, 16, 1, 1, false);
  convolution_layer("conv", 16, 16, 32, 1, 1, false);
  convolution_layer("conv", 16, 32, 32, 1, 1, false);
  convolution_layer("conv", 16, 64, 64, 1, 1, false);
  convolution_layer("conv", 8, 128, 128, 1, 1, false);
  convolution_layer("conv", 3, 256, 256, 1, 1, false);
  convolution_layer("depthwise", 16, 64, 64, 3, 1, true);
  convolution_layer("depthwise", 24, 8, 8, 3, 1, true);
  convolution_layer("depthwise", 24, 32, 32, 3, 2, true);
  convolution_layer("depthwise", 16, 16, 16, 5, 1, true);
  convolution_layer("depthwise", 20, 1, 8, 8, 2, true);
  fully_connected_layer(64, 12);
  fully_connected_layer(256, 64);
  fully_connected_layer(640, 128);
  fully_connected_layer(1024, 10);
  pool_layer("average-pool", 8, 64, 8, 8, average_pool_int8, average_pool_int8_portable);
  pool_layer("max-pool", 16, 32, 2, 2, max_pool_int8, max_pool_int8_portable);
  add_layer(4096);
  return 0;
}
