/* AVERAGE_POOL_2D and MAX_POOL_2D. Padding does not count: an average is over the elements inside. */
#include "../quantisation.h"

enum { OPTION_PADDING = 0, OPTION_STRIDE_WIDTH = 1, OPTION_STRIDE_HEIGHT = 2, OPTION_FILTER_WIDTH = 3, OPTION_FILTER_HEIGHT = 4,
       OPTION_ACTIVATION = 5 };

struct functions { pool_function *int8, *int16, *float32; };
struct state {
  struct pool pool;
  pool_function *function;
};

static pool_function *choose(const struct functions *functions, uint8_t type) {
  switch (type) {
    case INFERENCE_INT8: return functions->int8;
    case INFERENCE_INT16: return functions->int16;
    case INFERENCE_FLOAT32: return functions->float32;
    default: return NULL;
  }
}

static enum inference_status find_geometry(const struct inference_node *node, const struct inference_tensor *input,
                                           const struct inference_tensor *output, struct pool *pool) {
  if (input->rank != 4 || output->rank != 4) return INFERENCE_BAD_SHAPE;
  const struct flat_table *options = &node->options;
  int32_t padding = flat_int8(options, OPTION_PADDING, PADDING_SAME);
  pool->batches = input->shape[0];
  pool->input_height = input->shape[1];
  pool->input_width = input->shape[2];
  pool->channels = input->shape[3];
  pool->stride_width = flat_int32(options, OPTION_STRIDE_WIDTH, 0);
  pool->stride_height = flat_int32(options, OPTION_STRIDE_HEIGHT, 0);
  pool->filter_width = flat_int32(options, OPTION_FILTER_WIDTH, 0);
  pool->filter_height = flat_int32(options, OPTION_FILTER_HEIGHT, 0);
  if (!window_extent(padding, pool->input_height, pool->filter_height, pool->stride_height, 1, &pool->output_height, &pool->pad_top) ||
      !window_extent(padding, pool->input_width, pool->filter_width, pool->stride_width, 1, &pool->output_width, &pool->pad_left))
    return INFERENCE_BAD_SHAPE;
  bool fits = output->shape[0] == pool->batches && output->shape[1] == pool->output_height && output->shape[2] == pool->output_width &&
              output->shape[3] == pool->channels;
  return fits ? INFERENCE_OK : INFERENCE_BAD_SHAPE;
}

static enum inference_status prepare(struct inference *network, struct inference_node *node, const struct functions *functions) {
  const struct inference_tensor *input = inference_node_input(network, node, 0), *output = inference_node_output(network, node, 0);
  if (input == NULL || output == NULL) return INFERENCE_BAD_SHAPE;
  struct state *state = inference_keep(network, sizeof *state);
  if (state == NULL) return INFERENCE_ARENA_TOO_SMALL;
  node->state = state;
  state->function = choose(functions, input->type);
  if (state->function == NULL) return unsupported_type(network, input);
  if (output->type != input->type) return unsupported_type(network, output);
  if (input->type != INFERENCE_FLOAT32 && (!is_quantised(output) || !same_quantisation(input, output))) return INFERENCE_BAD_SHAPE;
  int32_t activation = flat_int8(&node->options, OPTION_ACTIVATION, ACTIVATION_NONE);
  struct pool *pool = &state->pool;
  if (input->type == INFERENCE_FLOAT32 ? !activation_range_float(activation, &pool->float_minimum, &pool->float_maximum)
                                       : !activation_range(activation, output, &pool->minimum, &pool->maximum))
    return unsupported_option(network, (uint32_t)activation);
  return find_geometry(node, input, output, pool);
}

static void run(struct inference *network, struct inference_node *node) {
  struct state *state = node->state;
  state->pool.input = inference_node_input(network, node, 0)->data;
  state->pool.output = inference_node_output(network, node, 0)->data;
  state->function(&state->pool);
}

/* ---- int8 ---- */

/* The part of a window that lies inside the input. */
struct window { int32_t top, bottom, left, right; };

static struct window window_inside(const struct pool *pool, int32_t y, int32_t x) {
  int32_t top = y * pool->stride_height - pool->pad_top, left = x * pool->stride_width - pool->pad_left;
  int32_t bottom = top + pool->filter_height, right = left + pool->filter_width;
  return (struct window){ top < 0 ? 0 : top, bottom > pool->input_height ? pool->input_height : bottom, left < 0 ? 0 : left,
                          right > pool->input_width ? pool->input_width : right };
}

static int8_t average(const struct pool *pool, const int8_t *channel, const struct window *window) {
  int32_t sum = 0, count = (window->bottom - window->top) * (window->right - window->left);
  for (int32_t y = window->top; y < window->bottom; y++)
    for (int32_t x = window->left; x < window->right; x++) sum = add_wrapping(sum, channel[(y * pool->input_width + x) * pool->channels]);
  int32_t rounded = (sum > 0 ? sum + count / 2 : sum - count / 2) / count;
  return (int8_t)clamp(rounded, pool->minimum, pool->maximum);
}

static int8_t maximum(const struct pool *pool, const int8_t *channel, const struct window *window) {
  int32_t most = INT8_MIN;
  for (int32_t y = window->top; y < window->bottom; y++)
    for (int32_t x = window->left; x < window->right; x++) {
      int32_t value = channel[(y * pool->input_width + x) * pool->channels];
      if (value > most) most = value;
    }
  return (int8_t)clamp(most, pool->minimum, pool->maximum);
}

static inline void each_window(const struct pool *pool, int8_t (*reduce)(const struct pool *, const int8_t *, const struct window *)) {
  int8_t *output = pool->output;
  for (int32_t batch = 0; batch < pool->batches; batch++) {
    const int8_t *image = (const int8_t *)pool->input + batch * pool->input_height * pool->input_width * pool->channels;
    for (int32_t y = 0; y < pool->output_height; y++)
      for (int32_t x = 0; x < pool->output_width; x++) {
        struct window window = window_inside(pool, y, x);
        for (int32_t channel = 0; channel < pool->channels; channel++) *output++ = reduce(pool, image + channel, &window);
      }
  }
}

void average_pool_int8(const struct pool *pool) { each_window(pool, average); }
void max_pool_int8(const struct pool *pool) { each_window(pool, maximum); }

/* ---- The operators ---- */

static enum inference_status prepare_average(struct inference *network, struct inference_node *node) {
  static const struct functions functions = { average_pool_int8, average_pool_int16, average_pool_float };
  return prepare(network, node, &functions);
}

static enum inference_status prepare_average_int8(struct inference *network, struct inference_node *node) {
  static const struct functions functions = { average_pool_int8, NULL, NULL };
  return prepare(network, node, &functions);
}

static enum inference_status prepare_max(struct inference *network, struct inference_node *node) {
  static const struct functions functions = { max_pool_int8, max_pool_int16, max_pool_float };
  return prepare(network, node, &functions);
}

static enum inference_status prepare_max_int8(struct inference *network, struct inference_node *node) {
  static const struct functions functions = { max_pool_int8, NULL, NULL };
  return prepare(network, node, &functions);
}

const struct inference_operator inference_average_pool_2d = { 1, "AVERAGE_POOL_2D", prepare_average, run };
const struct inference_operator inference_average_pool_2d_int8 = { 1, "AVERAGE_POOL_2D", prepare_average_int8, run };
const struct inference_operator inference_max_pool_2d = { 17, "MAX_POOL_2D", prepare_max, run };
const struct inference_operator inference_max_pool_2d_int8 = { 17, "MAX_POOL_2D", prepare_max_int8, run };
