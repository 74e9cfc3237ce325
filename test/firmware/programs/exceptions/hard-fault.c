/* Armv6-M: everything that goes wrong is a HardFault. */
#include "registers.h"
#include "trace.h"

__attribute__((used)) static uint8_t bytes[8] __attribute__((aligned(8)));

#define NAKED __attribute__((naked, noinline)) static void
NAKED undefined(void) { __asm volatile("udf #7\n bx lr"); }
NAKED undefined_wide(void) { __asm volatile(".short 0xF7F0, 0xA000\n bx lr"); }
NAKED to_arm(void) { __asm volatile("movs r0, #0\n bx r0"); }
NAKED word(void) { __asm volatile("ldr r0, =bytes + 2\n ldr r1, [r0]\n bx lr\n .pool"); }
NAKED half(void) { __asm volatile("ldr r0, =bytes + 1\n ldrh r1, [r0]\n bx lr\n .pool"); }
NAKED store_word(void) { __asm volatile("ldr r0, =bytes + 1\n str r1, [r0]\n bx lr\n .pool"); }
NAKED multiple(void) { __asm volatile("ldr r0, =bytes + 2\n ldmia r0!, {r1, r2}\n bx lr\n .pool"); }
NAKED nowhere(void) { __asm volatile("ldr r0, =0x70000000\n ldr r1, [r0]\n bx lr\n .pool"); }
NAKED nowhere_to_run(void) { __asm volatile("push {r4, lr}\n ldr r0, =0x70000001\n blx r0\n pop {r4, pc}\n .pool"); }

static struct { const char *name; void (*code)(void); } const cases[] = {
  { "UDF", undefined }, { "UDF.W", undefined_wide }, { "BX to an even address", to_arm }, { "LDR at +2", word }, { "LDRH at +1", half },
  { "STR at +1", store_word }, { "LDM at +2", multiple }, { "LDR from nothing", nowhere }, { "fetch from nothing", nowhere_to_run },
};

int main(void) {
  handlers[HARDFAULT] = trace_and_abandon;
  for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
    trace_origin(cases[i].code);
    trace_value("exception", attempt(cases[i].code));
    trace_print(cases[i].name);
  }
  return 0;
}
