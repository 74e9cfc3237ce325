/* One step of an LSTM of float32. Source: TensorFlow Lite, kernels/lstm_eval.cc (LstmStepWithAuxInput). */
#include "../real-math.h"
#include "lstm.h"

static float weighted_sum(const float *weights, const float *values, int32_t count) {
  float sum = 0.0f;
  for (int32_t i = 0; i < count; i++) sum += weights[i] * values[i];
  return sum;
}

static void find_gate(const struct lstm *lstm, int32_t which, float *values) {
  const struct lstm_gate *gate = &lstm->gates[which];
  for (int32_t row = 0; row < lstm->cells; row++) {
    float value = ((const float *)gate->bias)[row];
    value += weighted_sum((const float *)gate->input_weights + row * lstm->inputs, lstm->input, lstm->inputs);
    value += weighted_sum((const float *)gate->recurrent_weights + row * lstm->cells, lstm->hidden, lstm->cells);
    values[row] = which == CELL_GATE ? math_tanh(value) : 1.0f / (1.0f + math_exp(-value));
  }
}

void lstm_step_float(const struct lstm *lstm) {
  float *gates = lstm->scratch, *cell = lstm->cell, *hidden = lstm->hidden;
  const float *forget = gates + FORGET_GATE * lstm->cells, *candidate = gates + CELL_GATE * lstm->cells;
  const float *input = gates + INPUT_GATE * lstm->cells, *output = gates + OUTPUT_GATE * lstm->cells;
  const float clip = lstm->float_cell_clip;
  for (int32_t which = 0; which < GATES; which++) find_gate(lstm, which, gates + which * lstm->cells);
  for (int32_t i = 0; i < lstm->cells; i++) {
    float value = forget[i] * cell[i];
    value += candidate[i] * input[i];
    if (clip > 0.0f) value = value < -clip ? -clip : value > clip ? clip : value;
    cell[i] = value;
    hidden[i] = output[i] * math_tanh(value);
  }
}
