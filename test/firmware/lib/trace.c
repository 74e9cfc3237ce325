#include <stdio.h>
#include "registers.h"
#include "trace.h"

enum kind { EVENT, VALUE, EXCEPTION, FAULTS };

struct record { const char *event; uint8_t kind, ipsr; uint32_t a, b, c, d; };

#if __ARM_ARCH >= 7
enum { CAPACITY = 600 };
#else
enum { CAPACITY = 100 };
#endif
static struct record records[CAPACITY];
static unsigned count, lost;
static uint32_t origin;

extern char _stack_top[];

static struct record *next(const char *event, enum kind kind) {
  static struct record spill;
  struct record *r = &spill;
  if (count < CAPACITY) r = &records[count++]; else lost++;
  r->event = event;
  r->kind = (uint8_t)kind;
  r->ipsr = (uint8_t)READ_SPECIAL(ipsr);
  return r;
}

void trace(const char *event) { next(event, EVENT); }
void trace_value(const char *event, uint32_t value) { next(event, VALUE)->a = value; }
void trace_origin(const void *address) { origin = (uint32_t)(uintptr_t)address & ~1u; }

/*
 * An interrupt pended by a store is taken somewhere between the store and the barriers after it (Armv7-M ARM, B2.5):
 * the pc shown is the one past those barriers, wherever the implementation took it.
 */
static uint32_t settled_pc(const struct exception *e) {
  const uint16_t *pc = (const uint16_t *)(uintptr_t)e->frame->pc;
  if (e->number == NMI || e->number >= PENDSV) while (pc[0] == 0xF3BF && (pc[1] & 0xFFD0) == 0x8F40) pc += 2; /* DSB, ISB */
  return (uint32_t)(uintptr_t)pc;
}

void trace_exception(const char *event, const struct exception *e) {
  struct record *r = next(event, EXCEPTION);
  r->a = e->exc_return;
  r->b = settled_pc(e);
  r->c = e->frame->xpsr;
  r->d = e->exc_return & 4 ? 0 : (uint32_t)((uintptr_t)_stack_top - (uintptr_t)e->frame);
}

void trace_faults(const char *event) {
#if __ARM_ARCH >= 7
  struct record *r = next(event, FAULTS);
  r->a = CFSR;
  r->b = HFSR;
  r->c = r->a & 0x80 ? MMFAR : 0;
  r->d = r->a & 0x8000 ? BFAR : 0;
  CFSR = r->a;
  HFSR = r->b;
#else
  trace(event);
#endif
}

void trace_and_abandon(struct exception *e) {
  trace_exception("fault", e);
  trace_faults("status");
  abandon(e);
}

static void print_exception(const struct record *r) {
  uint32_t offset = r->b - origin;
  printf(" EXC_RETURN=%08lx xPSR=%08lx ", (unsigned long)r->a, (unsigned long)r->c);
  if (offset < 0x1000) printf("pc=origin+0x%lx", (unsigned long)offset);
  else printf("pc=%08lx", (unsigned long)r->b);
  if (r->d) printf(" MSP=top-0x%lx", (unsigned long)r->d);
}

static void print_faults(const struct record *r) {
  printf(" CFSR=%08lx HFSR=%08lx", (unsigned long)r->a, (unsigned long)r->b);
  if (r->a & 0x80) printf(" MMFAR=%08lx", (unsigned long)r->c);
  if (r->a & 0x8000) printf(" BFAR=%08lx", (unsigned long)r->d);
}

void trace_print(const char *title) {
  unsigned printed = count;
  printf("== %s\n", title);
  for (unsigned i = 0; i < printed; i++) {
    const struct record *r = &records[i];
    printf("%2u %s", r->ipsr, r->event);
    if (r->kind == VALUE) printf(" = %08lx", (unsigned long)r->a);
    if (r->kind == EXCEPTION) print_exception(r);
    if (r->kind == FAULTS) print_faults(r);
    putchar('\n');
  }
  if (lost) printf("lost %u\n", lost);
  count = lost = 0;
}
