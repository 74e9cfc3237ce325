/* The smallest program that says something: by UART or by semihosting, as linked. */
#include "console.h"

int main(void) {
  static const char text[] = "Hello from a Cortex-M.\n";
  console_write(text, sizeof text - 1);
  return 0;
}
