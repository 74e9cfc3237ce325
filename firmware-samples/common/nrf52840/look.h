/* The camera's pictures through a network, one after the other, for ever: what samples with a camera have in common. */
#ifndef LOOK_H
#define LOOK_H

#include <stdint.h>
#include "inference.h"

struct look {
  const uint8_t *model, *model_end;
  const struct inference_operator *const *operators;
  void *arena;
  uint32_t arena_bytes;
  uint32_t side, results;                      /* the network takes [side][side][3] int8 and gives so many int8 */
  void (*report)(const int8_t *scores);        /* prints what the line begins with */
};

/* Prints a line for each picture: the report, then how long the camera and the network took. */
_Noreturn void look(const struct look *look);

/* A score of SOFTMAX, -128 to 127, as the percentage that it stands for. */
int32_t percent_of(int8_t score);

#endif
