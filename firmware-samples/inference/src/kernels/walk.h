/* Copying elements that lie in some other order: slices, transpositions, blocks. */
#ifndef WALK_H
#define WALK_H

#include "kernels.h"

/* The output is written in order; the input is read from `start`, going on by `stride` (elements, may be negative) along each axis. */
struct walk {
  uint32_t rank;                    /* 1 to INFERENCE_MAX_RANK */
  int32_t extent[INFERENCE_MAX_RANK];
  int32_t stride[INFERENCE_MAX_RANK];
  int32_t start;
  uint32_t element_bytes;           /* 1, 2, 4 or 8 */
};

void walk_copy(const struct walk *walk, const void *input, void *output);

/* Elements from one index of each axis to the next, for a tensor in the usual order. */
void usual_strides(const struct inference_tensor *tensor, int32_t strides[INFERENCE_MAX_RANK]);

/* Adds an innermost axis of one element to a walk over a scalar, which has none. */
void walk_complete(struct walk *walk);

/* The axis that `axis` means, counted from the end if negative; false if there is none. */
bool find_axis(int32_t axis, uint32_t rank, uint32_t *found);

/* An int32 list known before the network runs; NULL if it is anything else. */
const int32_t *constant_int32s(const struct inference_tensor *tensor);

/* run() of operators whose state is a walk from input 0 to output 0. */
void run_walk(struct inference *network, struct inference_node *node);

/* run() of operators that change the shape only. */
void run_copy(struct inference *network, struct inference_node *node);
/* Their prepare(): one input (others are lists that made the output's shape), one output of the same type and size. */
enum inference_status prepare_copy(struct inference *network, struct inference_node *node);

#endif
