/* Tensors that are parts of another along one axis: SPLIT, SPLIT_V, UNPACK take apart, PACK joins. */
#ifndef AXIS_PARTS_H
#define AXIS_PARTS_H

#include "walk.h"

/* Checks that the outputs together make the input, divided at `axis`, and keeps what run_split() needs. */
enum inference_status prepare_split(struct inference *network, struct inference_node *node, uint32_t input, uint32_t axis);
void run_split(struct inference *network, struct inference_node *node);

/* Rows that a tensor has in front of an axis. */
uint32_t rows_before(const struct inference_tensor *tensor, uint32_t axis);

#endif
