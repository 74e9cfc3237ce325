/*
 * The four functions of real numbers that float32 kernels need, without libm. The first three are within 1 ulp of the exact result (measured over
 * every float32 against glibc's double functions: see test/inference/math.test.ts), so targets with and without an FPU give the same bits.
 */
#ifndef REAL_MATH_H
#define REAL_MATH_H

/* e to the power x. Infinity above 88.72, 0 below -103.97. */
float math_exp(float x);
/* Natural logarithm. -infinity for 0, not a number below. */
float math_log(float x);
/* Hyperbolic tangent. */
float math_tanh(float x);
/* 1 / (1 + exp(-x)), cut off where TensorFlow Lite's reference cuts it off. */
float math_logistic(float x);

#endif
