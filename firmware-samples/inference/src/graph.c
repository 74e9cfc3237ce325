/* A subgraph of the model made into tensors and nodes. Source of the field numbers: TensorFlow Lite schema v3 (schema.fbs). */
#include "network.h"

#include <string.h>

#include "kernels/kernels.h"

enum { SUBGRAPH_TENSORS = 0, SUBGRAPH_INPUTS = 1, SUBGRAPH_OUTPUTS = 2, SUBGRAPH_OPERATORS = 3 };
enum { TENSOR_SHAPE = 0, TENSOR_TYPE = 1, TENSOR_BUFFER = 2, TENSOR_QUANTIZATION = 4, TENSOR_IS_VARIABLE = 5, TENSOR_SPARSITY = 6 };
enum { QUANTIZATION_SCALE = 2, QUANTIZATION_ZERO_POINT = 3, QUANTIZATION_DIMENSION = 6 };
enum { BUFFER_DATA = 0, BUFFER_OFFSET = 1, BUFFER_SIZE = 2 };
enum { OPERATOR_CODE_INDEX = 0, OPERATOR_INPUTS = 1, OPERATOR_OUTPUTS = 2, OPERATOR_OPTIONS = 4 };
enum { CODE_DEPRECATED_BUILTIN = 0, CODE_BUILTIN = 3 };

static enum inference_status not_a_model(struct inference *network) {
  network->detail = network->file.bad;
  return INFERENCE_NOT_A_MODEL;
}

static enum inference_status bad_shape(struct inference *network, uint32_t detail) {
  network->detail = detail;
  return INFERENCE_BAD_SHAPE;
}

static enum inference_status too_many(struct inference *network, uint32_t count) {
  network->detail = count;
  return INFERENCE_UNSUPPORTED_OPTION;
}

/* ---- Tensors ---- */

static enum inference_status read_shape(struct inference *network, const struct flat_table *table, struct inference_tensor *tensor) {
  struct flat_vector shape;
  if (!flat_items(&network->file, table, TENSOR_SHAPE, 4, &shape)) return not_a_model(network);
  if (shape.count > INFERENCE_MAX_RANK) return bad_shape(network, shape.count);
  uint64_t bytes = type_bytes(tensor->type);
  tensor->rank = (uint8_t)shape.count;
  for (uint32_t i = 0; i < shape.count; i++) {
    tensor->shape[i] = (int32_t)flat_read_uint32(shape.items + 4 * i);
    if (tensor->shape[i] < 0) return bad_shape(network, (uint32_t)tensor->shape[i]);
    bytes *= (uint32_t)tensor->shape[i];
    if (bytes > 1u << 30) return bad_shape(network, (uint32_t)tensor->shape[i]);
  }
  tensor->bytes = (uint32_t)bytes;
  return INFERENCE_OK;
}

static bool is_scale(float scale) { return scale >= 0 && scale <= 3.402823466e38f; }   /* false for NaN */

static bool is_zero_point(int64_t value, uint8_t type) {
  switch (type) {
    case INFERENCE_INT8: return value >= INT8_MIN && value <= INT8_MAX;
    case INFERENCE_UINT8: return value >= 0 && value <= UINT8_MAX;
    case INFERENCE_INT16: return value >= INT16_MIN && value <= INT16_MAX;
    default: return value >= INT16_MIN && value <= UINT16_MAX;
  }
}

static enum inference_status read_quantisation(struct inference *network, const struct flat_table *table,
                                               struct inference_tensor *tensor) {
  struct flat_table quantisation;
  struct flat_vector scales, zero_points;
  if (!flat_child(&network->file, table, TENSOR_QUANTIZATION, &quantisation)) return not_a_model(network);
  if (!flat_items(&network->file, &quantisation, QUANTIZATION_SCALE, 4, &scales)) return not_a_model(network);
  if (!flat_items(&network->file, &quantisation, QUANTIZATION_ZERO_POINT, 8, &zero_points)) return not_a_model(network);
  if (scales.count == 0) return INFERENCE_OK;
  if (scales.count > UINT16_MAX) return bad_shape(network, scales.count);
  const float *values = (const float *)(const void *)scales.items;
  for (uint32_t i = 0; i < scales.count; i++)
    if (!is_scale(values[i])) return bad_shape(network, i);
  for (uint32_t i = 0; i < zero_points.count; i++)
    if (!is_zero_point((int64_t)flat_read_uint64(zero_points.items + 8 * i), tensor->type)) return bad_shape(network, i);
  tensor->scale = values[0];
  if (zero_points.count > 0) tensor->zero_point = (int32_t)flat_read_uint64(zero_points.items);
  if (scales.count == 1) return INFERENCE_OK;

  int32_t dimension = flat_int32(&quantisation, QUANTIZATION_DIMENSION, 0);
  /* Converters of 2020 gave biases the dimension of their filters (person_detect). A dimension that does not fit is none: no kernel asks for
   * the scales of biases, and those that ask for a filter's look at the dimension. */
  if (dimension < 0 || dimension >= tensor->rank || tensor->shape[dimension] != (int32_t)scales.count) dimension = UINT16_MAX;
  tensor->channel_scales = values;
  tensor->channels = (uint16_t)scales.count;
  tensor->channel_dimension = (uint16_t)dimension;
  return INFERENCE_OK;
}

/* A buffer lies in the flatbuffer, or (files beyond 2 GB, and writers that like it) after it at `offset` from the file's start. */
static enum inference_status find_buffer(struct inference *network, uint32_t index, struct flat_vector *data) {
  struct flat_table buffer;
  if (!flat_item_table(&network->file, &network->buffers, index, &buffer)) return not_a_model(network);
  if (!flat_items(&network->file, &buffer, BUFFER_DATA, 1, data)) return not_a_model(network);
  uint64_t offset = flat_uint64(&buffer, BUFFER_OFFSET, 0), size = flat_uint64(&buffer, BUFFER_SIZE, 0);
  if (data->count > 0 || offset <= 1 || size == 0) return INFERENCE_OK;
  if (offset > network->file.size || size > network->file.size - offset) {
    network->detail = (uint32_t)offset;
    return INFERENCE_NOT_A_MODEL;
  }
  data->items = network->file.bytes + offset;
  data->count = (uint32_t)size;
  return INFERENCE_OK;
}

static enum inference_status read_constant(struct inference *network, const struct flat_table *table, struct inference_tensor *tensor) {
  struct flat_vector data = { NULL, 0 };
  uint32_t index = flat_uint32(table, TENSOR_BUFFER, 0), size = type_bytes(tensor->type);
  if (index > 0 || network->buffers.count > 0) {
    enum inference_status status = find_buffer(network, index, &data);
    if (status != INFERENCE_OK) return status;
  }
  if (size == 0) return INFERENCE_OK;                   /* of a type that no kernel takes: never looked at */
  if (data.count == 0) {
    tensor->is_constant = tensor->bytes == 0;           /* an empty list, as the shape of a scalar is */
    return INFERENCE_OK;
  }
  uint32_t position = (uint32_t)(data.items - network->file.bytes);
  if (tensor->is_variable || data.count != tensor->bytes) return bad_shape(network, data.count);
  if (position % (size > 4 ? 4 : size) != 0) {         /* int64 need lie on 4 only: kernels read it with memcpy */
    network->detail = position;
    return INFERENCE_NOT_A_MODEL;
  }
  tensor->is_constant = true;
  tensor->data = (void *)(uintptr_t)data.items;         /* const: kernels write outputs only, and no output is constant */
  return INFERENCE_OK;
}

static enum inference_status read_tensor(struct inference *network, const struct flat_table *table, struct inference_tensor *tensor) {
  struct flat_table sparsity;
  tensor->type = (uint8_t)flat_int8(table, TENSOR_TYPE, INFERENCE_FLOAT32);
  tensor->is_variable = flat_bool(table, TENSOR_IS_VARIABLE, false);
  if (!flat_child(&network->file, table, TENSOR_SPARSITY, &sparsity)) return not_a_model(network);
  if (sparsity.table != NULL) return INFERENCE_UNSUPPORTED_OPTION;
  enum inference_status status = read_shape(network, table, tensor);
  if (status == INFERENCE_OK) status = read_quantisation(network, table, tensor);
  if (status == INFERENCE_OK) status = read_constant(network, table, tensor);
  return status;
}

static enum inference_status read_tensors(struct inference *network, struct graph *graph, const struct flat_vector *tables) {
  if (tables->count > MAXIMUM_TENSORS) return too_many(network, tables->count);
  graph->tensor_count = (uint16_t)tables->count;
  graph->tensors = inference_keep(network, tables->count * (uint32_t)sizeof *graph->tensors);
  if (graph->tensors == NULL) return INFERENCE_ARENA_TOO_SMALL;
  for (uint32_t i = 0; i < tables->count; i++) {
    struct flat_table table;
    if (!flat_item_table(&network->file, tables, i, &table)) return not_a_model(network);
    enum inference_status status = read_tensor(network, &table, &graph->tensors[i]);
    if (status != INFERENCE_OK) return status;
  }
  return INFERENCE_OK;
}

/* A list of tensor indices; `lowest` is -1 where tensors may be left out. */
static enum inference_status read_indices(struct inference *network, const struct graph *graph, const struct flat_table *table,
                                          uint32_t field, int32_t lowest, const int32_t **indices, uint16_t *count) {
  struct flat_vector vector;
  if (!flat_items(&network->file, table, field, 4, &vector)) return not_a_model(network);
  if (vector.count > MAXIMUM_NODE_TENSORS) return too_many(network, vector.count);
  *indices = (const int32_t *)(const void *)vector.items;
  *count = (uint16_t)vector.count;
  for (uint32_t i = 0; i < vector.count; i++)
    if ((*indices)[i] < lowest || (*indices)[i] >= graph->tensor_count) {
      network->detail = (uint32_t)(vector.items - network->file.bytes) + 4 * i;
      return INFERENCE_NOT_A_MODEL;
    }
  return INFERENCE_OK;
}

/* ---- Nodes ---- */

/* Codes up to 127 stood in an int8 field once; newer writers fill both. */
static enum inference_status find_operator(struct inference *network, uint32_t index, const struct inference_operator **operation) {
  struct flat_table table;
  if (!flat_item_table(&network->file, &network->operator_codes, index, &table)) return not_a_model(network);
  int32_t deprecated = flat_int8(&table, CODE_DEPRECATED_BUILTIN, 0), code = flat_int32(&table, CODE_BUILTIN, 0);
  if (deprecated > code) code = deprecated;
  for (const struct inference_operator *const *each = network->operators; *each != NULL; each++)
    if ((*each)->code == code) {
      *operation = *each;
      return INFERENCE_OK;
    }
  network->detail = (uint32_t)code;
  return INFERENCE_UNSUPPORTED_OPERATOR;
}

/* What holds for every operator, so that kernels need not check it: known types, nothing empty but constant lists, outputs that can be
 * written. */
static enum inference_status check_tensors(struct inference *network, const struct inference_node *node) {
  for (uint32_t i = 0; i < node->input_count; i++) {
    const struct inference_tensor *tensor = inference_node_input(network, node, i);
    if (tensor == NULL) continue;
    if (type_bytes(tensor->type) == 0) return unsupported_type(network, tensor);
    if (tensor->bytes == 0 && !(tensor->is_constant && tensor->rank == 1 && tensor->type == INFERENCE_INT32))
      return bad_shape(network, i);
  }
  for (uint32_t i = 0; i < node->output_count; i++) {
    const struct inference_tensor *tensor = inference_node_output(network, node, i);
    if (tensor == NULL) continue;
    if (type_bytes(tensor->type) == 0) return unsupported_type(network, tensor);
    if (tensor->bytes == 0 || tensor->is_constant || tensor->is_variable) return bad_shape(network, i);
  }
  return INFERENCE_OK;
}

static enum inference_status read_node(struct inference *network, const struct graph *graph, const struct flat_table *table,
                                       struct inference_node *node) {
  enum inference_status status = find_operator(network, flat_uint32(table, OPERATOR_CODE_INDEX, 0), &node->operation);
  if (status == INFERENCE_OK) status = read_indices(network, graph, table, OPERATOR_INPUTS, -1, &node->inputs, &node->input_count);
  if (status == INFERENCE_OK) status = read_indices(network, graph, table, OPERATOR_OUTPUTS, -1, &node->outputs, &node->output_count);
  if (status != INFERENCE_OK) return status;
  if (!flat_child(&network->file, table, OPERATOR_OPTIONS, &node->options)) return not_a_model(network);
  status = check_tensors(network, node);
  return status == INFERENCE_OK ? node->operation->prepare(network, node) : status;
}

static enum inference_status read_nodes(struct inference *network, struct graph *graph, const struct flat_vector *tables, bool is_main) {
  if (tables->count > MAXIMUM_NODES) return too_many(network, tables->count);
  graph->node_count = (uint16_t)tables->count;
  graph->nodes = inference_keep(network, tables->count * (uint32_t)sizeof *graph->nodes);
  if (graph->nodes == NULL) return INFERENCE_ARENA_TOO_SMALL;
  for (uint32_t i = 0; i < tables->count; i++) {
    struct flat_table table;
    if (is_main) network->node_index = (uint16_t)i;
    if (!flat_item_table(&network->file, tables, i, &table)) return not_a_model(network);
    enum inference_status status = read_node(network, graph, &table, &graph->nodes[i].node);
    if (status != INFERENCE_OK) return status;
  }
  return INFERENCE_OK;
}

/* ---- The whole ---- */

/* The user writes to inputs. */
static enum inference_status check_inputs(struct inference *network, const struct graph *graph) {
  for (uint32_t i = 0; i < graph->input_count; i++) {
    const struct inference_tensor *tensor = &graph->tensors[graph->inputs[i]];
    if (tensor->is_constant || tensor->is_variable) return bad_shape(network, i);
    if (tensor->bytes == 0) return type_bytes(tensor->type) == 0 ? unsupported_type(network, tensor) : bad_shape(network, i);
  }
  return INFERENCE_OK;
}

/* Variable tensors keep their values, so they are placed with the structures. Int8 ones start at their zero point, others at 0. */
static enum inference_status keep_variables(struct inference *network, struct graph *graph) {
  for (uint32_t i = 0; i < graph->tensor_count; i++) {
    struct inference_tensor *tensor = &graph->tensors[i];
    if (!tensor->is_variable || tensor->bytes == 0) continue;
    tensor->data = inference_keep(network, tensor->bytes);
    if (tensor->data == NULL) return INFERENCE_ARENA_TOO_SMALL;
  }
  return INFERENCE_OK;
}

enum inference_status graph_open(struct inference *network, uint32_t index) {
  struct graph *graph = &network->graphs[index], *calling = network->graph;
  struct flat_table table;
  struct flat_vector tensors, operators;
  graph->is_open = true;
  network->graph = graph;
  if (!flat_item_table(&network->file, &network->subgraphs, index, &table)) return not_a_model(network);
  if (!flat_items(&network->file, &table, SUBGRAPH_TENSORS, 4, &tensors)) return not_a_model(network);
  if (!flat_items(&network->file, &table, SUBGRAPH_OPERATORS, 4, &operators)) return not_a_model(network);
  enum inference_status status = read_tensors(network, graph, &tensors);
  if (status == INFERENCE_OK)
    status = read_indices(network, graph, &table, SUBGRAPH_INPUTS, 0, &graph->inputs, &graph->input_count);
  if (status == INFERENCE_OK)
    status = read_indices(network, graph, &table, SUBGRAPH_OUTPUTS, 0, &graph->outputs, &graph->output_count);
  if (status == INFERENCE_OK) status = check_inputs(network, graph);
  if (status == INFERENCE_OK) status = read_nodes(network, graph, &operators, index == 0);
  if (status == INFERENCE_OK) status = keep_variables(network, graph);
  network->graph = calling;
  return status;
}

void graph_run(struct inference *network, struct graph *graph, bool mark_layers) {
  struct graph *calling = network->graph;
  network->graph = graph;
  for (uint32_t i = 0; i < graph->node_count; i++) {
    struct inference_node *node = &graph->nodes[i].node;
    if (mark_layers) inference_layer(i);
    node->operation->run(network, node);
  }
  if (mark_layers) inference_layer(INFERENCE_END);
  network->graph = calling;
}
