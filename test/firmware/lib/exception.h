/*
 * Exceptions as the programs see them: every vector leads to one entry, which calls what the program
 * has put into handlers[]. A handler may change the frame and the EXC_RETURN it returns by.
 */
#pragma once
#include <stdint.h>

struct frame { uint32_t r0, r1, r2, r3, r12, lr, pc, xpsr; };

struct exception {
  uint32_t number;       /* IPSR */
  uint32_t exc_return;
  struct frame *frame;   /* on MSP or PSP, as EXC_RETURN says */
  uint32_t msp;          /* at entry */
};

enum { NMI = 2, HARDFAULT = 3, MEMMANAGE = 4, BUSFAULT = 5, USAGEFAULT = 6, SVCALL = 11, PENDSV = 14, SYSTICK = 15, IRQ0 = 16 };

typedef void handler(struct exception *e);
extern handler *handlers[16 + 32];

/* The vector table in flash, and the one entry behind each of its exceptions. */
extern const uint32_t vectors[16 + 32];
void exception_entry(void);
/* A program may define its own, for the bare EXC_RETURN and stack that a context switch needs. */
void pendsv_entry(void);
_Noreturn void reset_entry(void);

/*
 * Calls code and returns 0 when it returned, else the number of the exception whose handler called abandon().
 * Callee-saved registers and the stack pointer are put back; attempts do not nest.
 */
uint32_t attempt(void (*code)(void));
/* Makes the exception return to the end of the attempt instead of to where it struck. */
void abandon(struct exception *e);
