/* UNIDIRECTIONAL_SEQUENCE_LSTM: what its int8 and float32 arithmetics share. */
#ifndef LSTM_H
#define LSTM_H

#include "kernels.h"

enum { FORGET_GATE = 0, CELL_GATE = 1, INPUT_GATE = 2, OUTPUT_GATE = 3, GATES = 4 };

/* One of the four gates: weights of the input and of the last output, and what brings their sums to the gate's scale. */
struct lstm_gate {
  const void *input_weights;        /* [cells][inputs] */
  const void *recurrent_weights;    /* [cells][cells] */
  const void *bias;                 /* [cells] */
  struct rescale from_input, from_recurrent;
};

struct lstm {
  struct lstm_gate gates[GATES];
  const void *input;                /* of this batch and step: [inputs] */
  void *hidden;                     /* of this batch: the last output, [cells]; becomes this one */
  void *cell;                       /* of this batch, [cells] */
  void *scratch;                    /* [GATES][cells] int16 or float */
  int32_t inputs, cells;
  int32_t input_zero_point, recurrent_zero_point, hidden_zero_point;
  struct rescale to_hidden;
  int32_t cell_exponent;            /* the cell's scale is 2^cell_exponent */
  int32_t cell_clip;                /* 0: none */
  float float_cell_clip;
};

void lstm_step_int8(const struct lstm *lstm);
void lstm_step_float(const struct lstm *lstm);

#endif
