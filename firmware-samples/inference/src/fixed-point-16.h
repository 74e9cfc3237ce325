/* The sigmoid and the hyperbolic tangent in 16-bit fixed point, as gemmlowp (fixedpoint.h) computes them for int16 LSTMs. */
#ifndef FIXED_POINT_16_H
#define FIXED_POINT_16_H

#include <stdint.h>

/* x has `integer_bits` bits before the point (0 to 6) and a sign, as in Q3.12. Results are Q0.15. */
int16_t fixed16_logistic(int16_t x, int32_t integer_bits);
int16_t fixed16_tanh(int16_t x, int32_t integer_bits);

#endif
