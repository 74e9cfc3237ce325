/*
 * Reads a flatbuffer that may be wrong in any way: no function reads a byte outside the file, whatever is written in it.
 * Source of the format: FlatBuffers internals, https://flatbuffers.dev/internals (tables, vtables, vectors, offsets).
 * Little-endian machines only. What is misaligned is refused, so that vectors can be used where they lie also on Cortex-M0.
 */
#ifndef FLATBUFFER_H
#define FLATBUFFER_H

#include "inference-operator.h"

struct flat_file {
  const uint8_t *bytes;
  uint32_t size;
  uint32_t bad;               /* where the last refused offset or table was */
};

/* Absent: no items, count 0. */
struct flat_vector {
  const uint8_t *items;
  uint32_t count;
};

uint16_t flat_read_uint16(const uint8_t *from);
uint32_t flat_read_uint32(const uint8_t *from);
uint64_t flat_read_uint64(const uint8_t *from);

/* The table that the file begins with. */
bool flat_root(struct flat_file *file, const char identifier[4], struct flat_table *table);

/* A field of at least `bytes` inside its table, or NULL if it is absent. */
const uint8_t *flat_field(const struct flat_table *table, uint32_t field, uint32_t bytes);
uint32_t flat_uint32(const struct flat_table *table, uint32_t field, uint32_t otherwise);
uint64_t flat_uint64(const struct flat_table *table, uint32_t field, uint64_t otherwise);

/* These return false if the field is there and does not lie in the file; an absent field gives an absent table or vector. */
bool flat_child(struct flat_file *file, const struct flat_table *table, uint32_t field, struct flat_table *child);
bool flat_items(struct flat_file *file, const struct flat_table *table, uint32_t field, uint32_t item_bytes, struct flat_vector *vector);
/* A table of a vector of tables; false also past its end. */
bool flat_item_table(struct flat_file *file, const struct flat_vector *vector, uint32_t index, struct flat_table *table);

#endif
