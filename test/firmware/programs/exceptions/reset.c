/* SYSRESETREQ: RAM stays, the core and the NVIC start afresh. */
#include <stdio.h>
#include "registers.h"
#include "trace.h"

static struct { uint32_t magic, resets; } kept __attribute__((section(".noinit")));

int main(void) {
  if (kept.magic != 0x5EED5EED) {
    kept.magic = 0x5EED5EED;
    kept.resets = 0;
  }
  printf("resets so far: %lu\n", (unsigned long)kept.resets);
  printf("ISER %08lx, IPR %08lx, SHPR3 %08lx, PRIMASK %lu, CONTROL %lu, SysTick %lx\n", (unsigned long)NVIC_ISER(0), (unsigned long)NVIC_IPR(5),
         (unsigned long)SHPR3, (unsigned long)READ_SPECIAL(primask), (unsigned long)READ_SPECIAL(control) & 3, (unsigned long)SYST_CSR & 7);
  if (kept.resets++ < 2) {
    NVIC_ISER(0) = 0xFF000000;
    NVIC_IPR(5) = 0x40404040;
    SHPR3 = 0xC0C00000;
    SYST_CSR = SYST_CSR_CLKSOURCE;
    __asm volatile("cpsid i");
    fflush(stdout);
    AIRCR = AIRCR_SYSRESETREQ; /* without the key: nothing happens */
    barrier();
    AIRCR = AIRCR_VECTKEY | AIRCR_SYSRESETREQ;
    barrier();
    for (;;) {}
  }
  kept.magic = 0;
  return 0;
}
