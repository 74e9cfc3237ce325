#include "listener.h"
#include "inference-operators.h"

extern const uint8_t model_start[], model_end[];

static const struct inference_operator *const operators[] = {
  &inference_conv_2d_int8, &inference_depthwise_conv_2d_int8, &inference_average_pool_2d_int8, &inference_reshape,
  &inference_fully_connected_int8, &inference_softmax_int8, NULL
};

uint32_t listener_model_bytes(void) { return (uint32_t)(model_end - model_start); }

bool listener_open(struct listener *listener, void *arena, uint32_t arena_bytes, struct inference_error *error) {
  struct inference *network = inference_open(model_start, listener_model_bytes(), arena, arena_bytes, operators, error);
  if (!network) return false;
  const struct inference_tensor *input = inference_input(network, 0), *output = inference_output(network, 0);
  listener->network = network;
  const bool fits = input->type == INFERENCE_INT8 && input->bytes == FRAMES * COEFFICIENTS && input->scale == 0.25f
    && input->zero_point == FEATURES_ZERO_POINT && output->type == INFERENCE_INT8 && output->bytes == CLASSES;
  if (!fits) *error = (struct inference_error){ INFERENCE_BAD_SHAPE, -1, input->bytes };
  return fits;
}

void listener_frame(struct listener *listener, const int16_t *older, const int16_t *newer) {
  struct features_frame *frame = &listener->ring[listener->oldest];
  features_frame(older, newer, frame);
  if (!listener->has_begun) for (int i = 0; i < FRAMES; i++) listener->ring[i] = *frame;
  listener->has_begun = true;
  listener->oldest = listener->oldest + 1 == FRAMES ? 0 : listener->oldest + 1;
}

bool listener_decide(struct listener *listener, struct heard *heard) {
  features_input(listener->ring, listener->oldest, inference_input(listener->network, 0)->data);
  inference_run(listener->network);
  return decision_take(&listener->decision, inference_output(listener->network, 0)->data, heard);
}
