/* LOGISTIC, TANH, RELU and RELU6 of float32. */
#include "../real-math.h"
#include "kernels.h"

void logistic_float(const struct unary *unary) {
  const float *input = unary->input;
  float *output = unary->output;
  for (uint32_t i = 0; i < unary->count; i++) output[i] = math_logistic(input[i]);
}

void tanh_float(const struct unary *unary) {
  const float *input = unary->input;
  float *output = unary->output;
  for (uint32_t i = 0; i < unary->count; i++) output[i] = math_tanh(input[i]);
}

void relu_float(const struct unary *unary) {
  const float *input = unary->input;
  float *output = unary->output;
  for (uint32_t i = 0; i < unary->count; i++)
    output[i] = input[i] < unary->float_minimum ? unary->float_minimum : input[i] > unary->float_maximum ? unary->float_maximum : input[i];
}
