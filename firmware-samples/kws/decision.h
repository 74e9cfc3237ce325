/*
 * From a posterior every DECISION_HOPS hops to words. A word is under way from the first output that finds silence unlikely; the scores
 * of its outputs are added up, which smooths them; and the likeliest is told once, when it is silent again or after DECISION_MOST.
 * Integers only: the same on every machine.
 */
#ifndef DECISION_H
#define DECISION_H

#include <stdbool.h>
#include <stdint.h>

/* In the network's order. */
enum { CLASSES = 12, SILENCE = 10, UNKNOWN = 11 };
extern const char *const class_names[CLASSES];

enum {
  DECISION_HOPS = 6,               /* the network runs every 120 ms */
  DECISION_MOST = 6,               /* outputs that are added up */
  DECISION_LEAST = 2               /* less of them make no word */
};

struct decision {
  uint16_t sums[CLASSES];
  uint8_t count;                   /* outputs in the sums */
  bool is_under_way;
  bool is_told;
};

struct heard {
  uint8_t word;                    /* index of class_names */
  uint8_t percent;                 /* the mean of its scores */
};

/* scores: the network's output, int8 with scale 1/256 and zero point -128. Returns whether a word has been heard. */
bool decision_take(struct decision *decision, const int8_t scores[CLASSES], struct heard *heard);

#endif
