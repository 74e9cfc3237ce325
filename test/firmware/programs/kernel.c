/*
 * A small preemptive kernel: SysTick drives delays, PendSV switches, SVC calls the kernel, tasks own a PSP and (with an
 * FPU) an FP context, and interrupts nest. The report counts what happened and checks what must hold, whatever the speed.
 */
#include <stdio.h>
#include <string.h>
#include "exception.h"
#include "registers.h"

enum { TASKS = 6, STACK_WORDS = 160, READY = 0, DELAYED, WAITING };
enum { CALL_YIELD, CALL_DELAY, CALL_TAKE, CALL_GIVE };

struct semaphore { volatile int count; };
struct task {
  uint32_t *sp; /* first: PendSV stores here */
  unsigned priority, state, wake;
  struct semaphore *wanted;
};

static struct task tasks[TASKS];
static uint64_t stacks[TASKS][STACK_WORDS / 2], printing_stack[320];
__attribute__((used)) static struct task *current;
static volatile unsigned now, switches, preemptions;

/* The ready task of highest priority (0 is highest); the one after the current among equals. */
__attribute__((used)) static void choose_task(void) {
  struct task *best = 0;
  unsigned start = (unsigned)(current - tasks);
  for (unsigned i = 1; i <= TASKS; i++) {
    struct task *t = &tasks[(start + i) % TASKS];
    if (t->state == READY && (best == 0 || t->priority < best->priority)) best = t;
  }
  if (best != current) switches++;
  current = best;
}

/* Saves r4-r11, EXC_RETURN and, when the task has an FP context, s16-s31 on its own stack. */
__attribute__((naked)) void pendsv_entry(void) {
  __asm volatile(
#if __ARM_ARCH >= 7
    "mrs r0, psp\n"
#ifdef __ARM_FP
    "tst lr, #0x10\n it eq\n vstmdbeq r0!, {s16-s31}\n"
#endif
    "stmdb r0!, {r4-r11, lr}\n"
    "ldr r4, =current\n ldr r1, [r4]\n str r0, [r1]\n"
    "push {r4, lr}\n bl choose_task\n pop {r4, lr}\n"
    "ldr r1, [r4]\n ldr r0, [r1]\n"
    "ldmia r0!, {r4-r11, lr}\n"
#ifdef __ARM_FP
    "tst lr, #0x10\n it eq\n vldmiaeq r0!, {s16-s31}\n"
#endif
    "msr psp, r0\n bx lr\n .pool\n"
#else
    "mrs r0, psp\n sub r0, #36\n mov r1, r0\n"
    "stmia r1!, {r4-r7}\n mov r4, r8\n mov r5, r9\n mov r6, r10\n mov r7, r11\n stmia r1!, {r4-r7}\n mov r4, lr\n stmia r1!, {r4}\n"
    "ldr r4, =current\n ldr r1, [r4]\n str r0, [r1]\n"
    "push {r4, lr}\n bl choose_task\n pop {r4}\n pop {r5}\n"
    "ldr r1, [r4]\n ldr r0, [r1]\n mov r1, r0\n add r1, #16\n"
    "ldmia r1!, {r4-r7}\n mov r8, r4\n mov r9, r5\n mov r10, r6\n mov r11, r7\n ldmia r1!, {r2}\n msr psp, r1\n"
    "ldmia r0!, {r4-r7}\n bx r2\n .pool\n"
#endif
  );
}

static void request_switch(void) { ICSR = ICSR_PENDSVSET; }

static void give(struct semaphore *s) {
  for (unsigned best = 0; best < TASKS; best++) /* tasks are in order of priority */
    if (tasks[best].state == WAITING && tasks[best].wanted == s) {
      tasks[best].state = READY;
      request_switch();
      return;
    }
  s->count++;
}

static void on_svc(struct exception *e) {
  struct semaphore *s = (struct semaphore *)(uintptr_t)e->frame->r1;
  switch (e->frame->r0) {
    case CALL_DELAY: current->state = DELAYED; current->wake = now + e->frame->r1; break;
    case CALL_TAKE:
      if (s->count > 0) s->count--;
      else { current->state = WAITING; current->wanted = s; }
      break;
    case CALL_GIVE: give(s); break;
  }
  request_switch();
}

static void on_tick(struct exception *e) {
  (void)e;
  now++;
  for (unsigned i = 0; i < TASKS; i++)
    if (tasks[i].state == DELAYED && (int)(now - tasks[i].wake) >= 0) { tasks[i].state = READY; preemptions++; }
  request_switch();
}

static void call(uint32_t number, uint32_t argument) {
  register uint32_t r0 __asm("r0") = number;
  register uint32_t r1 __asm("r1") = argument;
  __asm volatile("svc #0" :: "r"(r0), "r"(r1) : "memory");
}
static void delay(unsigned ticks) { call(CALL_DELAY, ticks); }
static void take(struct semaphore *s) { call(CALL_TAKE, (uint32_t)(uintptr_t)s); }
static void release(struct semaphore *s) { call(CALL_GIVE, (uint32_t)(uintptr_t)s); }

/* A queue of words between two tasks. */
static struct semaphore slots = { 4 }, items, lock = { 1 }, from_interrupt, done;
static uint32_t queue[4];
static unsigned put_at, take_at;
static void put(uint32_t word) { take(&slots); take(&lock); queue[put_at++ & 3] = word; release(&lock); release(&items); }
static uint32_t get(void) { take(&items); take(&lock); uint32_t word = queue[take_at++ & 3]; release(&lock); release(&slots); return word; }

enum { WORDS = 400, EVENTS = 40, SWEEPS = 30 };
static volatile uint32_t received, received_sum, order_errors, events, interrupts_high, interrupts_low, nested, float_errors[2], sweeps[2];

static void producer(void) {
  for (uint32_t i = 0; i < WORDS; i++) {
    put(i * 2654435761u);
    if (i % 50 == 0) delay(1);
  }
  release(&done);
  for (;;) delay(1000);
}
static void consumer(void) {
  for (uint32_t i = 0; i < WORDS; i++) {
    uint32_t word = get();
    if (word != i * 2654435761u) order_errors++;
    received++;
    received_sum += word;
  }
  release(&done);
  for (;;) delay(1000);
}
static void served(void) {
  for (int i = 0; i < EVENTS; i++) { take(&from_interrupt); events++; }
  release(&done);
  for (;;) delay(1000);
}

/* Two tasks compute the same series at the same priority while being preempted: a lost FP register shows. */
static void compute(unsigned which) {
  for (int sweep = 0; sweep < SWEEPS; sweep++) {
    float a = 1, b = 0, c = (float)which, d = 0.5f;
    for (int i = 1; i < 400; i++) { a = a * 1.0009765625f; b += a; c += b * 0.25f; d = d * 0.5f + (float)i; }
    static float expected[2];
    float sum = a + b + c + d;
    if (sweep == 0) expected[which] = sum;
    else if (memcmp(&sum, &expected[which], sizeof sum) != 0) float_errors[which]++;
    sweeps[which]++;
    if (sweep % 10 == 0) call(CALL_YIELD, 0);
  }
  release(&done);
}
static void compute_a(void) { compute(0); for (;;) delay(1000); }

static unsigned in_low;
static void on_low_interrupt(struct exception *e) {
  (void)e;
  in_low = 1;
  interrupts_low++;
  NVIC_ISPR(0) = 1u << 20; /* nests: it has a higher priority */
  barrier();
  in_low = 0;
  give(&from_interrupt); /* this interrupt, SVCall, SysTick and PendSV share a priority: the kernel's data needs no lock */
}
static void on_high_interrupt(struct exception *e) {
  (void)e;
  if (in_low) nested++;
  interrupts_high++;
}
#ifndef __ARM_ARCH_6M__
static void on_timer(struct exception *e) { (void)e; TIMER_INTCLEAR(TIMER0) = 1; if (interrupts_low < EVENTS) NVIC_ISPR(0) = 1u << 21; }
#endif

/* Computes too, then waits for all and reports. */
static void report_and_end(void) {
  compute(1);
#ifdef __ARM_ARCH_6M__
  while (interrupts_low < EVENTS) { pend_irq(21); delay(1); }
#else
  while (interrupts_low < EVENTS) delay(1);
  TIMER_CTRL(TIMER0) = 0;
#endif
  for (int i = 0; i < 5; i++) take(&done);
  SYST_CSR = 0;
  printf("words received %lu, sum %08lx, out of order %lu\n", (unsigned long)received, (unsigned long)received_sum, (unsigned long)order_errors);
  printf("interrupts low %lu, high %lu, nested %lu, events served %lu\n", (unsigned long)interrupts_low, (unsigned long)interrupts_high, (unsigned long)nested, (unsigned long)events);
  printf("sweeps %lu %lu, float errors %lu %lu\n", (unsigned long)sweeps[0], (unsigned long)sweeps[1], (unsigned long)float_errors[0], (unsigned long)float_errors[1]);
  printf("ticks %s, switches %s, wake-ups %s, slots %d, items %d\n", now > 10 ? "enough" : "few", switches > 500 ? "enough" : "few", preemptions > 5 ? "enough" : "few", slots.count, items.count);
  fflush(stdout);
  extern void _exit(int);
  _exit(0);
}

static void idle(void) { for (;;) __asm volatile("wfi"); }

static void create(unsigned index, unsigned priority, void (*body)(void)) {
  struct task *t = &tasks[index];
  struct frame *frame = (struct frame *)&stacks[index][STACK_WORDS / 2 - 4];
  frame->pc = (uint32_t)(uintptr_t)body & ~1u;
  frame->xpsr = 1u << 24;
  uint32_t *sp = (uint32_t *)frame;
  *--sp = 0xFFFFFFFD;
  t->sp = sp - 8;
  t->priority = priority;
}

/* Leaves the main stack to the handlers for good. */
__attribute__((naked)) static void run_on_process_stack(void *top, void (*task)(void)) {
  __asm volatile("msr psp, r0\n movs r0, #2\n msr control, r0\n isb\n bx r1");
}

int main(void) {
  create(0, 0, served);
  create(1, 1, consumer);
  create(2, 2, producer);
  create(3, 3, compute_a);
  create(5, 4, idle);
  tasks[4].priority = 3; /* runs first, on a stack that is large enough to print */
  handlers[SVCALL] = on_svc;
  handlers[SYSTICK] = on_tick;
  handlers[IRQ0 + 20] = on_high_interrupt;
  handlers[IRQ0 + 21] = on_low_interrupt;
  set_system_priority(SVCALL, 0xC0);
  set_system_priority(SYSTICK, 0xC0);
  set_system_priority(PENDSV, 0xC0);
  set_irq_priority(20, 0x80);
  set_irq_priority(21, 0xC0);
  enable_irq(20);
  enable_irq(21);
#ifndef __ARM_ARCH_6M__
  handlers[IRQ0 + IRQ_TIMER0] = on_timer;
  set_irq_priority(IRQ_TIMER0, 0xC0);
  enable_irq(IRQ_TIMER0);
  TIMER_RELOAD(TIMER0) = TIMER_VALUE(TIMER0) = 12500;
  TIMER_CTRL(TIMER0) = TIMER_ENABLE | TIMER_IRQEN;
#endif
  current = &tasks[4];
  SYST_RVR = 24999;
  SYST_CVR = 0;
  SYST_CSR = SYST_CSR_ENABLE | SYST_CSR_TICKINT | SYST_CSR_CLKSOURCE;
  run_on_process_stack(printing_stack + sizeof printing_stack / sizeof *printing_stack, report_and_end);
}
