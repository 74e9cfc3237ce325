/* 64 points, single precision. */
#define main all_kinds
#include "../../firmware/programs/benchmark.c"
#undef main

int main(void) {
  RUN(fft);
  return 0;
}
