#include "int8-convolve.h"

#ifndef __ARM_FEATURE_DSP
static void run(const struct convolution *convolution) { convolve_int8_portable(convolution); }

const struct convolution_kernel convolve_int8 = { .run = run };
#endif
