/*
 * VAR_HANDLE, READ_VARIABLE, ASSIGN_VARIABLE and CALL_ONCE: values that outlive a run without being tensors. A network has one VAR_HANDLE
 * for each place it uses a variable; the variable is known by its name. CALL_ONCE runs a subgraph that assigns first values, once after
 * opening and after each inference_reset().
 */
#include <string.h>

#include "inference-operators.h"
#include "kernels.h"

enum { CONTAINER = 0, SHARED_NAME = 1, INITIAL_SUBGRAPH = 0 };

/* ---- VAR_HANDLE ---- */

static enum inference_status prepare_handle(struct inference *network, struct inference_node *node) {
  struct inference_tensor *handle = inference_node_output(network, node, 0);
  uint32_t container_bytes = 0, name_bytes = 0;
  const char *name = flat_string(network, &node->options, SHARED_NAME, &name_bytes);
  if (handle == NULL || name == NULL) return INFERENCE_BAD_SHAPE;
  if (handle->type != INFERENCE_RESOURCE) return unsupported_type(network, handle);
  /* Containers would make a second space of names; no converter uses them. */
  flat_string(network, &node->options, CONTAINER, &container_bytes);
  if (container_bytes > 0) return unsupported_option(network, container_bytes);
  int32_t *index = inference_keep(network, sizeof *index);
  if (index == NULL) return INFERENCE_ARENA_TOO_SMALL;
  *index = inference_variable_index(network, name, name_bytes);
  handle->data = index;
  return *index == INFERENCE_NO_VARIABLE ? INFERENCE_ARENA_TOO_SMALL : INFERENCE_OK;
}

static void run_nothing(struct inference *network, struct inference_node *node) {
  (void)network;
  (void)node;
}

/* ---- READ_VARIABLE and ASSIGN_VARIABLE ---- */

/* Finds the variable behind a handle; a variable starts as zero in the quantisation of whoever holds it first. */
static enum inference_status hold(struct inference *network, struct inference_node *node, const struct inference_tensor *handle,
                                  const struct inference_tensor *value) {
  bool fits = true;
  if (handle == NULL || value == NULL || handle->type != INFERENCE_RESOURCE || handle->data == NULL) return INFERENCE_BAD_SHAPE;
  const uint8_t reset_byte = value->type == INFERENCE_INT8 ? (uint8_t)value->zero_point : 0;
  node->state = inference_variable_hold(network, *(const int32_t *)handle->data, value->bytes, reset_byte, &fits);
  if (!fits) return INFERENCE_BAD_SHAPE;
  return node->state == NULL ? INFERENCE_ARENA_TOO_SMALL : INFERENCE_OK;
}

static enum inference_status prepare_read(struct inference *network, struct inference_node *node) {
  return hold(network, node, inference_node_input(network, node, 0), inference_node_output(network, node, 0));
}

static void run_read(struct inference *network, struct inference_node *node) {
  const struct inference_tensor *value = inference_node_output(network, node, 0);
  memcpy(value->data, node->state, value->bytes);
}

static enum inference_status prepare_assign(struct inference *network, struct inference_node *node) {
  return hold(network, node, inference_node_input(network, node, 0), inference_node_input(network, node, 1));
}

static void run_assign(struct inference *network, struct inference_node *node) {
  const struct inference_tensor *value = inference_node_input(network, node, 1);
  memcpy(node->state, value->data, value->bytes);
}

/* ---- CALL_ONCE ---- */

struct call {
  uint32_t subgraph;
  uint32_t epoch;                   /* of the last call; 0: none */
};

static enum inference_status prepare_call(struct inference *network, struct inference_node *node) {
  struct call *call = node->state = inference_keep(network, sizeof *call);
  if (call == NULL) return INFERENCE_ARENA_TOO_SMALL;
  call->subgraph = (uint32_t)flat_int32(&node->options, INITIAL_SUBGRAPH, 0);
  return inference_subgraph_prepare(network, call->subgraph);
}

static void run_call(struct inference *network, struct inference_node *node) {
  struct call *call = node->state;
  if (call->epoch == inference_epoch(network)) return;
  call->epoch = inference_epoch(network);
  inference_subgraph_run(network, call->subgraph);
}

const struct inference_operator inference_var_handle = { 142, "VAR_HANDLE", prepare_handle, run_nothing };
const struct inference_operator inference_read_variable = { 143, "READ_VARIABLE", prepare_read, run_read };
const struct inference_operator inference_assign_variable = { 144, "ASSIGN_VARIABLE", prepare_assign, run_assign };
const struct inference_operator inference_call_once = { 129, "CALL_ONCE", prepare_call, run_call };
