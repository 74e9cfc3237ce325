/* Sound in, words out: features, network and decision in one, without a board. The firmware and the host program are this. */
#ifndef LISTENER_H
#define LISTENER_H

#include "decision.h"
#include "features.h"
#include "inference.h"

struct listener {
  struct features_frame ring[FRAMES];      /* the last second's */
  uint32_t oldest;
  bool has_begun;
  struct decision decision;
  struct inference *network;
};

/* The committed model, linked in. arena: 16-byte aligned. Returns false with *error filled. */
bool listener_open(struct listener *listener, void *arena, uint32_t arena_bytes, struct inference_error *error);
uint32_t listener_model_bytes(void);

/* Every 20 ms: the two latest hops. Before the first frame the second is taken to have been like it. */
void listener_frame(struct listener *listener, const int16_t *older, const int16_t *newer);

/* Every DECISION_HOPS frames: runs the network. Returns whether a word has been heard. */
bool listener_decide(struct listener *listener, struct heard *heard);

#endif
