/* What a newcomer writes and links with --specs=rdimon.specs. */
#include <stdio.h>
#include <stdlib.h>

int main(void) {
  char *heap = malloc(100);
  snprintf(heap, 100, "%s %d", "Hello by newlib's semihosting,", 42);
  puts(heap);
  fprintf(stdout, "%.3f\n", 3.14159);
  free(heap);
  return 7;
}
