/* The portable pooling beside that of dsp/, under names of its own. */
#define average_pool_int8 average_pool_int8_portable
#define max_pool_int8 max_pool_int8_portable
#include "kernels/pool-2d.c"
