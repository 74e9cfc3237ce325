/*
 * Which tensors share memory. Greedy by size: the largest first, each at the lowest place where nothing is that lives at the same
 * time (Pisarchyk and Lee, "Efficient Memory Management for Deep Neural Net Inference", 2020, section 5.2).
 *
 *   arena:  | network, tensors, nodes, kept data, variables | planned: activations and scratch |
 *                                                            ^ used                            ^ peak
 *
 * The list that the planner works on lies where the activations will be: nothing of it is needed once addresses are set.
 */
#include "network.h"

#include <string.h>

enum { NOT_YET = 0xffff };

struct block {
  void **address;                   /* what to set in the end; NULL: nothing to place */
  uint32_t bytes, offset;
  uint16_t first, last;             /* nodes of the main graph during which it lives */
  uint16_t above;                   /* the next block by offset */
};

static uint32_t round_up(uint32_t bytes) { return (bytes + 7u) & ~7u; }

static bool live_together(const struct block *a, const struct block *b) { return a->first <= b->last && b->first <= a->last; }

static void use(struct block *block, uint32_t node) {
  if (block->first == NOT_YET) block->first = (uint16_t)node;
  block->last = (uint16_t)node;
}

static bool is_placed_by_planner(const struct inference_tensor *tensor) {
  return !tensor->is_constant && !tensor->is_variable && tensor->data == NULL && tensor->bytes > 0;
}

/* A tensor must have got its value before it is read, and gets it once: then no operator's result can be written over. */
static bool note_node(const struct graph *graph, struct block *blocks, uint32_t index) {
  const struct inference_node *node = &graph->nodes[index].node;
  for (uint32_t i = 0; i < node->input_count; i++) {
    int32_t tensor = node->inputs[i];
    if (tensor < 0 || !is_placed_by_planner(&graph->tensors[tensor])) continue;
    if (blocks[tensor].first == NOT_YET) return false;
    use(&blocks[tensor], index);
  }
  for (uint32_t i = 0; i < node->output_count; i++) {
    int32_t tensor = node->outputs[i];
    if (tensor < 0 || !is_placed_by_planner(&graph->tensors[tensor])) continue;
    if (blocks[tensor].first != NOT_YET) return false;
    use(&blocks[tensor], index);
  }
  return true;
}

/* One block per tensor, then one per node for its scratch. */
static bool list_blocks(struct graph *graph, struct block *blocks) {
  for (uint32_t i = 0; i < graph->tensor_count; i++)
    blocks[i] = (struct block){ .bytes = round_up(graph->tensors[i].bytes), .first = NOT_YET };
  for (uint32_t i = 0; i < graph->input_count; i++) use(&blocks[graph->inputs[i]], 0);
  for (uint32_t i = 0; i < graph->node_count; i++) {
    if (!note_node(graph, blocks, i)) return false;
    struct planned_node *node = &graph->nodes[i];
    blocks[graph->tensor_count + i] = (struct block){ .bytes = round_up(node->scratch_bytes), .first = (uint16_t)i, .last = (uint16_t)i };
    if (node->scratch_bytes > 0) blocks[graph->tensor_count + i].address = &node->node.scratch;
  }
  for (uint32_t i = 0; i < graph->output_count; i++) {
    struct block *block = &blocks[graph->outputs[i]];
    if (is_placed_by_planner(&graph->tensors[graph->outputs[i]]) && block->first == NOT_YET) return false;
    block->last = graph->node_count;   /* read after the last node */
  }
  for (uint32_t i = 0; i < graph->tensor_count; i++)
    if (blocks[i].first != NOT_YET && is_placed_by_planner(&graph->tensors[i])) blocks[i].address = &graph->tensors[i].data;
  return true;
}

/* What a called graph needs lives as long as the nodes that call it. */
static void live_while_called(const struct graph *graph, struct block *blocks, uint32_t count) {
  for (uint32_t i = 0; i < count; i++) {
    blocks[i].first = graph->first_caller;
    blocks[i].last = graph->last_caller;
  }
}

/* Drops what is not to be placed; largest first, the order of the model where sizes are equal. */
static uint32_t sort(struct block *blocks, uint32_t count) {
  uint32_t sorted = 0;
  for (uint32_t i = 0; i < count; i++) {
    struct block block = blocks[i];
    if (block.address == NULL) continue;
    uint32_t to = sorted++;
    for (; to > 0 && blocks[to - 1].bytes < block.bytes; to--) blocks[to] = blocks[to - 1];
    blocks[to] = block;
  }
  return sorted;
}

/* Gives every block its offset; the blocks placed so far are a list ordered by offset. Returns where the highest ends. */
static uint64_t place(struct block *blocks, uint32_t count) {
  uint16_t lowest = NOT_YET;
  uint64_t end = 0;
  for (uint32_t i = 0; i < count; i++) {
    struct block *block = &blocks[i];
    uint64_t offset = 0;
    for (uint16_t at = lowest; at != NOT_YET; at = blocks[at].above) {
      if (!live_together(block, &blocks[at])) continue;
      if (offset + block->bytes <= blocks[at].offset) break;
      uint64_t above = (uint64_t)blocks[at].offset + blocks[at].bytes;
      if (above > offset) offset = above;
    }
    if (offset + block->bytes > UINT32_MAX) return UINT32_MAX;
    block->offset = (uint32_t)offset;
    if (offset + block->bytes > end) end = offset + block->bytes;
    uint16_t *link = &lowest;
    while (*link != NOT_YET && blocks[*link].offset <= offset) link = &blocks[*link].above;
    block->above = *link;
    *link = (uint16_t)i;
  }
  return end;
}

static enum inference_status too_small(struct inference *network, uint64_t bytes) {
  network->detail = bytes > UINT32_MAX ? UINT32_MAX : (uint32_t)bytes;
  return INFERENCE_ARENA_TOO_SMALL;
}

enum inference_status plan_arena(struct inference *network) {
  uint32_t most = 0;
  for (uint32_t i = 0; i < network->subgraphs.count; i++)
    if (network->graphs[i].is_open) most += network->graphs[i].tensor_count + (uint32_t)network->graphs[i].node_count;
  uint64_t list_end = (uint64_t)network->used + most * sizeof(struct block);
  if (most >= NOT_YET) return INFERENCE_UNSUPPORTED_OPTION;
  if (list_end > network->arena_bytes) return too_small(network, list_end);

  struct block *blocks = (struct block *)(void *)(network->arena + network->used);
  uint32_t count = 0;
  for (uint32_t i = 0; i < network->subgraphs.count; i++) {
    struct graph *graph = &network->graphs[i];
    if (!graph->is_open) continue;
    uint32_t blocks_of_graph = graph->tensor_count + (uint32_t)graph->node_count;
    if (!list_blocks(graph, blocks + count)) return INFERENCE_BAD_SHAPE;
    if (i > 0) live_while_called(graph, blocks + count, blocks_of_graph);
    count += blocks_of_graph;
  }
  count = sort(blocks, count);
  uint64_t plan_end = network->used + place(blocks, count);
  network->peak = (uint32_t)(plan_end > list_end ? plan_end : list_end);
  if (plan_end > network->arena_bytes) return too_small(network, plan_end);
  for (uint32_t i = 0; i < count; i++) *blocks[i].address = network->arena + network->used + blocks[i].offset;
  return INFERENCE_OK;
}
