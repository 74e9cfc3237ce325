/* Semihosting calls whose answer does not depend on the host: files, errors, clocks that do not run backwards. */
#include <stdio.h>
#include <string.h>
#include "console.h"
#include "random.h"
#include "semihosting.h"

static int32_t open_file(const char *name, uint32_t mode) {
  const uint32_t block[3] = { (uint32_t)(uintptr_t)name, mode, (uint32_t)strlen(name) };
  return semihost(SYS_OPEN, block);
}
static int32_t transfer(uint32_t operation, int32_t file, const void *bytes, uint32_t count) {
  const uint32_t block[3] = { (uint32_t)file, (uint32_t)(uintptr_t)bytes, count };
  return semihost(operation, block);
}
static int32_t on_file(uint32_t operation, int32_t file) {
  const uint32_t block[1] = { (uint32_t)file };
  return semihost(operation, block);
}

int main(void) {
  enum { READ = 0, WRITE = 4 }; /* ISO C modes "r" and "w" */
  int32_t out = open_file(":tt", WRITE), in = open_file(":tt", READ), features = open_file(":semihosting-features", READ);
  printf("stdout %s, stdin %s\n", out > 0 ? "opens" : "fails", in > 0 || in == 0 ? "opens" : "fails");
  static const char text[] = "written to :tt\n";
  console_drain(); /* one after the other on the same standard output */
  printf("left unwritten: %ld\n", (long)transfer(SYS_WRITE, out, text, sizeof text - 1));
  uint8_t magic[5] = { 0 };
  int32_t left = transfer(SYS_READ, features, magic, 5);
  printf("features: left %ld, %c%c%c%c, exit extended %d, stdout stderr %d\n", (long)left, magic[0], magic[1], magic[2], magic[3], magic[4] & 1, magic[4] >> 1 & 1);
  printf("length of features: %s\n", on_file(SYS_FLEN, features) >= 5 ? "at least 5" : "short");
  printf("closes: %ld\n", (long)on_file(SYS_CLOSE, features));
  printf("closed twice: %ld\n", (long)on_file(SYS_CLOSE, features));
  printf("unknown handle: write %ld, istty %s, flen %ld\n", (long)transfer(SYS_WRITE, 99, text, 4), on_file(SYS_ISTTY, 99) & ~1 ? "neither" : "answers", (long)on_file(SYS_FLEN, 99));
  printf("missing file: %ld\n", (long)open_file("no-such-file-anywhere", READ));
  printf("iserror: %d %d\n", on_file(SYS_ISERROR, -1) != 0, on_file(SYS_ISERROR, 1) != 0);
  int32_t clock = semihost(SYS_CLOCK, 0), later = semihost(SYS_CLOCK, 0);
  printf("clock runs forward: %d\n", later >= clock);
  uint32_t ticks[2] = { 0, 0 };
  int32_t elapsed = semihost(SYS_ELAPSED, ticks);
  printf("elapsed: %ld, tick frequency above 0: %d\n", (long)elapsed, semihost(SYS_TICKFREQ, 0) > 0);
  console_drain();
  semihost(SYS_WRITEC, "c");
  semihost(SYS_WRITEC, "\n");
  semihost(SYS_WRITE0, "written by SYS_WRITE0\n");
  return 0;
}
