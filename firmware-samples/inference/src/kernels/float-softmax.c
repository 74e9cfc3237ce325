/* SOFTMAX of float32. */
#include "../real-math.h"
#include "kernels.h"

static float largest_of(const float *values, uint32_t count) {
  float largest = -3.402823466e38f;
  for (uint32_t i = 0; i < count; i++)
    if (values[i] > largest) largest = values[i];
  return largest;
}

void softmax_float(const struct softmax *softmax) {
  const float *input = softmax->input;
  float *output = softmax->output;
  for (uint32_t row = 0; row < softmax->rows; row++, input += softmax->depth, output += softmax->depth) {
    const float largest = largest_of(input, softmax->depth);
    float sum = 0.0f;
    for (uint32_t i = 0; i < softmax->depth; i++) {
      output[i] = math_exp((input[i] - largest) * softmax->beta);
      sum += output[i];
    }
    for (uint32_t i = 0; i < softmax->depth; i++) output[i] /= sum;
  }
}
