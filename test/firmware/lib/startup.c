/* Vector table, reset and exception entry for all boards. */
#include <stdlib.h>
#include <stdio.h>
#include <string.h>
#include "console.h"
#include "exception.h"
#include "registers.h"

extern char _stack_top[], _data_load[], _data_start[], _data_end[], _bss_start[], _bss_end[];
int main(void);
void __libc_init_array(void);

handler *handlers[16 + 32];

void pendsv_entry(void) __attribute__((weak, alias("exception_entry")));

#define V (uint32_t)(uintptr_t)exception_entry
#define V4 V, V, V, V
__attribute__((section(".vectors"), used, aligned(256)))
const uint32_t vectors[16 + 32] = {
  (uint32_t)(uintptr_t)_stack_top, (uint32_t)(uintptr_t)reset_entry, V, V, V, V, V, V4, V, V, V, (uint32_t)(uintptr_t)pendsv_entry, V,
  V4, V4, V4, V4, V4, V4, V4, V4,
};

void _init(void) {}
void _fini(void) {}

void reset_entry(void) {
  memcpy(_data_start, _data_load, (size_t)(_data_end - _data_start));
  memset(_bss_start, 0, (size_t)(_bss_end - _bss_start));
#ifdef __ARM_FP
  CPACR |= 0xFu << 20;
  barrier();
#endif
  console_open();
  __libc_init_array();
  exit(main());
}

/* Hands EXC_RETURN, MSP and PSP to dispatch and returns by what it gives back. Armv6-M instructions only. */
__attribute__((naked)) void exception_entry(void) {
  __asm volatile(
    "mov  r0, lr\n"
    "mrs  r1, msp\n"
    "mrs  r2, psp\n"
    "push {r3, lr}\n"
    "bl   dispatch\n"
    "pop  {r2, r3}\n"
    "bx   r0\n");
}

__attribute__((used)) static uint32_t dispatch(uint32_t exc_return, uint32_t msp, uint32_t psp) {
  struct exception e = {
    .number = READ_SPECIAL(ipsr), .exc_return = exc_return, .msp = msp,
    .frame = (struct frame *)(uintptr_t)(exc_return & 4 ? psp : msp),
  };
  handler *handle = handlers[e.number];
  if (handle == 0) {
    printf("unexpected exception %lu at pc %08lx, EXC_RETURN %08lx\n", (unsigned long)e.number,
           (unsigned long)e.frame->pc, (unsigned long)e.exc_return);
#if __ARM_ARCH >= 7
    printf("CFSR %08lx HFSR %08lx MMFAR %08lx BFAR %08lx\n", (unsigned long)CFSR, (unsigned long)HFSR,
           (unsigned long)MMFAR, (unsigned long)BFAR);
#endif
    fflush(stdout);
    console_exit(99);
  }
  handle(&e);
  return e.exc_return;
}

static struct { uint32_t r4_to_r11[8], sp, lr; } attempted;

__attribute__((naked)) static uint32_t call_attempted(void (*code)(void), void *save) {
  __asm volatile(
    "stmia r1!, {r4-r7}\n"
    "mov  r4, r8\n mov r5, r9\n mov r6, r10\n mov r7, r11\n"
    "stmia r1!, {r4-r7}\n"
    "mov  r4, sp\n mov r5, lr\n"
    "stmia r1!, {r4-r5}\n"
    "sub  r1, #40\n"
    "push {r1, lr}\n"
    "blx  r0\n"
    "pop  {r1, r2}\n"
    "movs r0, #0\n"
    ".global attempt_landing\n"
    ".thumb_func\n"
    "attempt_landing:\n" /* r0: the result, r1: what was saved */
    "movs r2, #32\n"
    "add  r2, r1\n"
    "ldmia r2!, {r3, r4}\n"
    "mov  sp, r3\n mov lr, r4\n"
    "movs r2, #16\n"
    "add  r2, r1\n"
    "ldmia r2!, {r4-r7}\n"
    "mov  r8, r4\n mov r9, r5\n mov r10, r6\n mov r11, r7\n"
    "ldmia r1!, {r4-r7}\n"
    "bx   lr\n");
}

uint32_t attempt(void (*code)(void)) { return call_attempted(code, &attempted); }

void attempt_landing(void);
void abandon(struct exception *e) {
  e->frame->r0 = e->number;
  e->frame->r1 = (uint32_t)(uintptr_t)&attempted;
  e->frame->pc = (uint32_t)(uintptr_t)attempt_landing & ~1u;
  e->frame->xpsr = (e->frame->xpsr & 0x3FF) | (1u << 24);
}
