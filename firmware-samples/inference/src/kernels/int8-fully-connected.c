#include "int8-fully-connected.h"

#ifndef __ARM_FEATURE_DSP
static void run(const struct fully_connected *layer) { fully_connected_int8_portable(layer); }

const struct fully_connected_kernel fully_connected_int8 = { .run = run };
#endif
