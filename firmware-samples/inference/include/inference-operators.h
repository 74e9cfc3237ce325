/*
 * The operators by name, for an image's own short list: only what is named is linked.
 * An operator with the ending _int8 is the same for int8 activations only: without the code for float32 and int16.
 */
#ifndef INFERENCE_OPERATORS_H
#define INFERENCE_OPERATORS_H

#include "inference.h"

extern const struct inference_operator
  inference_add, inference_add_int8,
  inference_average_pool_2d, inference_average_pool_2d_int8,
  inference_concatenation,
  inference_conv_2d, inference_conv_2d_int8,
  inference_depthwise_conv_2d, inference_depthwise_conv_2d_int8,
  inference_dequantize,
  inference_fully_connected, inference_fully_connected_int8,
  inference_logistic, inference_logistic_int8,
  inference_max_pool_2d, inference_max_pool_2d_int8,
  inference_mean, inference_mean_int8,
  inference_mul, inference_mul_int8,
  inference_pad, inference_padv2,
  inference_quantize,
  inference_relu, inference_relu_int8,
  inference_relu6, inference_relu6_int8,
  inference_reshape,
  inference_softmax, inference_softmax_int8,
  inference_sub, inference_sub_int8,
  inference_tanh, inference_tanh_int8;

/* By file: arg-max.c (ARG_MIN too), variables.c (VAR_HANDLE and its like, CALL_ONCE), hard-swish.c, leaky-relu.c, ... For all the types that
 * their files name. */
extern const struct inference_operator
  inference_arg_max,
  inference_arg_min,
  inference_assign_variable,
  inference_batch_to_space_nd,
  inference_call_once,
  inference_cast,
  inference_expand_dims,
  inference_gather,
  inference_hard_swish,
  inference_leaky_relu,
  inference_log_softmax,
  inference_maximum,
  inference_minimum,
  inference_pack,
  inference_read_variable,
  inference_resize_nearest_neighbor,
  inference_shape,
  inference_slice,
  inference_space_to_batch_nd,
  inference_split,
  inference_split_v,
  inference_squeeze,
  inference_strided_slice,
  inference_svdf,
  inference_transpose,
  inference_transpose_conv,
  inference_unidirectional_sequence_lstm,
  inference_unpack,
  inference_var_handle;

#endif
