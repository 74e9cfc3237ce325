/* Lists, matrices, a state machine and CRC, the mixture that CoreMark made usual; the source is ours. */
#define main all_kinds
#include "../../firmware/programs/benchmark.c"
#undef main

int main(void) {
  RUN(lists);
  RUN(matrices);
  RUN(state_machine);
  RUN(crcs);
  return 0;
}
