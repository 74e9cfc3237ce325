/* Arm semihosting calls (Semihosting for AArch32 and AArch64, release 2.0). */
#pragma once
#include <stdint.h>

enum {
  SYS_OPEN = 0x01, SYS_CLOSE = 0x02, SYS_WRITEC = 0x03, SYS_WRITE0 = 0x04, SYS_WRITE = 0x05, SYS_READ = 0x06,
  SYS_READC = 0x07, SYS_ISERROR = 0x08, SYS_ISTTY = 0x09, SYS_SEEK = 0x0A, SYS_FLEN = 0x0C, SYS_TMPNAM = 0x0D,
  SYS_REMOVE = 0x0E, SYS_RENAME = 0x0F, SYS_CLOCK = 0x10, SYS_TIME = 0x11, SYS_SYSTEM = 0x12, SYS_ERRNO = 0x13,
  SYS_GET_CMDLINE = 0x15, SYS_HEAPINFO = 0x16, SYS_EXIT = 0x18, SYS_EXIT_EXTENDED = 0x20,
  SYS_ELAPSED = 0x30, SYS_TICKFREQ = 0x31,
};
enum { ADP_STOPPED_APPLICATION_EXIT = 0x20026, ADP_STOPPED_RUNTIME_ERROR = 0x20023 };

static inline int32_t semihost(uint32_t operation, const volatile void *argument) {
  register uint32_t r0 __asm("r0") = operation;
  register const volatile void *r1 __asm("r1") = argument;
  __asm volatile("bkpt 0xAB" : "+r"(r0) : "r"(r1) : "memory");
  return (int32_t)r0;
}

_Noreturn static inline void semihost_exit(int code) {
  const uint32_t block[2] = { ADP_STOPPED_APPLICATION_EXIT, (uint32_t)code };
  semihost(SYS_EXIT_EXTENDED, block);
  for (;;) {}
}
