/* Every operator that there is. An image that names this list links all of them. */
#include "inference-operators.h"

const struct inference_operator *const inference_all_operators[] = {
  &inference_add,
  &inference_average_pool_2d,
  &inference_concatenation,
  &inference_conv_2d,
  &inference_depthwise_conv_2d,
  &inference_dequantize,
  &inference_fully_connected,
  &inference_logistic,
  &inference_max_pool_2d,
  &inference_mean,
  &inference_mul,
  &inference_pad,
  &inference_padv2,
  &inference_quantize,
  &inference_relu,
  &inference_relu6,
  &inference_reshape,
  &inference_softmax,
  &inference_sub,
  &inference_tanh,
  NULL,
};
