/* Ends with a status that a shell can see. */
#include <stdio.h>
#include <stdlib.h>

static void last(void) { puts("atexit was called"); }

int main(void) {
  atexit(last);
  puts("about to exit with 42");
  exit(42);
}
