/*
 * Runs one floating-point instruction on many operand sets in Unicorn (QEMU's softfloat).
 *
 * stdin:  batches of little-endian words: core (4: Cortex-M4, 7: FPv5), opcode (first halfword on top), count (at most MOST), then
 *         per set FPSCR and S0..S5.
 * stdout: per set S0..S5 and FPSCR afterwards.
 *
 * The guest itself walks through a batch, so a set costs a few dozen nanoseconds and no crossing of the API.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unicorn/unicorn.h>

enum { CODE = 0x1000, INPUT = 0x100000, OUTPUT = 0x2000000, MOST = 1 << 18, WORDS = 7 };

static uint32_t sets[MOST * WORDS];

static void must(uc_err error, const char *doing, uint32_t opcode) {
  if (error == UC_ERR_OK) return;
  fprintf(stderr, "float-oracle: %s (opcode %08x): %s\n", doing, opcode, uc_strerror(error));
  exit(1);
}

/*
 * Unicorn 2.0.1 has no double precision in its Cortex-M7 and answers with an invalid instruction; FPv5 therefore runs on
 * `max`, the A-profile core that has the same instructions with the same meaning.
 */
static uc_engine *open_core(uc_cpu_arm model) {
  uc_engine *uc;
  int is_m_profile = model == UC_CPU_ARM_CORTEX_M4;
  must(uc_open(UC_ARCH_ARM, is_m_profile ? UC_MODE_THUMB | UC_MODE_MCLASS : UC_MODE_THUMB, &uc), "opening", 0);
  must(uc_ctl_set_cpu_model(uc, model), "choosing the core", 0);
  must(uc_mem_map(uc, 0, 0x10000, UC_PROT_ALL), "mapping code", 0);
  must(uc_mem_map(uc, INPUT, 0x1000000, UC_PROT_ALL), "mapping input", 0);
  must(uc_mem_map(uc, OUTPUT, 0x1000000, UC_PROT_ALL), "mapping output", 0);
  uint32_t access = 0xfu << 20, enable = 1u << 30;
  if (!is_m_profile) must(uc_reg_write(uc, UC_ARM_REG_C1_C0_2, &access), "allowing access to the FPU", 0);
  must(uc_reg_write(uc, UC_ARM_REG_FPEXC, &enable), "enabling the FPU", 0);
  return uc;
}

static void run(uc_engine *uc, uint32_t opcode, uint32_t count) {
  const uint16_t program[] = {
    0xf850, 0x3b04,                                       /* loop: ldr r3, [r0], #4 */
    0xeee1, 0x3a10,                                       /*       vmsr fpscr, r3 */
    0xeef1, 0xfa10,                                       /*       vmrs APSR_nzcv, fpscr (for VSEL) */
    0xecb0, 0x0a06,                                       /*       vldmia r0!, {s0-s5} */
    (uint16_t)(opcode >> 16), (uint16_t)opcode,
    0xeca2, 0x0a06,                                       /*       vstmia r2!, {s0-s5} */
    0xeef1, 0x3a10,                                       /*       vmrs r3, fpscr */
    0xf842, 0x3b04,                                       /*       str r3, [r2], #4 */
    0x3901,                                               /*       subs r1, #1 */
    0xd1ed,                                               /*       bne loop */
  };
  /* A fresh address per batch: translated code is never stale. */
  static uint32_t at = CODE;
  at = at + 64 < 0x10000 ? at + 64 : CODE;
  uc_ctl_remove_cache(uc, at, at + sizeof program);
  uint32_t input = INPUT, output = OUTPUT;
  must(uc_mem_write(uc, at, program, sizeof program), "writing code", opcode);
  must(uc_mem_write(uc, INPUT, sets, count * WORDS * 4), "writing operands", opcode);
  uc_reg_write(uc, UC_ARM_REG_R0, &input);
  uc_reg_write(uc, UC_ARM_REG_R1, &count);
  uc_reg_write(uc, UC_ARM_REG_R2, &output);
  must(uc_emu_start(uc, at | 1, at + sizeof program, 0, 0), "running", opcode);
  must(uc_mem_read(uc, OUTPUT, sets, count * WORDS * 4), "reading results", opcode);
}

int main(void) {
  uc_engine *m4 = open_core(UC_CPU_ARM_CORTEX_M4);
  uc_engine *fpv5 = open_core(UC_CPU_ARM_MAX);
  uint32_t head[3];
  while (fread(head, 4, 3, stdin) == 3) {
    uint32_t count = head[2];
    if (count == 0 || count > MOST || fread(sets, WORDS * 4, count, stdin) != count) {
      fprintf(stderr, "float-oracle: batch of %u sets is too large or cut off\n", count);
      return 1;
    }
    run(head[0] == 4 ? m4 : fpv5, head[1], count);
    fwrite(sets, WORDS * 4, count, stdout);
  }
  return 0;
}
