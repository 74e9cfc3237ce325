/* A classifier of gestures: bonsai.c and protonn.c each are one. */
#ifndef CLASSIFIER_H
#define CLASSIFIER_H

#include "motion.h"

enum { CLASSES = 4 };   /* wing, ring, slope, negative */

extern const char classifier_name[];   /* in flash */

/* Scores by class; the greatest wins. Their unit is the classifier's own. */
void classify(const int8_t features[FEATURES], int32_t scores[CLASSES]);

#endif
