/* Bonsai: a shallow tree in few dimensions, where every node on the path adds its part (Kumar, Goyal, Varma, ICML 2017). */
#include "classifier.h"
#include "uno.h"
#include "weights-bonsai.h"
#include "project.h"

const char classifier_name[] PROGMEM = "Bonsai";

/* A node's part of each score: W z, weighted by V z between -1 and 1. */
static void add_node(uint8_t node, const int8_t z[DIMENSIONS], int32_t scores[CLASSES]) {
  for (uint8_t class = 0; class < CLASSES; class++) {
    const uint16_t at = (uint16_t)(node * CLASSES + class) * DIMENSIONS;
    const int32_t value = uno_dot(0, node_w + at, z, DIMENSIONS);
    const int8_t weight = rounded(uno_dot(0, node_v + at, z, DIMENSIONS), v_shift);
    scores[class] += value * (weight > V_ONE ? V_ONE : weight < -V_ONE ? -V_ONE : weight);
  }
}

void classify(const int8_t features[FEATURES], int32_t scores[CLASSES]) {
  int8_t z[DIMENSIONS];
  project(features, z);
  for (uint8_t class = 0; class < CLASSES; class++) scores[class] = 0;
  uint8_t node = 0;
  for (uint8_t depth = 0; depth < DEPTH; depth++) {
    add_node(node, z, scores);
    node = (uint8_t)(2 * node + (uno_dot(0, node_theta + node * DIMENSIONS, z, DIMENSIONS) > 0 ? 2 : 1));
  }
  add_node(node, z, scores);
}
