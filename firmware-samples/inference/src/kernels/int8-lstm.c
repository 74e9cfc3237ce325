/*
 * One step of an LSTM with int8 activations and an int16 cell. Gates are Q3.12 before their curves, Q0.15 after.
 * Source: TensorFlow Lite, kernels/lstm_eval.cc (LstmStepInteger8x8_16). TensorFlow Lite Micro interpolates its curves from a table
 * instead, which gives other last bits.
 */
#include "../fixed-point-16.h"
#include "../quantisation.h"
#include "lstm.h"

enum { GATE_INTEGER_BITS = 3 };

static int32_t weighted_sum(const int8_t *weights, const int8_t *values, int32_t zero_point, int32_t count) {
  int32_t sum = 0;
  for (int32_t i = 0; i < count; i++) sum += weights[i] * (values[i] - zero_point);
  return sum;
}

static void find_gate(const struct lstm *lstm, int32_t which, int16_t *values) {
  const struct lstm_gate *gate = &lstm->gates[which];
  for (int32_t row = 0; row < lstm->cells; row++) {
    const int8_t *of_input = (const int8_t *)gate->input_weights + row * lstm->inputs;
    const int8_t *of_hidden = (const int8_t *)gate->recurrent_weights + row * lstm->cells;
    const int32_t sum = weighted_sum(of_input, lstm->input, lstm->input_zero_point, lstm->inputs);
    const int32_t first = clamp(rescale(add_wrapping(sum, ((const int32_t *)gate->bias)[row]), gate->from_input), INT16_MIN, INT16_MAX);
    const int32_t again = rescale(weighted_sum(of_hidden, lstm->hidden, lstm->recurrent_zero_point, lstm->cells), gate->from_recurrent);
    const int16_t value = (int16_t)clamp(add_wrapping(again, first), INT16_MIN, INT16_MAX);
    values[row] = which == CELL_GATE ? fixed16_tanh(value, GATE_INTEGER_BITS) : fixed16_logistic(value, GATE_INTEGER_BITS);
  }
}

void lstm_step_int8(const struct lstm *lstm) {
  int16_t *gates = lstm->scratch, *cell = lstm->cell;
  int8_t *hidden = lstm->hidden;
  const int16_t *forget = gates + FORGET_GATE * lstm->cells, *candidate = gates + CELL_GATE * lstm->cells;
  const int16_t *input = gates + INPUT_GATE * lstm->cells, *output = gates + OUTPUT_GATE * lstm->cells;
  for (int32_t which = 0; which < GATES; which++) find_gate(lstm, which, gates + which * lstm->cells);
  for (int32_t i = 0; i < lstm->cells; i++) {
    const int32_t kept = divide_by_power_of_two(forget[i] * cell[i], 15);
    const int32_t added = divide_by_power_of_two(input[i] * candidate[i], 30 + lstm->cell_exponent);
    int32_t value = clamp(kept + added, INT16_MIN, INT16_MAX);
    if (lstm->cell_clip > 0) value = clamp(value, -lstm->cell_clip, lstm->cell_clip);
    cell[i] = (int16_t)value;
    const int32_t product = output[i] * fixed16_tanh(cell[i], 15 + lstm->cell_exponent);
    hidden[i] = (int8_t)clamp(add_wrapping(rescale(product, lstm->to_hidden), lstm->hidden_zero_point), INT8_MIN, INT8_MAX);
  }
}
