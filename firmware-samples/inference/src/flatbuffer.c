#include "flatbuffer.h"

#include <string.h>

uint16_t flat_read_uint16(const uint8_t *from) { uint16_t value; memcpy(&value, from, sizeof value); return value; }
uint32_t flat_read_uint32(const uint8_t *from) { uint32_t value; memcpy(&value, from, sizeof value); return value; }
uint64_t flat_read_uint64(const uint8_t *from) { uint64_t value; memcpy(&value, from, sizeof value); return value; }

static bool refuse(struct flat_file *file, uint32_t position) {
  file->bad = position;
  return false;
}

static bool lies_inside(const struct flat_file *file, uint32_t position, uint32_t bytes) {
  return position <= file->size && bytes <= file->size - position;
}

/* A table begins with the distance back to its vtable: uint16 bytes of vtable, uint16 bytes of table, then the fields' offsets. */
static bool open_table(struct flat_file *file, uint32_t position, struct flat_table *table) {
  if (position % 4 != 0 || !lies_inside(file, position, 4)) return refuse(file, position);
  uint32_t vtable = position - flat_read_uint32(file->bytes + position);   /* signed distance: wraps as it should */
  if (vtable % 2 != 0 || !lies_inside(file, vtable, 4)) return refuse(file, position);
  uint32_t vtable_bytes = flat_read_uint16(file->bytes + vtable);
  uint32_t table_bytes = flat_read_uint16(file->bytes + vtable + 2);
  if (vtable_bytes < 4 || !lies_inside(file, vtable, vtable_bytes)) return refuse(file, vtable);
  if (table_bytes < 4 || !lies_inside(file, position, table_bytes)) return refuse(file, vtable);
  table->table = file->bytes + position;
  table->vtable = file->bytes + vtable;
  return true;
}

/* Where the offset stored at `position` leads. */
static bool follow(struct flat_file *file, uint32_t position, uint32_t *target) {
  uint32_t distance = flat_read_uint32(file->bytes + position);
  if (distance == 0 || distance > file->size - position) return refuse(file, position);
  *target = position + distance;
  return true;
}

bool flat_root(struct flat_file *file, const char identifier[4], struct flat_table *table) {
  uint32_t position;
  if (file->size < 8 || memcmp(file->bytes + 4, identifier, 4) != 0) return refuse(file, 4);
  return follow(file, 0, &position) && open_table(file, position, table);
}

const uint8_t *flat_field(const struct flat_table *table, uint32_t field, uint32_t bytes) {
  if (table->vtable == NULL) return NULL;
  uint32_t entry = 4 + 2 * field;
  if (entry + 2 > flat_read_uint16(table->vtable)) return NULL;
  uint32_t offset = flat_read_uint16(table->vtable + entry);
  if (offset < 4 || offset + bytes > flat_read_uint16(table->vtable + 2)) return NULL;
  return table->table + offset;
}

bool flat_child(struct flat_file *file, const struct flat_table *table, uint32_t field, struct flat_table *child) {
  *child = (struct flat_table){ NULL, NULL };
  const uint8_t *at = flat_field(table, field, 4);
  if (at == NULL) return true;
  uint32_t position;
  return follow(file, (uint32_t)(at - file->bytes), &position) && open_table(file, position, child);
}

bool flat_items(struct flat_file *file, const struct flat_table *table, uint32_t field, uint32_t item_bytes, struct flat_vector *vector) {
  *vector = (struct flat_vector){ NULL, 0 };
  const uint8_t *at = flat_field(table, field, 4);
  if (at == NULL) return true;
  uint32_t position;
  if (!follow(file, (uint32_t)(at - file->bytes), &position)) return false;
  if (position % 4 != 0 || !lies_inside(file, position, 4)) return refuse(file, position);
  uint32_t count = flat_read_uint32(file->bytes + position);
  if (count > (file->size - position - 4) / item_bytes) return refuse(file, position);
  vector->items = file->bytes + position + 4;
  vector->count = count;
  return true;
}

bool flat_item_table(struct flat_file *file, const struct flat_vector *vector, uint32_t index, struct flat_table *table) {
  if (index >= vector->count) return refuse(file, vector->items == NULL ? 0 : (uint32_t)(vector->items - file->bytes));
  uint32_t position;
  return follow(file, (uint32_t)(vector->items - file->bytes) + 4 * index, &position) && open_table(file, position, table);
}

uint32_t flat_uint32(const struct flat_table *table, uint32_t field, uint32_t otherwise) {
  const uint8_t *at = flat_field(table, field, 4);
  return at == NULL ? otherwise : flat_read_uint32(at);
}

uint64_t flat_uint64(const struct flat_table *table, uint32_t field, uint64_t otherwise) {
  const uint8_t *at = flat_field(table, field, 8);
  return at == NULL ? otherwise : flat_read_uint64(at);
}

int32_t flat_int32(const struct flat_table *table, uint32_t field, int32_t otherwise) {
  return (int32_t)flat_uint32(table, field, (uint32_t)otherwise);
}

int32_t flat_int8(const struct flat_table *table, uint32_t field, int32_t otherwise) {
  const uint8_t *at = flat_field(table, field, 1);
  return at == NULL ? otherwise : (int8_t)*at;
}

bool flat_bool(const struct flat_table *table, uint32_t field, bool otherwise) {
  const uint8_t *at = flat_field(table, field, 1);
  return at == NULL ? otherwise : *at != 0;
}

float flat_float(const struct flat_table *table, uint32_t field, float otherwise) {
  const uint8_t *at = flat_field(table, field, 4);
  float value = otherwise;
  if (at != NULL) memcpy(&value, at, sizeof value);
  return value;
}
