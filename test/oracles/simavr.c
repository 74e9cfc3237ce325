/*
 * simavr as a server for single test cases: a bare core without peripherals, so that every data address is memory. Reads messages
 * on standard input, writes results on standard output, little-endian; the layouts are mirrored in test/oracles/simavr.ts.
 *
 *   argument:      words of program memory; above 64 K it is a core with a 22-bit PC
 *   message 0:     program (words x 2 bytes), compared (words x 1 byte), data (65536 bytes)
 *   message n > 0: n cases of CASE_BYTES: pc (4), steps (4), sp (2), sreg, rampz, eind, R0..R31, 3 bytes of nothing
 *   result:        pc (4), cycles (4), steps (4), changes (4), sp (2), sreg, rampz, eind, R0..R31, whether the case says nothing, 2 bytes of nothing,
 *                  changes x (address (2), value (2))
 *
 * A case ends after its steps, before an instruction that is not compared, or after one that spoils what follows.
 */
#include <simavr/sim_avr.h>
#include <simavr/sim_core.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DATA_BYTES = 65536, RAMPZ = 0x5b, EIND = 0x5c, SPL = 0x5d, RAMPZ_MASK = 3, EIND_MASK = 1, REGISTERS = 32, S_FLAGS = 8 };

/* Of `compared`, as in test/fuzz/avr/rules.ts. */
enum { BEFORE, ON, AFTER };

struct registers { uint16_t sp; uint8_t sreg, rampz, eind, r[REGISTERS], is_void, nothing[2]; };
struct test_case { uint32_t pc, steps; struct registers registers; };
struct result { uint32_t pc, cycles, steps, changes; struct registers registers; };

static avr_t *avr;
static uint32_t program_words;
static int is_wide;
static uint8_t *compared;
static uint8_t pristine[DATA_BYTES];

static void quiet(avr_t *which, const int level, const char *format, va_list arguments) {
  (void)which, (void)level, (void)format, (void)arguments;
}

static void must_read(void *into, size_t bytes) {
  if (fread(into, 1, bytes, stdin) == bytes) return;
  exit(feof(stdin) ? 0 : 1);
}

static void make_core(void) {
  avr_t core;
  memset(&core, 0, sizeof core);
  core.mmcu = "bare";
  core.ioend = 0xff;
  core.ramend = DATA_BYTES - 1;
  core.flashend = 2 * program_words - 1;
  core.e2end = 0;
  core.vector_size = 4;
  core.address_size = is_wide ? 3 : 2;
  core.rampz = is_wide ? RAMPZ : 0;
  core.eind = is_wide ? EIND : 0;
  avr = avr_core_allocate(&core, sizeof core);
  avr_global_logger_set(quiet);
  avr_init(avr);
  avr->log = 0;
  avr->frequency = 16000000;
}

static void load_image(void) {
  must_read(avr->flash, 2 * program_words);
  must_read(compared, program_words);
  must_read(pristine, DATA_BYTES);
  memcpy(avr->data, pristine, DATA_BYTES);
  avr->codeend = avr->flashend;
}

static void set_registers(const struct registers *from) {
  memcpy(avr->data, from->r, REGISTERS);
  avr->data[SPL] = from->sp & 0xff;
  avr->data[SPL + 1] = from->sp >> 8;
  avr->data[RAMPZ] = from->rampz;
  avr->data[EIND] = from->eind;
  for (int flag = 0; flag < S_FLAGS; flag++) avr->sreg[flag] = (from->sreg >> flag) & 1;
  avr->interrupt_state = 0;
}

static void get_registers(struct registers *to) {
  memset(to, 0, sizeof *to);
  memcpy(to->r, avr->data, REGISTERS);
  to->sp = avr->data[SPL] | avr->data[SPL + 1] << 8;
  to->rampz = avr->data[RAMPZ];
  to->eind = avr->data[EIND];
  for (int flag = 0; flag < S_FLAGS; flag++) to->sreg |= avr->sreg[flag] << flag;
}

/* It keeps bits that the chip does not have, and lets the PC leave program memory. */
static void reduce(void) {
  avr->pc &= 2 * program_words - 1;
  if (!is_wide) return;
  avr->data[RAMPZ] &= RAMPZ_MASK;
  avr->data[EIND] &= EIND_MASK;
}

static void send_changes(struct result *result) {
  static uint16_t changes[2 * DATA_BYTES];
  for (uint32_t line = 0; line < DATA_BYTES; line += 64) {
    if (memcmp(avr->data + line, pristine + line, 64) == 0) continue;
    for (uint32_t address = line; address < line + 64; address++) {
      const int is_named = address < REGISTERS || (address >= RAMPZ && address <= SPL + 2);
      if (is_named || avr->data[address] == pristine[address]) continue;
      changes[2 * result->changes] = address;
      changes[2 * result->changes++ + 1] = avr->data[address];
    }
    memcpy(avr->data + line, pristine + line, 64);
  }
  fwrite(result, sizeof *result, 1, stdout);
  fwrite(changes, 4, result->changes, stdout);
}

/* As isAstray in test/fuzz/avr/case.ts. */
static int is_astray(void) {
  const int sp = avr->data[SPL] | avr->data[SPL + 1] << 8;
  if (sp < REGISTERS + 4 || sp >= DATA_BYTES - 3 || (sp >= SPL - 4 && sp <= SPL + 6)) return 1;
  for (int low = 26; low < REGISTERS; low += 2) {
    const int pointer = avr->data[low] | avr->data[low + 1] << 8;
    if (pointer >= 25 && pointer <= REGISTERS) return 1;
  }
  return 0;
}

static void run_case(const struct test_case *test) {
  struct result result = { .changes = 0 };
  set_registers(&test->registers);
  avr->pc = 2 * test->pc;
  avr->cycle = 0;
  avr->state = cpu_Running;
  uint32_t steps = 0;
  int is_void = 0;
  for (int judgement = ON; judgement == ON && steps < test->steps;) {
    judgement = compared[avr->pc / 2];
    if (judgement == BEFORE) break;
    is_void |= is_astray();
    avr->run_cycle_count = 0; /* one instruction, not as many as fit */
    avr->pc = avr_run_one(avr);
    reduce();
    steps++;
  }
  result.pc = avr->pc / 2;
  result.cycles = avr->cycle;
  result.steps = steps;
  get_registers(&result.registers);
  result.registers.is_void = is_void;
  send_changes(&result);
}

int main(int count, char **arguments) {
  if (count != 2) return 2;
  program_words = strtoul(arguments[1], NULL, 0);
  is_wide = program_words > 65536;
  compared = malloc(program_words);
  make_core();
  for (;;) {
    uint32_t cases;
    must_read(&cases, sizeof cases);
    if (cases == 0) load_image();
    for (uint32_t i = 0; i < cases; i++) {
      struct test_case test;
      must_read(&test, sizeof test);
      run_case(&test);
    }
    fflush(stdout);
  }
}
