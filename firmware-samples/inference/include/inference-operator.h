/* What an operator of the runtime is made of: for those who write kernels. Users of networks need only inference.h. */
#ifndef INFERENCE_OPERATOR_H
#define INFERENCE_OPERATOR_H

#include "inference.h"

/* A table of the flatbuffer whose fields have been checked to lie in the file. Zero `vtable`: the table is absent (all defaults). */
struct flat_table { const uint8_t *table; const uint8_t *vtable; };

/* Fields of operators' option tables, by their number in the schema; the default is given by the caller. */
int32_t flat_int32(const struct flat_table *table, uint32_t field, int32_t otherwise);
int32_t flat_int8(const struct flat_table *table, uint32_t field, int32_t otherwise);
bool    flat_bool(const struct flat_table *table, uint32_t field, bool otherwise);
float   flat_float(const struct flat_table *table, uint32_t field, float otherwise);
/* A vector of int32 or a string in an option table, *count long; NULL if absent or not inside the file. In prepare() only. */
const int32_t *flat_int32s(const struct inference *network, const struct flat_table *table, uint32_t field, uint32_t *count);
const char *flat_string(const struct inference *network, const struct flat_table *table, uint32_t field, uint32_t *count);

struct inference_node {
  const struct inference_operator *operation;
  const int32_t *inputs;           /* tensor indices; -1: left out */
  const int32_t *outputs;
  uint16_t input_count, output_count;
  struct flat_table options;
  void *state;                     /* what prepare() keeps for run(), from inference_keep() */
  void *scratch;                   /* while this operator runs: from inference_scratch(), set before run() */
};

struct inference_operator {
  int32_t code;                    /* TFLite schema, BuiltinOperator */
  const char *name;                /* its name there */
  /* Checks types, shapes and options, computes multipliers; may set output shapes' derived data. Called once, in order. */
  enum inference_status (*prepare)(struct inference *network, struct inference_node *node);
  void (*run)(struct inference *network, struct inference_node *node);   /* cannot fail: prepare has checked */
};

/* NULL if the index is past the node's list or the tensor is left out. */
struct inference_tensor *inference_node_input(struct inference *network, const struct inference_node *node, uint32_t index);
struct inference_tensor *inference_node_output(struct inference *network, const struct inference_node *node, uint32_t index);

/* In prepare() only: the operator's intermediate tensors (LSTM), which have type and quantisation but no data. NULL past the last. */
struct inference_tensor *inference_node_intermediate(struct inference *network, const struct inference_node *node, uint32_t index);

/* In prepare() only. Memory that lasts as long as the network, zeroed, 8-byte aligned. NULL: the arena is full (return INFERENCE_ARENA_TOO_SMALL). */
void *inference_keep(struct inference *network, uint32_t bytes);
/* In prepare() only. Memory that this operator has to itself while it runs, 8-byte aligned, shared with others' by the planner. */
void inference_scratch(struct inference *network, struct inference_node *node, uint32_t bytes);
/* In prepare() only: the number that goes with the status returned. */
void inference_detail(struct inference *network, uint32_t detail);

/*
 * Resource variables (VAR_HANDLE, READ_VARIABLE, ASSIGN_VARIABLE). prepare() of VAR_HANDLE finds or makes the variable of that name;
 * the handle tensor's data is the variable's index as int32, which it keeps (see inference_keep) and sets at once, so that
 * later operators' prepare() can read it. Data comes with the first inference_variable_hold(): zeroed, also by inference_reset().
 */
enum { INFERENCE_NO_VARIABLE = -1 };                /* the arena is full */
int32_t inference_variable_index(struct inference *network, const char *name, uint32_t name_bytes);
/* In prepare() only. Its data; NULL if the arena is full, *fits = false if the index is none or its size is another. */
void *inference_variable_hold(struct inference *network, int32_t index, uint32_t bytes, uint8_t reset_byte, bool *fits);

/* CALL_ONCE: prepares another subgraph (its tensors live while this node runs); then runs it, in the node's run(). */
enum inference_status inference_subgraph_prepare(struct inference *network, uint32_t subgraph);
void inference_subgraph_run(struct inference *network, uint32_t subgraph);
/* Counts inference_reset() calls, from 1: what is to be done once is done when this has changed. */
uint32_t inference_epoch(const struct inference *network);

/* Elements of a tensor; 1 for a scalar. */
uint32_t inference_elements(const struct inference_tensor *tensor);

#endif
