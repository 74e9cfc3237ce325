/* Arithmetic of 32 and 64 bits as the compiler emits it, with divisions and library calls. */
#define main once
#include "../../firmware/programs/integer.c"
#undef main

int main(void) {
  for (int i = 0; i < ITERATIONS; i++) once();
  return 0;
}
