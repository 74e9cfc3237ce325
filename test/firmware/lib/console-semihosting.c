/* Console on semihosting's SYS_WRITE0 and SYS_READC. */
#include "console.h"
#include "semihosting.h"

void console_open(void) {}

void console_write(const char *bytes, size_t count) {
  char chunk[65];
  while (count > 0) {
    size_t n = 0;
    while (n < count && n < sizeof chunk - 1) { chunk[n] = bytes[n]; n++; }
    chunk[n] = 0;
    semihost(SYS_WRITE0, chunk);
    bytes += n;
    count -= n;
  }
}

int console_read(void) { return semihost(SYS_READC, 0); }
void console_drain(void) {}
void console_exit(int code) { semihost_exit(code); }
