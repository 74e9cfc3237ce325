/* BusFaults from data and instruction accesses where nothing answers. */
#include "registers.h"
#include "trace.h"

#define NOTHING "0x70000000" /* external RAM region of the map: nothing is there on any of these boards */
#define NAKED __attribute__((naked, noinline)) static void
NAKED load(void) { __asm volatile("ldr r0, =" NOTHING "\n ldr r1, [r0, #16]\n bx lr\n .pool"); }
NAKED load_byte(void) { __asm volatile("ldr r0, =" NOTHING "\n ldrb r1, [r0, #3]\n bx lr\n .pool"); }
NAKED store(void) { __asm volatile("ldr r0, =" NOTHING "\n str r0, [r0, #8]\n dsb\n bx lr\n .pool"); }
NAKED load_multiple(void) { __asm volatile("ldr r0, =" NOTHING "\n ldmia r0!, {r1-r3}\n bx lr\n .pool"); }
NAKED fetch(void) { __asm volatile("push {r4, lr}\n ldr r0, =" NOTHING " + 1\n blx r0\n pop {r4, pc}\n .pool"); }
NAKED write_back(void) { __asm volatile("ldr r0, =" NOTHING "\n ldr r1, [r0, #4]!\n bx lr\n .pool"); }

static uint32_t base_after;
static void note_base(struct exception *e) {
  base_after = e->frame->r0;
  trace_and_abandon(e);
  trace_value("base register", base_after);
}

static struct { const char *name; void (*code)(void); } const cases[] = {
  { "LDR", load }, { "LDRB", load_byte }, { "STR", store }, { "LDM with write-back", load_multiple }, { "fetch", fetch }, { "LDR with write-back", write_back },
};

static void all(const char *title) {
  trace(title);
  for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
    trace(cases[i].name);
    trace_origin(cases[i].code);
    uint32_t result = attempt(cases[i].code);
    trace_value("exception", result);
    trace_print(title);
  }
}

int main(void) {
  handlers[BUSFAULT] = note_base;
  handlers[HARDFAULT] = note_base;
  SHCSR = SHCSR_BUSFAULTENA;
  all("BusFault enabled");
  SHCSR = 0;
  all("BusFault disabled");
  SHCSR = SHCSR_BUSFAULTENA;
  trace_value("CFSR", CFSR);
  trace_value("HFSR", HFSR);
  trace_print("write 1 clears");
  return 0;
}
