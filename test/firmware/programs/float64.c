/* Double precision: soft on all but the Cortex-M7. */
#include "float-operands.h"
#define REAL double
#define random_bits random_double_bits
#define to_real bits_double
#define to_bits double_bits
#include "float-arithmetic.h"
