/*
 * What QEMU 7.2 gets wrong or leaves out, checked against the Armv7-M ARM (DDI 0403E) instead.
 * Each line says what the manual asks for and whether it was so.
 */
#include <stdio.h>
#include "exception.h"
#include "registers.h"

static void check(const char *claim, int holds) { printf("%s: %s\n", claim, holds ? "yes" : "NO"); }
static void quiet(struct exception *e) { abandon(e); CFSR = CFSR; HFSR = HFSR; }

/* B3.2.8, CCR.BFHFNMIGN: data bus faults are ignored at priorities -1 and -2. */
static void ignored_load(void) { __asm volatile("cpsid f\n mov r0, #0x70000000\n ldr r0, [r0]\n cpsie f" ::: "r0", "memory"); }
static void bus_faults_ignored(void) {
  CCR |= CCR_BFHFNMIGN;
  check("BFHFNMIGN lets a load under FAULTMASK pass", attempt(ignored_load) == 0);
  CCR &= ~(uint32_t)CCR_BFHFNMIGN;
}

/* B3.2.7, SCR: SEVONPEND, SLEEPDEEP and SLEEPONEXIT are read/write. */
static void sleep_control(void) {
  SCR = SCR_SLEEPDEEP | SCR_SLEEPONEXIT | SCR_SEVONPEND;
  check("SCR keeps all three bits", SCR == (SCR_SLEEPDEEP | SCR_SLEEPONEXIT | SCR_SEVONPEND));
  SCR = 0;
}

/* B1.5.19, SLEEPONEXIT: the core sleeps on return to Thread until the handler clears it. */
static volatile unsigned ticks, main_ran_at;
static void tick(struct exception *e) {
  (void)e;
  if (++ticks == 3) SCR = 0;
  if (ticks == 3) SYST_CSR = 0;
}
static void sleep_on_exit(void) {
  SYST_RVR = 20000;
  SYST_CVR = 0;
  SCR = SCR_SLEEPONEXIT;
  ticks = 0;
  SYST_CSR = SYST_CSR_ENABLE | SYST_CSR_TICKINT | SYST_CSR_CLKSOURCE;
  while (!ticks) {}
  main_ran_at = ticks;
  check("SLEEPONEXIT keeps Thread asleep until it is cleared", main_ran_at == 3);
}

/* B1.5.18, WFE waits while the event register is clear, and an exception's return sets it. */
static void wait_for_event(void) {
  __asm volatile("sev\n wfe" ::: "memory"); /* leaves the event register clear */
  SYST_RVR = 20000;
  SYST_CVR = 0;
  ticks = 10;
  SYST_CSR = SYST_CSR_ENABLE | SYST_CSR_TICKINT | SYST_CSR_CLKSOURCE;
  __asm volatile("wfe" ::: "memory");
  check("WFE waits for an event", ticks > 10);
  SYST_CSR = 0;
}

/* B1.5.18, SEVONPEND: an interrupt that becomes pending is an event even when it is disabled. */
static void event_on_pending(void) {
  __asm volatile("sev\n wfe" ::: "memory");
  SCR = SCR_SEVONPEND;
  NVIC_ISPR(0) = 1u << 22;
  barrier();
  __asm volatile("wfe" ::: "memory");
  check("SEVONPEND ends WFE by a disabled interrupt", 1);
  NVIC_ICPR(0) = 1u << 22;
  SCR = 0;
}

/* B3.5.8, MPU_RASR.SRD: an eighth of a 256-byte region is 32 bytes. */
static uint8_t arena[512] __attribute__((aligned(512)));
static volatile uint32_t *target;
static void load(void) { (void)*target; }
static void small_subregions(void) {
  unsigned denied = 0;
  MPU_RNR = 0;
  MPU_RBAR = (uint32_t)(uintptr_t)arena;
  MPU_RASR = 6u << 16 | 0xA5u << 8 | 7u << 1 | 1;
  MPU_CTRL = MPU_CTRL_ENABLE | MPU_CTRL_PRIVDEFENA;
  barrier();
  for (unsigned i = 0; i < 8; i++) {
    target = (uint32_t *)(arena + 32 * i);
    denied |= (attempt(load) ? 1u : 0u) << i;
  }
  MPU_CTRL = 0;
  barrier();
  MPU_RASR = 0;
  check("subregions of 32 bytes", denied == 0x5A);
}

/* B3.2.16, HFSR.DEBUGEVT: BKPT while halting debug and DebugMonitor are off. */
static uint32_t hfsr;
static void breakpoint_fault(struct exception *e) { hfsr = HFSR; quiet(e); }
static void breakpoint(void) { __asm volatile("bkpt #1"); }
static void breakpoint_without_debugger(void) {
  handlers[HARDFAULT] = breakpoint_fault;
  check("BKPT without a debugger is a HardFault with DEBUGEVT", attempt(breakpoint) == HARDFAULT && hfsr >> 31);
  handlers[HARDFAULT] = quiet;
}

int main(void) {
  handlers[HARDFAULT] = handlers[MEMMANAGE] = handlers[BUSFAULT] = quiet;
  handlers[SYSTICK] = tick;
  SHCSR = SHCSR_MEMFAULTENA | SHCSR_BUSFAULTENA;
  bus_faults_ignored();
  sleep_control();
  sleep_on_exit();
  wait_for_event();
  event_on_pending();
  small_subregions();
  breakpoint_without_debugger();
  return 0;
}
