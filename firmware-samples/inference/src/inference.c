/* Opening a model, running it, and what its kernels ask of it. Field numbers: TensorFlow Lite schema v3 (schema.fbs). */
#include "network.h"

#include <string.h>

#include "kernels/kernels.h"

enum { MODEL_OPERATOR_CODES = 1, MODEL_SUBGRAPHS = 2, MODEL_BUFFERS = 4, OPERATOR_INTERMEDIATES = 8, SUBGRAPH_OPERATORS = 3 };

/* ---- Opening ---- */

static enum inference_status read_model(struct inference *network) {
  struct flat_table model;
  struct flat_file *file = &network->file;
  if (!flat_root(file, "TFL3", &model) || !flat_items(file, &model, MODEL_OPERATOR_CODES, 4, &network->operator_codes) ||
      !flat_items(file, &model, MODEL_SUBGRAPHS, 4, &network->subgraphs) ||
      !flat_items(file, &model, MODEL_BUFFERS, 4, &network->buffers) || network->subgraphs.count == 0) {
    network->detail = file->bad;
    return INFERENCE_NOT_A_MODEL;
  }
  if (network->subgraphs.count > MAXIMUM_SUBGRAPHS) {
    network->detail = network->subgraphs.count;
    return INFERENCE_UNSUPPORTED_OPTION;
  }
  return INFERENCE_OK;
}

static enum inference_status open_network(struct inference *network) {
  enum inference_status status = read_model(network);
  if (status != INFERENCE_OK) return status;
  network->graphs = inference_keep(network, network->subgraphs.count * (uint32_t)sizeof *network->graphs);
  if (network->graphs == NULL) return INFERENCE_ARENA_TOO_SMALL;
  status = graph_open(network, 0);
  network->graph = &network->graphs[0];
  if (status != INFERENCE_OK) return status;
  network->node_index = UINT16_MAX;
  return plan_arena(network);
}

struct inference *inference_open(const void *model, uint32_t model_bytes, void *arena, uint32_t arena_bytes,
                                 const struct inference_operator *const *operators, struct inference_error *error) {
  struct inference *network = arena;
  uint32_t own = (sizeof *network + 7u) & ~7u;
  *error = (struct inference_error){ INFERENCE_ARENA_TOO_SMALL, -1, own };
  if (arena_bytes < own) return NULL;
  memset(network, 0, sizeof *network);
  network->file = (struct flat_file){ model, model_bytes, 0 };
  network->operators = operators;
  network->arena = arena;
  network->arena_bytes = arena_bytes;
  network->used = own;
  network->node_index = UINT16_MAX;
  error->status = open_network(network);
  error->detail = error->status == INFERENCE_OK ? 0 : network->detail;
  if (network->node_index != UINT16_MAX) error->operator_index = network->node_index;
  if (error->status != INFERENCE_OK) return NULL;
  inference_reset(network);
  return network;
}

/* ---- Running ---- */

void inference_run(struct inference *network) { graph_run(network, &network->graphs[0], true); }

void inference_reset(struct inference *network) {
  network->epoch++;
  for (uint32_t g = 0; g < network->subgraphs.count; g++)
    for (uint32_t i = 0; i < network->graphs[g].tensor_count; i++) {
      const struct inference_tensor *tensor = &network->graphs[g].tensors[i];
      if (tensor->is_variable && tensor->data != NULL)
        memset(tensor->data, tensor->type == INFERENCE_INT8 ? tensor->zero_point : 0, tensor->bytes);
    }
  for (const struct variable *each = network->variables; each != NULL; each = each->next)
    if (each->data != NULL) memset(each->data, each->reset_byte, each->bytes);
}

uint32_t inference_input_count(const struct inference *network) { return network->graphs[0].input_count; }
uint32_t inference_output_count(const struct inference *network) { return network->graphs[0].output_count; }
uint32_t inference_arena_bytes(const struct inference *network) { return network->peak; }
uint32_t inference_epoch(const struct inference *network) { return network->epoch; }

struct inference_tensor *inference_input(struct inference *network, uint32_t index) {
  const struct graph *graph = &network->graphs[0];
  return index < graph->input_count ? &graph->tensors[graph->inputs[index]] : NULL;
}

struct inference_tensor *inference_output(struct inference *network, uint32_t index) {
  const struct graph *graph = &network->graphs[0];
  return index < graph->output_count ? &graph->tensors[graph->outputs[index]] : NULL;
}

/* ---- For kernels ---- */

static struct inference_tensor *listed(struct inference *network, const int32_t *indices, uint32_t count, uint32_t index) {
  if (index >= count || indices[index] < 0) return NULL;
  return &network->graph->tensors[indices[index]];
}

struct inference_tensor *inference_node_input(struct inference *network, const struct inference_node *node, uint32_t index) {
  return listed(network, node->inputs, node->input_count, index);
}

struct inference_tensor *inference_node_output(struct inference *network, const struct inference_node *node, uint32_t index) {
  return listed(network, node->outputs, node->output_count, index);
}

/* Only LSTMs have them and only prepare() asks: not worth a field in every node. */
struct inference_tensor *inference_node_intermediate(struct inference *network, const struct inference_node *node, uint32_t index) {
  const struct graph *graph = network->graph;
  uint32_t node_index = (uint32_t)((const struct planned_node *)(const void *)node - graph->nodes);
  struct flat_table subgraph, table;
  struct flat_vector operators, intermediates;
  if (!flat_item_table(&network->file, &network->subgraphs, (uint32_t)(graph - network->graphs), &subgraph)) return NULL;
  if (!flat_items(&network->file, &subgraph, SUBGRAPH_OPERATORS, 4, &operators)) return NULL;
  if (!flat_item_table(&network->file, &operators, node_index, &table)) return NULL;
  if (!flat_items(&network->file, &table, OPERATOR_INTERMEDIATES, 4, &intermediates) || index >= intermediates.count) return NULL;
  int32_t tensor = (int32_t)flat_read_uint32(intermediates.items + 4 * index);
  return tensor >= 0 && tensor < graph->tensor_count ? &graph->tensors[tensor] : NULL;
}

void *inference_keep(struct inference *network, uint32_t bytes) {
  uint64_t end = (uint64_t)network->used + ((bytes + (uint64_t)7) & ~(uint64_t)7);
  if (end > network->arena_bytes) {
    network->detail = end > UINT32_MAX ? UINT32_MAX : (uint32_t)end;
    return NULL;
  }
  void *kept = network->arena + network->used;
  network->used = (uint32_t)end;
  return memset(kept, 0, bytes);
}

void inference_scratch(struct inference *network, struct inference_node *node, uint32_t bytes) {
  (void)network;
  ((struct planned_node *)(void *)node)->scratch_bytes = bytes;
}

void inference_detail(struct inference *network, uint32_t detail) { network->detail = detail; }

const int32_t *flat_int32s(const struct inference *network, const struct flat_table *table, uint32_t field, uint32_t *count) {
  struct flat_file file = network->file;
  struct flat_vector vector;
  if (!flat_items(&file, table, field, 4, &vector)) vector = (struct flat_vector){ NULL, 0 };
  *count = vector.count;
  return (const int32_t *)(const void *)vector.items;
}

const char *flat_string(const struct inference *network, const struct flat_table *table, uint32_t field, uint32_t *count) {
  struct flat_file file = network->file;
  struct flat_vector vector;
  if (!flat_items(&file, table, field, 1, &vector)) vector = (struct flat_vector){ NULL, 0 };
  *count = vector.count;
  return (const char *)vector.items;
}

/* ---- Variables ---- */

int32_t inference_variable_index(struct inference *network, const char *name, uint32_t name_bytes) {
  struct variable **link = &network->variables;
  int32_t index = 0;
  for (; *link != NULL; link = &(*link)->next, index++)
    if ((*link)->name_bytes == name_bytes && (name_bytes == 0 || memcmp((*link)->name, name, name_bytes) == 0)) return index;
  *link = inference_keep(network, sizeof **link);
  if (*link == NULL) return INFERENCE_NO_VARIABLE;
  (*link)->name = name;
  (*link)->name_bytes = name_bytes;
  return index;
}

void *inference_variable_hold(struct inference *network, int32_t index, uint32_t bytes, uint8_t reset_byte, bool *fits) {
  struct variable *variable = network->variables;
  for (; variable != NULL && index > 0; index--) variable = variable->next;
  *fits = variable != NULL && index == 0 && bytes > 0 && (variable->data == NULL || variable->bytes == bytes);
  if (!*fits) return NULL;
  if (variable->data == NULL) {
    variable->data = inference_keep(network, bytes);
    variable->bytes = bytes;
    variable->reset_byte = reset_byte;
  }
  return variable->data;
}

/* ---- CALL_ONCE ---- */

enum inference_status inference_subgraph_prepare(struct inference *network, uint32_t subgraph) {
  if (network->graph != &network->graphs[0] || subgraph == 0 || subgraph >= network->subgraphs.count) {
    network->detail = subgraph;
    return INFERENCE_UNSUPPORTED_OPTION;
  }
  struct graph *graph = &network->graphs[subgraph];
  graph->last_caller = network->node_index;
  if (graph->is_open) return INFERENCE_OK;
  graph->first_caller = network->node_index;
  return graph_open(network, subgraph);
}

void inference_subgraph_run(struct inference *network, uint32_t subgraph) { graph_run(network, &network->graphs[subgraph], false); }

/* ---- The marker ---- */

__attribute__((noinline, noclone, used)) void inference_layer(uint32_t index) {
  __asm__ volatile("" : : "r"(index));   /* keeps the call and its argument */
}
