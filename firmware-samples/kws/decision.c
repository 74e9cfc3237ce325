#include "decision.h"

const char *const class_names[CLASSES] = {
  "down", "go", "left", "no", "off", "on", "right", "stop", "up", "yes", "silence", "unknown"
};

/* Scores of silence, of 255: below the first a word begins, from the second on it is over. */
enum { BEGINS_BELOW = 128, ENDS_FROM = 179 };

static void begin(struct decision *decision) {
  *decision = (struct decision){ .is_under_way = true };
}

/* The likeliest class but silence. */
static void choose(const struct decision *decision, struct heard *heard) {
  uint8_t best = UNKNOWN;
  for (uint8_t c = 0; c < CLASSES; c++) if (c != SILENCE && decision->sums[c] > decision->sums[best]) best = c;
  heard->word = best;
  const uint32_t whole = 255u * decision->count;
  heard->percent = (uint8_t)((100u * decision->sums[best] + whole / 2) / whole);
}

bool decision_take(struct decision *decision, const int8_t scores[CLASSES], struct heard *heard) {
  const int silence = scores[SILENCE] + 128;
  if (!decision->is_under_way) {
    if (silence >= BEGINS_BELOW) return false;
    begin(decision);
  }
  const bool is_over = silence >= ENDS_FROM;
  if (is_over) decision->is_under_way = false;
  if (decision->is_told) return false;
  for (int c = 0; c < CLASSES; c++) decision->sums[c] += (uint16_t)(scores[c] + 128);
  decision->count++;
  if (!is_over && decision->count < DECISION_MOST) return false;
  decision->is_told = true;
  choose(decision, heard);
  return decision->count - is_over >= DECISION_LEAST;
}
