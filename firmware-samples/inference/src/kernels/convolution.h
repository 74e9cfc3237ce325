/* What CONV_2D and DEPTHWISE_CONV_2D have in common. */
#ifndef CONVOLUTION_H
#define CONVOLUTION_H

#include "kernels.h"

/* The arithmetic that an operator offers, by the input's type; NULL: not in this image. */
struct convolution_kernels { const struct convolution_kernel *int8, *int16, *float32, *hybrid; };   /* hybrid: float32 with an int8 filter */

/* Where the option tables of the two operators differ: field numbers. */
struct convolution_fields { uint8_t stride_width, stride_height, activation, dilation_width, dilation_height; };

/* The caller has set the channels and depth_multiplier of `geometry`; output channels are the filter's dimension `channel_dimension`. */
enum inference_status convolution_prepare(struct inference *network, struct inference_node *node, const struct convolution_kernels *kernels,
                                          const struct convolution_fields *fields, const struct convolution *geometry,
                                          uint32_t channel_dimension);
void convolution_run(struct inference *network, struct inference_node *node);

#endif
