/* ProtoNN: prototypes in few dimensions, each of which votes by its closeness (Gupta et al., ICML 2017). */
#include "classifier.h"
#include "uno.h"
#include "weights-protonn.h"
#include "project.h"

const char classifier_name[] PROGMEM = "ProtoNN";

static uint8_t closeness(const int8_t z[DIMENSIONS], const int8_t *prototype) {
  uint32_t squares = 0;
  for (uint8_t dimension = 0; dimension < DIMENSIONS; dimension++) {
    const int16_t difference = (int16_t)(z[dimension] - (int8_t)pgm_read_byte(prototype + dimension));
    squares += (uint32_t)((int32_t)difference * difference);
  }
  squares >>= distance_shift;
  return pgm_read_byte(closeness_of + (squares > 255 ? 255 : squares));
}

void classify(const int8_t features[FEATURES], int32_t scores[CLASSES]) {
  int8_t z[DIMENSIONS];
  project(features, z);
  for (uint8_t class = 0; class < CLASSES; class++) scores[class] = 0;
  for (uint8_t prototype = 0; prototype < PROTOTYPES; prototype++) {
    const uint8_t close = closeness(z, prototypes + prototype * DIMENSIONS);
    for (uint8_t class = 0; class < CLASSES; class++) scores[class] += (int16_t)close * (int8_t)pgm_read_byte(votes + prototype * CLASSES + class);
  }
}
