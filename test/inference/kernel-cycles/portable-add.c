/* The portable addition, as portable-pool.c; a file of its own because operators have static names in common. */
#define add_row_int8 add_row_int8_portable
#include "kernels/binary.c"
