/* A fault in HardFault: the core locks up (Armv7-M ARM, B1.5.15). */
#include <stdio.h>
#include "exception.h"

static void fault(struct exception *e) { (void)e; __asm volatile("udf #2"); }

int main(void) {
  handlers[HARDFAULT] = fault;
  puts("about to lock up");
  fflush(stdout);
  __asm volatile("udf #1");
  puts("still here");
  return 0;
}
