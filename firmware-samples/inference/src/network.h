/* The network's own structures. They lie in the arena, in front of what the planner places. */
#ifndef NETWORK_H
#define NETWORK_H

#include "flatbuffer.h"

/* More would make planning take long: it is quadratic. The largest network of ours to test with has 280 tensors. */
enum { MAXIMUM_TENSORS = 4096, MAXIMUM_NODES = 2048, MAXIMUM_NODE_TENSORS = 256, MAXIMUM_SUBGRAPHS = 64 };

struct planned_node {
  struct inference_node node;       /* first: inference_scratch() finds the rest from it */
  uint32_t scratch_bytes;
};

struct graph {
  struct inference_tensor *tensors;
  struct planned_node *nodes;
  const int32_t *inputs, *outputs;  /* tensor indices, checked */
  uint16_t tensor_count, node_count, input_count, output_count;
  uint16_t first_caller, last_caller;   /* of a graph that CALL_ONCE runs: nodes of the main graph */
  bool is_open;
};

/* A resource variable (VAR_HANDLE). */
struct variable {
  struct variable *next;
  const char *name;
  void *data;
  uint32_t name_bytes, bytes;
  uint8_t reset_byte;
};

struct inference {
  struct flat_file file;
  struct flat_vector operator_codes, buffers, subgraphs;   /* checked as vectors; their tables when they are used */
  const struct inference_operator *const *operators;
  uint8_t *arena;
  uint32_t arena_bytes, used, peak; /* used: by these structures; peak: with the plan */
  struct graph *graphs;             /* [subgraphs.count] */
  struct graph *graph;              /* the one being prepared or run */
  struct variable *variables;
  uint16_t node_index;              /* of the main graph, being prepared */
  uint32_t epoch;
  uint32_t detail;                  /* for struct inference_error */
};

/* Fills a graph from the model and prepares its nodes (graph.c). */
enum inference_status graph_open(struct inference *network, uint32_t index);
void graph_run(struct inference *network, struct graph *graph, bool mark_layers);

/* Places everything that lives for some operators only (planner.c). */
enum inference_status plan_arena(struct inference *network);

#endif
