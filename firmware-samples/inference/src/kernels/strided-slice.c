/*
 * STRIDED_SLICE with all its masks (TensorFlow's documentation of tf.strided_slice). One entry of begin, end and strides is, by its bit:
 * an ellipsis (as many whole axes as are left over), a new axis, or one axis of the input, of which `shrink` takes a single index.
 */
#include "walk.h"

enum { BEGIN_MASK = 0, END_MASK = 1, ELLIPSIS_MASK = 2, NEW_AXIS_MASK = 3, SHRINK_MASK = 4, OFFSET = 5 };

struct slice {
  const int32_t *begin, *end, *strides;
  uint32_t entries;
  uint32_t begin_mask, end_mask, ellipsis_mask, new_axis_mask, shrink_mask;
  bool end_is_offset;               /* end counts from begin */
};

static bool has(uint32_t mask, uint32_t entry) { return (mask >> entry & 1) != 0; }

static int32_t limited(int64_t value, int32_t lowest, int32_t highest) {
  return (int32_t)(value < lowest ? lowest : value > highest ? highest : value);
}

/* One axis of the input: the first index and how many. */
static bool along_axis(const struct slice *slice, uint32_t entry, int32_t extent, int32_t *first, int32_t *count) {
  const int32_t stride = slice->strides[entry];
  const bool forward = stride > 0;
  if (stride == 0 || stride == INT32_MIN) return false;
  const int32_t lowest = forward ? 0 : -1, highest = forward ? extent : extent - 1;
  int64_t begin = slice->begin[entry];
  if (begin < 0) begin += extent;
  if (has(slice->shrink_mask, entry)) {
    *first = (int32_t)begin;
    *count = 1;
    return begin >= 0 && begin < extent;
  }
  begin = has(slice->begin_mask, entry) ? (forward ? 0 : extent - 1) : limited(begin, lowest, highest);
  int64_t end = slice->end[entry];
  if (slice->end_is_offset) end += begin;
  if (end < 0) end += extent;
  end = has(slice->end_mask, entry) ? (forward ? extent : -1) : limited(end, lowest, highest);
  const int64_t distance = forward ? end - begin : begin - end, step = forward ? stride : -(int64_t)stride;
  *first = (int32_t)begin;
  *count = distance > 0 ? (int32_t)((distance + step - 1) / step) : 0;
  return true;
}

/* Which of the output's axes comes next must have that extent. */
static bool next_output(const struct inference_tensor *output, uint32_t *axis, int32_t extent) {
  return *axis < output->rank && output->shape[(*axis)++] == extent;
}

static bool take_axes(const struct inference_tensor *input, const struct inference_tensor *output, struct walk *walk, uint32_t *axis,
                      uint32_t end, uint32_t *output_axis) {
  for (; *axis < end; (*axis)++) {
    walk->extent[*axis] = input->shape[*axis];
    if (!next_output(output, output_axis, input->shape[*axis])) return false;
  }
  return true;
}

/* How many entries from `entry` on stand for an axis of the input. */
static uint32_t axes_from(const struct slice *slice, uint32_t entry) {
  uint32_t count = 0;
  for (; entry < slice->entries; entry++)
    if (!has(slice->new_axis_mask, entry)) count++;
  return count;
}

static bool plan(const struct slice *slice, const struct inference_tensor *input, const struct inference_tensor *output,
                 struct walk *walk) {
  uint32_t axis = 0, output_axis = 0;
  for (uint32_t entry = 0; entry < slice->entries; entry++) {
    if (has(slice->ellipsis_mask, entry)) {
      const uint32_t after = axes_from(slice, entry + 1);
      if (after + axis > input->rank || !take_axes(input, output, walk, &axis, input->rank - after, &output_axis)) return false;
    } else if (has(slice->new_axis_mask, entry)) {
      if (!next_output(output, &output_axis, 1)) return false;
    } else {
      int32_t first;
      if (axis >= input->rank || !along_axis(slice, entry, input->shape[axis], &first, &walk->extent[axis])) return false;
      if (!has(slice->shrink_mask, entry) && !next_output(output, &output_axis, walk->extent[axis])) return false;
      walk->start += first * walk->stride[axis];
      walk->stride[axis] *= walk->extent[axis] > 1 ? slice->strides[entry] : 1;
      axis++;
    }
  }
  return take_axes(input, output, walk, &axis, input->rank, &output_axis) && output_axis == output->rank;
}

static bool read_lists(struct inference *network, const struct inference_node *node, struct slice *slice) {
  const struct inference_tensor *begin = inference_node_input(network, node, 1), *end = inference_node_input(network, node, 2);
  const struct inference_tensor *strides = inference_node_input(network, node, 3);
  slice->begin = constant_int32s(begin);
  slice->end = constant_int32s(end);
  slice->strides = constant_int32s(strides);
  if (slice->begin == NULL || slice->end == NULL || slice->strides == NULL) return false;
  slice->entries = inference_elements(begin);
  return slice->entries <= 16 && inference_elements(end) == slice->entries && inference_elements(strides) == slice->entries;
}

static enum inference_status prepare(struct inference *network, struct inference_node *node) {
  const struct inference_tensor *input = inference_node_input(network, node, 0), *output = inference_node_output(network, node, 0);
  struct slice slice = {
    .begin_mask = (uint32_t)flat_int32(&node->options, BEGIN_MASK, 0), .end_mask = (uint32_t)flat_int32(&node->options, END_MASK, 0),
    .ellipsis_mask = (uint32_t)flat_int32(&node->options, ELLIPSIS_MASK, 0),
    .new_axis_mask = (uint32_t)flat_int32(&node->options, NEW_AXIS_MASK, 0),
    .shrink_mask = (uint32_t)flat_int32(&node->options, SHRINK_MASK, 0), .end_is_offset = flat_bool(&node->options, OFFSET, false),
  };
  if (input == NULL || output == NULL || !read_lists(network, node, &slice)) return INFERENCE_BAD_SHAPE;
  if (input->type != output->type) return unsupported_type(network, output);
  if ((slice.ellipsis_mask & (slice.ellipsis_mask - 1)) != 0) return unsupported_option(network, slice.ellipsis_mask);
  struct walk *walk = node->state = inference_keep(network, sizeof *walk);
  if (walk == NULL) return INFERENCE_ARENA_TOO_SMALL;
  walk->rank = input->rank;
  walk->element_bytes = type_bytes(input->type);
  usual_strides(input, walk->stride);
  if (!plan(&slice, input, output, walk)) return INFERENCE_BAD_SHAPE;
  walk_complete(walk);
  return INFERENCE_OK;
}

const struct inference_operator inference_strided_slice = { 45, "STRIDED_SLICE", prepare, run_walk };
