/* What newlib asks of a system: a console, a heap, and an end. */
#include <errno.h>
#include <sys/stat.h>
#include <sys/types.h>
#include "console.h"

extern char _heap_start[], _heap_end[];

int _write(int file, const char *bytes, int count) {
  (void)file;
  console_write(bytes, (size_t)count);
  return count;
}

/* Line by line, as a terminal gives it. */
int _read(int file, char *bytes, int count) {
  (void)file;
  int n = 0;
  while (n < count) {
    int c = console_read();
    bytes[n++] = (char)c;
    if (c == '\n') break;
  }
  return n;
}

void *_sbrk(ptrdiff_t increment) {
  static char *end = _heap_start;
  if (increment > _heap_end - end) { errno = ENOMEM; return (void *)-1; }
  char *previous = end;
  end += increment;
  return previous;
}

void _exit(int code) { console_exit(code); }
int _close(int file) { (void)file; return -1; }
off_t _lseek(int file, off_t offset, int whence) { (void)file; (void)offset; (void)whence; return 0; }
int _isatty(int file) { (void)file; return 1; }
int _getpid(void) { return 1; }
int _kill(int pid, int signal) { (void)pid; (void)signal; errno = EINVAL; return -1; }
int _fstat(int file, struct stat *status) { (void)file; status->st_mode = S_IFCHR; return 0; }
