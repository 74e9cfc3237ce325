/* Single precision: libgcc's soft float or the FPU, as the target has it. */
#include "float-operands.h"
#define REAL float
#define random_bits random_float_bits
#define to_real bits_float
#define to_bits float_bits
#include "float-arithmetic.h"
