/* The v7-M MPU: permissions, sizes, subregions, overlap, background region, XN, HFNMIENA; and LDRT/STRT. */
#include "registers.h"
#include "trace.h"

static uint8_t arena[8192] __attribute__((aligned(8192)));
static volatile uint32_t *target;

enum { SIZE_32 = 4, SIZE_256 = 7, SIZE_8K = 12, SIZE_4G = 31 };

static void region(unsigned number, uint32_t base, unsigned size, unsigned permissions, unsigned subregions, int never_execute) {
  MPU_RNR = number;
  MPU_RBAR = base;
  MPU_RASR = (uint32_t)never_execute << 28 | permissions << 24 | 6u << 16 | subregions << 8 | size << 1 | 1;
}
static void no_regions(void) { for (unsigned i = 0; i < 8; i++) { MPU_RNR = i; MPU_RASR = 0; } }
static void mpu(uint32_t control) { MPU_CTRL = control; barrier(); }

static void load(void) { (void)*target; }
static void store(void) { *target = 5; }
static void load_unprivileged(void) { __asm volatile("ldrt r0, [%0]" :: "r"(target) : "r0"); }
static void store_unprivileged(void) { __asm volatile("strt r0, [%0]" :: "r"(target) : "memory"); }
static void execute(void) { ((void (*)(void))((uintptr_t)target | 1))(); }

/* 0 for done, else the exception; four letters for LDR, STR, LDRT, STRT. */
static char tell(void (*code)(void)) { uint32_t result = attempt(code); return result == 0 ? 'y' : (char)('0' + result); }
static uint32_t accesses(void) {
  return (uint32_t)tell(load) << 24 | (uint32_t)tell(store) << 16 | (uint32_t)tell(load_unprivileged) << 8 | (uint32_t)tell(store_unprivileged);
}
static void quiet(struct exception *e) { abandon(e); CFSR = CFSR; HFSR = HFSR; }

static void permissions(void) {
  target = (uint32_t *)(arena + 64);
  handlers[MEMMANAGE] = handlers[HARDFAULT] = quiet;
  for (unsigned ap = 0; ap < 8; ap++) {
    if (ap == 4) continue; /* reserved */
    region(0, (uint32_t)(uintptr_t)arena, SIZE_8K, ap, 0, 0);
    mpu(MPU_CTRL_ENABLE | MPU_CTRL_PRIVDEFENA);
    trace_value("AP", ap);
    trace_value("LDR STR LDRT STRT", accesses());
    mpu(0);
  }
  trace_print("access permissions, y or the exception's digit, as ASCII");
}

static void subregions(void) {
  region(0, (uint32_t)(uintptr_t)arena, SIZE_8K, 3, 0, 0);
  region(1, (uint32_t)(uintptr_t)arena, SIZE_8K, 0, 0xA5, 0);
  mpu(MPU_CTRL_ENABLE | MPU_CTRL_PRIVDEFENA);
  for (unsigned offset = 0; offset < 8192; offset += 1024) {
    target = (uint32_t *)(arena + offset);
    trace_value("offset", offset);
    trace_value("LDR STR LDRT STRT", accesses());
  }
  mpu(0);
  no_regions();
  trace_print("subregions; the higher region number wins");
  region(5, (uint32_t)(uintptr_t)arena, SIZE_32, 6, 0, 0);
  region(2, (uint32_t)(uintptr_t)arena, SIZE_256, 3, 0, 0);
  mpu(MPU_CTRL_ENABLE | MPU_CTRL_PRIVDEFENA);
  target = (uint32_t *)(arena + 28);
  trace_value("in both", accesses());
  target = (uint32_t *)(arena + 32);
  trace_value("in one", accesses());
  target = (uint32_t *)(arena + 256);
  trace_value("background", accesses());
  mpu(0);
  no_regions();
  trace_print("overlap and background");
}

static void execution(void) {
  static const uint16_t return_code[2] = { 0x4770, 0x4770 };
  for (unsigned i = 0; i < 2; i++) ((uint16_t *)arena)[i] = return_code[i];
  target = (uint32_t *)arena;
  barrier();
  handlers[MEMMANAGE] = trace_and_abandon;
  handlers[HARDFAULT] = trace_and_abandon;
  trace_origin(arena);
  for (int never = 0; never < 2; never++) {
    region(0, (uint32_t)(uintptr_t)arena, SIZE_8K, 3, 0, never);
    mpu(MPU_CTRL_ENABLE | MPU_CTRL_PRIVDEFENA);
    trace_value("execute", attempt(execute));
    mpu(0);
  }
  region(0, (uint32_t)(uintptr_t)arena, SIZE_8K, 0, 0, 0);
  mpu(MPU_CTRL_ENABLE | MPU_CTRL_PRIVDEFENA);
  trace_value("execute without read access", attempt(execute));
  mpu(0);
  no_regions();
  trace_print("XN");
  trace_origin((void *)0x40000000);
  target = (uint32_t *)0x40000000;
  trace_value("peripherals cannot be executed", attempt(execute));
  target = (uint32_t *)0xE000E000;
  trace_origin((void *)0xE000E000);
  trace_value("nor can the system region", attempt(execute));
  trace_print("default memory map");
}

static void faults(void) {
  region(0, (uint32_t)(uintptr_t)arena, SIZE_8K, 0, 0, 0);
  mpu(MPU_CTRL_ENABLE | MPU_CTRL_PRIVDEFENA);
  target = (uint32_t *)(arena + 0x104);
  trace_origin(load);
  trace_value("load", attempt(load));
  trace_origin(store);
  trace_value("store", attempt(store));
  SHCSR = 0;
  trace_value("store, MemManage disabled", attempt(store));
  SHCSR = SHCSR_MEMFAULTENA;
  mpu(0);
  trace_print("DACCVIOL, MMFAR, escalation");
}

static void masked_load(void) { __asm volatile("cpsid f"); (void)*target; __asm volatile("cpsie f"); trace("passed with FAULTMASK"); }
static void nmi(struct exception *e) { trace_exception("NMI", e); (void)*target; trace("passed in NMI"); }
static void request_nmi(void) { ICSR = ICSR_NMIPENDSET; barrier(); }

static void hard_fault_access(void) {
  handlers[NMI] = nmi;
  mpu(MPU_CTRL_ENABLE | MPU_CTRL_PRIVDEFENA);
  trace_origin(nmi);
  trace_value("FAULTMASK", attempt(masked_load));
  trace_value("NMI", attempt(request_nmi));
  mpu(0);
  trace_print("HFNMIENA 0: no protection at priorities -1 and -2");
  no_regions();
}

static void no_background(void) {
  extern char _stack_top[];
  (void)_stack_top;
  region(0, 0, 21, 6, 0, 0);                   /* code: 4 MB, read-only */
  region(1, 0x20000000, 21, 3, 0, 1);          /* RAM */
  region(2, 0x40000000, 28, 1, 0, 1);          /* peripherals, privileged */
  mpu(MPU_CTRL_ENABLE);
  target = (uint32_t *)0x21000000;
  trace_origin(load);
  trace_value("outside of all regions", attempt(load));
  target = (uint32_t *)(arena + 32);
  trace_value("inside", attempt(load));
  target = (uint32_t *)0xE000ED00;
  trace_value("system control space needs no region", attempt(load));
  target = (uint32_t *)0x40000004; /* TIMER0 VALUE: harmless */
  handlers[MEMMANAGE] = handlers[HARDFAULT] = quiet;
  trace_value("privileged only", accesses());
  target = (uint32_t *)0x00000100;
  trace_value("read-only", accesses());
  mpu(0);
  no_regions();
  trace_print("PRIVDEFENA 0");
}

static void registers(void) {
  trace_value("MPU_TYPE", MPU_TYPE);
  for (unsigned i = 0; i < 8; i++) { MPU_RNR = i; MPU_RASR = SIZE_32 << 1; }
  for (unsigned i = 0; i < 3; i++) {
    MPU_RBAR = 0x20001000 | 1u << 4 | i;
    MPU_RASR = 0xFFFFFFFF & ~1u;
    trace_value("RNR after RBAR.VALID", MPU_RNR);
    trace_value("RBAR", MPU_RBAR);
    trace_value("RASR", MPU_RASR);
  }
  REG32(0xE000EDA4) = 0x20002000 | 1u << 4 | 6; /* alias 1 */
  trace_value("RNR after alias", MPU_RNR);
  trace_value("alias reads the same", REG32(0xE000EDA4));
  MPU_CTRL = 0xFFFFFFFC;
  trace_value("MPU_CTRL", MPU_CTRL);
  MPU_CTRL = 0;
  no_regions();
  trace_print("registers");
}

int main(void) {
  SHCSR = SHCSR_MEMFAULTENA;
  registers();
  no_regions();
  permissions();
  subregions();
  execution();
  faults();
  hard_fault_access();
  no_background();
  return 0;
}
