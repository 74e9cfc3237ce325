/*
 * Unicorn as a server for single test cases: reads batches of cases on standard input, writes their results on
 * standard output, all as little-endian 32-bit words. The layouts below are mirrored in test/oracles/unicorn.ts.
 *
 *   batch:  number of cases, then the cases
 *   case:   codeAddress, codeWords, sequenceBytes, R0..R15, APSR, PRIMASK, BASEPRI, FAULTMASK, CONTROL, otherSP, FPSCR,
 *           S0..S31, code[codeWords], RAM[RAM_WORDS]
 *   result: reason, detail, R0..R15, APSR, PRIMASK, BASEPRI, FAULTMASK, CONTROL, otherSP, FPSCR, S0..S31,
 *           executedMask (2 words, one bit per halfword of the sequence), executedCount, changes,
 *           changes x (word index in RAM, value)
 *
 * A case runs in privileged Thread mode until the PC leaves its sequence or an exception is raised. After a fault the
 * result holds the state before the faulting instruction, and R15 its address.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unicorn/unicorn.h>

enum { CODE_BASE = 0x00010000, CODE_BYTES = 0x00010000, RAM_BASE = 0x20000000, RAM_BYTES = 4096, RAM_WORDS = RAM_BYTES / 4 };
enum { MAX_CODE_WORDS = 256, MAX_BATCH = 4096, MAX_INSTRUCTIONS = 128 };

/* Numbers shared with unicorn.ts. */
enum reason { END, MEMORY_FAULT, UNDEFINED, INVALID_STATE, SUPERVISOR_CALL, BREAKPOINT, UNALIGNED, NO_COPROCESSOR, OTHER_EXCEPTION, LIMIT };

/* Exception numbers of Unicorn's interrupt hook on ARM, found by running one instruction of each kind. */
enum { INTERRUPT_SVC = 2, INTERRUPT_PREFETCH_ABORT = 3, INTERRUPT_DATA_ABORT = 4, INTERRUPT_BKPT = 7, INTERRUPT_NOCP = 17, INTERRUPT_INVSTATE = 18, INTERRUPT_UNALIGNED = 22 };

struct state {
  uint32_t r[16], apsr, primask, basepri, faultmask, control, other_sp, fpscr, s[32];
};

struct test_case {
  uint32_t code_address, code_words, sequence_bytes;
  struct state state;
  uint32_t code[MAX_CODE_WORDS];
  uint32_t ram[RAM_WORDS];
};

static uc_engine *uc;
static uc_context *pristine, *scratch, *before_fault;
static size_t control_offset;
static uint8_t code_memory[CODE_BYTES], ram_memory[RAM_BYTES], ram_before_fault[RAM_BYTES];
static uint8_t slot_used[CODE_BYTES / 2];
static int has_fpu, is_v6m;

#define APSR_Q (1u << 27)

/* What the hooks note while a case runs. */
static struct {
  uint32_t start, end, last_pc, executed[2];
  /* Where a wild branch went in code memory: a later case may lie there. */
  uint32_t elsewhere;
  int count, snapshot_at, reason;
  uint32_t detail;
} run;

static void must(uc_err error, const char *what) {
  if (error == UC_ERR_OK) return;
  fprintf(stderr, "unicorn: %s: %s\n", what, uc_strerror(error));
  exit(2);
}

static uint32_t get(int id) {
  uint32_t value = 0;
  must(uc_reg_read(uc, id, &value), "reading a register");
  return value;
}

static void set(int id, uint32_t value) { must(uc_reg_write(uc, id, &value), "writing a register"); }

/*
 * Unicorn lets SP bits 1:0 be written and has APSR.Q on Armv6-M. Silicon has neither (DDI 0403E, B1.4.1 and DDI 0419,
 * B1.4.2): they are cleared before anything can read them.
 */
static void clear_low_bits(int id) {
  uint32_t value = get(id);
  if (value & 3) set(id, value & ~3u);
}

static void clear_bits_that_do_not_exist(void) {
  clear_low_bits(UC_ARM_REG_SP);
  clear_low_bits(UC_ARM_REG_MSP);
  clear_low_bits(UC_ARM_REG_PSP);
  if (!is_v6m) return;
  uint32_t apsr = get(UC_ARM_REG_APSR);
  if (apsr & APSR_Q) set(UC_ARM_REG_APSR_NZCVQ, apsr & ~APSR_Q);
}

static void stop(int reason, uint32_t detail) {
  if (run.reason != END) return;
  run.reason = reason;
  run.detail = detail;
  uc_emu_stop(uc);
}

static void on_instruction(uc_engine *engine, uint64_t address, uint32_t size, void *user) {
  (void)engine; (void)size; (void)user;
  if (run.reason != END) return;
  run.last_pc = (uint32_t)address;
  if (address < run.start || address >= run.end) {
    run.elsewhere = (uint32_t)address;
    uc_emu_stop(uc);
    return;
  }
  clear_bits_that_do_not_exist();
  if (run.count == run.snapshot_at) {
    must(uc_context_save(uc, before_fault), "saving the state before a fault");
    memcpy(ram_before_fault, ram_memory, RAM_BYTES);
  }
  if (run.count >= MAX_INSTRUCTIONS) { stop(LIMIT, 0); return; }
  run.count++;
  uint32_t halfword = ((uint32_t)address - run.start) / 2;
  run.executed[halfword / 32 & 1] |= 1u << (halfword & 31);
}

static bool on_invalid_memory(uc_engine *engine, uc_mem_type type, uint64_t address, int size, int64_t value, void *user) {
  (void)engine; (void)size; (void)value; (void)user;
  if (type != UC_MEM_FETCH_UNMAPPED && type != UC_MEM_FETCH_PROT) stop(MEMORY_FAULT, (uint32_t)address);
  return false;
}

static void on_interrupt(uc_engine *engine, uint32_t number, void *user) {
  (void)engine; (void)user;
  switch (number) {
    case INTERRUPT_SVC: stop(SUPERVISOR_CALL, 0); break;
    case INTERRUPT_BKPT: stop(BREAKPOINT, 0); break;
    /* Unmapped addresses come through on_invalid_memory: a data abort can only be one of alignment. */
    case INTERRUPT_DATA_ABORT:
    case INTERRUPT_UNALIGNED: stop(UNALIGNED, 0); break;
    case INTERRUPT_NOCP: stop(NO_COPROCESSOR, 0); break;
    case INTERRUPT_INVSTATE: stop(INVALID_STATE, 0); break;
    /* The PC has left for the system region, which is never executable. */
    case INTERRUPT_PREFETCH_ABORT: uc_emu_stop(uc); break;
    default: stop(OTHER_EXCEPTION, number);
  }
}

/* CONTROL.nPRIV hides the special registers even from uc_reg_read; the bit is cleared in a saved context. */
static void find_control_offset(void) {
  uint32_t *a, *b;
  size_t words = uc_context_size(uc) / 4;
  must(uc_context_save(uc, pristine), "saving the first state");
  set(UC_ARM_REG_CONTROL, 1);
  must(uc_context_save(uc, scratch), "saving the unprivileged state");
  a = (uint32_t *)pristine;
  b = (uint32_t *)scratch;
  for (size_t i = 0; i < words; i++) {
    if ((a[i] ^ b[i]) != 1) continue;
    if (control_offset) { fprintf(stderr, "unicorn: CONTROL is not found\n"); exit(2); }
    control_offset = i;
  }
  must(uc_context_restore(uc, pristine), "restoring the first state");
}

static void open_engine(uc_cpu_arm model) {
  uc_hook hook;
  /* Not UC_MODE_MCLASS: it makes every core a Cortex-M33. */
  must(uc_open(UC_ARCH_ARM, UC_MODE_THUMB, &uc), "opening");
  must(uc_ctl_set_cpu_model(uc, model), "choosing the core");
  must(uc_mem_map_ptr(uc, CODE_BASE, CODE_BYTES, UC_PROT_READ | UC_PROT_EXEC, code_memory), "mapping code");
  must(uc_mem_map_ptr(uc, RAM_BASE, RAM_BYTES, UC_PROT_READ | UC_PROT_WRITE, ram_memory), "mapping RAM");
  must(uc_hook_add(uc, &hook, UC_HOOK_CODE, on_instruction, NULL, 1, 0), "hooking instructions");
  must(uc_hook_add(uc, &hook, UC_HOOK_MEM_INVALID, on_invalid_memory, NULL, 1, 0), "hooking memory faults");
  must(uc_hook_add(uc, &hook, UC_HOOK_INTR, on_interrupt, NULL, 1, 0), "hooking exceptions");
  must(uc_context_alloc(uc, &pristine), "allocating a context");
  must(uc_context_alloc(uc, &scratch), "allocating a context");
  must(uc_context_alloc(uc, &before_fault), "allocating a context");
  if (has_fpu) set(UC_ARM_REG_FPEXC, 1u << 30);
  find_control_offset();
  must(uc_context_save(uc, pristine), "saving the first state");
}

static void load_state(const struct state *state) {
  must(uc_context_restore(uc, pristine), "restoring the first state");
  for (int n = 0; n <= 12; n++) set(UC_ARM_REG_R0 + n, state->r[n]);
  set(UC_ARM_REG_LR, state->r[14]);
  set(UC_ARM_REG_APSR_NZCVQG, state->apsr);
  set(UC_ARM_REG_PRIMASK, state->primask);
  set(UC_ARM_REG_BASEPRI, state->basepri);
  set(UC_ARM_REG_FAULTMASK, state->faultmask);
  set(UC_ARM_REG_CONTROL, state->control);
  int uses_psp = (state->control & 2) != 0;
  set(uses_psp ? UC_ARM_REG_MSP : UC_ARM_REG_PSP, state->other_sp);
  set(UC_ARM_REG_SP, state->r[13]);
  if (!has_fpu) return;
  set(UC_ARM_REG_FPSCR, state->fpscr);
  for (int n = 0; n < 16; n++) {
    uint64_t d = (uint64_t)state->s[2 * n + 1] << 32 | state->s[2 * n];
    must(uc_reg_write(uc, UC_ARM_REG_D0 + n, &d), "writing a D register");
  }
}

static void read_state(struct state *state) {
  memset(state, 0, sizeof *state);
  state->control = get(UC_ARM_REG_CONTROL);
  if (state->control & 1) {
    must(uc_context_save(uc, scratch), "saving an unprivileged state");
    ((uint32_t *)scratch)[control_offset] &= ~1u;
    must(uc_context_restore(uc, scratch), "restoring a privileged state");
  }
  clear_bits_that_do_not_exist();
  for (int n = 0; n <= 12; n++) state->r[n] = get(UC_ARM_REG_R0 + n);
  state->r[13] = get(UC_ARM_REG_SP);
  state->r[14] = get(UC_ARM_REG_LR);
  state->r[15] = get(UC_ARM_REG_PC);
  state->apsr = get(UC_ARM_REG_APSR);
  state->primask = get(UC_ARM_REG_PRIMASK);
  state->basepri = get(UC_ARM_REG_BASEPRI);
  state->faultmask = get(UC_ARM_REG_FAULTMASK);
  state->other_sp = get(state->control & 2 ? UC_ARM_REG_MSP : UC_ARM_REG_PSP) & ~3u;
  if (!has_fpu) return;
  state->fpscr = get(UC_ARM_REG_FPSCR);
  for (int n = 0; n < 16; n++) {
    uint64_t d = 0;
    must(uc_reg_read(uc, UC_ARM_REG_D0 + n, &d), "reading a D register");
    state->s[2 * n] = (uint32_t)d;
    state->s[2 * n + 1] = (uint32_t)(d >> 32);
  }
}

/* Dropping single translations: dropping all of them takes 40 ms. */
static void drop_translations(uint32_t from, uint32_t to) {
  must(uc_ctl_remove_cache(uc, (uint64_t)from, (uint64_t)to), "dropping translations");
}

static void place_code(const struct test_case *test) {
  uint32_t offset = test->code_address - CODE_BASE;
  if (slot_used[offset / 2]) drop_translations(test->code_address, test->code_address + test->code_words * 4);
  slot_used[offset / 2] = 1;
  memcpy(code_memory + offset, test->code, test->code_words * 4);
}

static int uses_thumb(void) { return get(UC_ARM_REG_EPSR) >> 24 & 1; }

static void execute(const struct test_case *test, int snapshot_at) {
  memset(&run, 0, sizeof run);
  run.start = run.last_pc = test->code_address;
  run.end = test->code_address + test->sequence_bytes;
  run.snapshot_at = snapshot_at;
  load_state(&test->state);
  memcpy(ram_memory, test->ram, RAM_BYTES);
  uc_err error = uc_emu_start(uc, run.start | 1, run.end, 0, 0);
  if (run.elsewhere) drop_translations(run.elsewhere, run.elsewhere + 2);
  if (run.reason != END) return;
  if (!uses_thumb()) run.reason = INVALID_STATE;
  else if (error == UC_ERR_INSN_INVALID) run.reason = UNDEFINED;
  else if (error != UC_ERR_OK && error != UC_ERR_FETCH_UNMAPPED && error != UC_ERR_FETCH_PROT) {
    run.reason = OTHER_EXCEPTION;
    run.detail = 0x1000u + error;
  }
}

static void run_case(const struct test_case *test) {
  struct state after;
  uint32_t head[2], tail[4], changes[2 * RAM_WORDS];
  uint32_t *ram = (uint32_t *)ram_memory;
  place_code(test);
  execute(test, -1);
  int happened_inside = run.reason != END && run.reason != INVALID_STATE;
  if (happened_inside && run.reason != LIMIT) {
    execute(test, run.count - 1);
    must(uc_context_restore(uc, before_fault), "restoring the state before a fault");
    memcpy(ram_memory, ram_before_fault, RAM_BYTES);
  }
  read_state(&after);
  if (happened_inside) after.r[15] = run.last_pc;
  head[0] = run.reason;
  head[1] = run.detail;
  tail[0] = run.executed[0];
  tail[1] = run.executed[1];
  tail[2] = run.count;
  tail[3] = 0;
  for (uint32_t i = 0; i < RAM_WORDS; i++) {
    if (ram[i] == test->ram[i]) continue;
    changes[2 * tail[3]] = i;
    changes[2 * tail[3]++ + 1] = ram[i];
  }
  fwrite(head, 4, 2, stdout);
  fwrite(&after, 4, sizeof after / 4, stdout);
  fwrite(tail, 4, 4, stdout);
  fwrite(changes, 8, tail[3], stdout);
  memset(code_memory + (test->code_address - CODE_BASE), 0, test->code_words * 4);
}

static int read_words(void *into, size_t words) { return fread(into, 4, words, stdin) == words; }

static int read_case(struct test_case *test) {
  if (!read_words(&test->code_address, 3) || !read_words(&test->state, sizeof test->state / 4)) return 0;
  uint32_t offset = test->code_address - CODE_BASE;
  if (test->code_words > MAX_CODE_WORDS || test->sequence_bytes > 128 || (test->code_address & 3)) return 0;
  if (offset >= CODE_BYTES || offset + test->code_words * 4 > CODE_BYTES) return 0;
  return read_words(test->code, test->code_words) && read_words(test->ram, RAM_WORDS);
}

static const struct { const char *name; uc_cpu_arm model; int has_fpu; } cores[] = {
  { "cortex-m0", UC_CPU_ARM_CORTEX_M0, 0 }, { "cortex-m0plus", UC_CPU_ARM_CORTEX_M0, 0 }, { "cortex-m3", UC_CPU_ARM_CORTEX_M3, 0 },
  { "cortex-m4", UC_CPU_ARM_CORTEX_M4, 1 }, { "cortex-m7", UC_CPU_ARM_CORTEX_M7, 1 },
};

int main(int argc, char **argv) {
  static struct test_case test;
  static char out_buffer[1 << 20];
  uint32_t batch;
  size_t core = 0, core_count = sizeof cores / sizeof *cores;
  while (core < core_count && (argc != 2 || strcmp(cores[core].name, argv[1]) != 0)) core++;
  if (core == core_count) { fprintf(stderr, "usage: unicorn cortex-m0|cortex-m0plus|cortex-m3|cortex-m4|cortex-m7\n"); return 2; }
  has_fpu = cores[core].has_fpu;
  is_v6m = cores[core].model == UC_CPU_ARM_CORTEX_M0;
  setvbuf(stdout, out_buffer, _IOFBF, sizeof out_buffer);
  open_engine(cores[core].model);
  while (read_words(&batch, 1)) {
    if (batch > MAX_BATCH) { fprintf(stderr, "unicorn: a batch of %u cases\n", batch); return 2; }
    for (uint32_t i = 0; i < batch; i++) {
      if (!read_case(&test)) { fprintf(stderr, "unicorn: malformed case %u\n", i); return 2; }
      run_case(&test);
    }
    fflush(stdout);
  }
  return 0;
}
