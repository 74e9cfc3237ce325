/*
 * A small inference runtime: reads an unmodified .tflite flatbuffer where it lies (flash), plans its arena, runs it.
 * C11, no heap, no library but memcpy, memmove and memset. Results are those of the TensorFlow Lite reference kernels, bit for
 * bit for integer tensors.
 */
#ifndef INFERENCE_H
#define INFERENCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { INFERENCE_MAX_RANK = 6 };

/* TFLite schema, TensorType. */
enum inference_type {
  INFERENCE_FLOAT32 = 0, INFERENCE_INT32 = 2, INFERENCE_UINT8 = 3, INFERENCE_INT64 = 4,
  INFERENCE_BOOL = 6, INFERENCE_INT16 = 7, INFERENCE_INT8 = 9, INFERENCE_RESOURCE = 13
};

enum inference_status {
  INFERENCE_OK = 0,
  INFERENCE_NOT_A_MODEL,           /* no flatbuffer with the identifier TFL3, or an offset that leaves the file; detail: byte offset */
  INFERENCE_UNSUPPORTED_OPERATOR,  /* this image has no kernel for it; detail: BuiltinOperator */
  INFERENCE_UNSUPPORTED_TYPE,      /* the kernel does not take these tensor types; detail: TensorType */
  INFERENCE_UNSUPPORTED_OPTION,    /* an attribute (activation, padding, sparsity, version) it does not take; detail: its value */
  INFERENCE_BAD_SHAPE,             /* shapes or quantisation that do not fit each other */
  INFERENCE_ARENA_TOO_SMALL,       /* detail: bytes it would take */
};

struct inference_error {
  enum inference_status status;
  int32_t operator_index;          /* in the subgraph's order; -1: none */
  uint32_t detail;
};

/* A tensor as kernels and users see it. */
struct inference_tensor {
  void *data;                      /* in the arena, or in the model if constant; NULL if it has none */
  uint32_t bytes;
  uint8_t type;                    /* enum inference_type */
  uint8_t rank;                    /* 0: scalar */
  bool is_constant;
  bool is_variable;                /* keeps its value between runs */
  int32_t shape[INFERENCE_MAX_RANK];
  float scale;                     /* of the whole tensor, or of the first channel; 0 if not quantised */
  int32_t zero_point;
  const float *channel_scales;     /* NULL unless quantised by channel */
  uint16_t channels;
  uint16_t channel_dimension;      /* which index of shape the channels are */
};

struct inference;
struct inference_operator;

/* What an image can run: only the operators named here are linked. Ends with NULL. */
extern const struct inference_operator *const inference_all_operators[];

/*
 * Reads the model, checks all of it and plans the arena.
 * model: 16-byte aligned, stays where it is. arena: 16-byte aligned.
 * Returns the network, which lives in the arena, or NULL with *error filled.
 */
struct inference *inference_open(const void *model, uint32_t model_bytes, void *arena, uint32_t arena_bytes,
                                 const struct inference_operator *const *operators, struct inference_error *error);

/* Runs all operators once. Variable tensors (SVDF, LSTM, READ_VARIABLE) keep their state between calls. */
void inference_run(struct inference *network);

/* Puts variable tensors and variables back to their start. */
void inference_reset(struct inference *network);

uint32_t inference_input_count(const struct inference *network);
uint32_t inference_output_count(const struct inference *network);
struct inference_tensor *inference_input(struct inference *network, uint32_t index);   /* NULL past the last */
struct inference_tensor *inference_output(struct inference *network, uint32_t index);

/* Peak of the arena, bytes: the least with which inference_open succeeds. */
uint32_t inference_arena_bytes(const struct inference *network);

/*
 * The marker of layers: an empty function, called before each operator with its index in the subgraph and, after the last one, with
 * INFERENCE_END. A tool that knows the symbol sees where each layer's cycles went; it costs a call and a return.
 */
#define INFERENCE_END 0xffffffffu
void inference_layer(uint32_t index);

#endif
