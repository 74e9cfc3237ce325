/*
 * The matrix product at the heart of convolutions: tiles of two pixels (patches) by four output channels, both as int16.
 *
 * One step adds two products to each of eight sums: three LDRD and eight SMLAD, 3 * 3 + 8 = 17 cycles for 16 products, which is 1.06
 * each, by the Cortex-M4 TRM (100166, 3.3.1: LDRD 1 + N; SMLAD 1) as by our timing model. All fourteen registers are taken,
 * so the loop's end is read from the stack: LDR 2, CMP 1, BNE 1 + pipeline refill (1 to 3 by the TRM, 2 in the model), for sixteen steps.
 *
 * A tile's beginning and end take 81 cycles for its eight outputs: biases 7, jump into the loop 4, requantisation 48, stores 10, pointers
 * 12. Eight more where weights are not doubled beforehand.
 *
 *   r0 weights   r1 patches   r2, r3 the two pixels' pairs   r12, lr two channels' pairs   r4 to r11 sums [channel][pixel]
 */
#include "dsp.h"

#ifdef __ARM_FEATURE_DSP

/* struct dsp_tiles as it lies at sp. */
#define WEIGHTS     "#0"
#define WEIGHTS_END "#8"
#define ENTRY       "#12"
#define OUTPUT      "#16"
#define PATCHES_END "#24"

_Static_assert(offsetof(struct dsp_tiles, weights_end) == 8 && offsetof(struct dsp_tiles, skipped_steps) == 12 &&
               offsetof(struct dsp_tiles, output) == 16 && offsetof(struct dsp_tiles, patches_end) == 24 &&
               sizeof(struct dsp_tiles) == 28, "the assembly knows these");

#define STEP \
  "ldrd   r2, r3, [r1], #8\n"   \
  "ldrd   r12, lr, [r0], #8\n"  \
  "smlad  r4, r12, r2, r4\n"    \
  "smlad  r5, r12, r3, r5\n"    \
  "smlad  r6, lr, r2, r6\n"     \
  "smlad  r7, lr, r3, r7\n"     \
  "ldrd   r12, lr, [r0], #8\n"  \
  "smlad  r8, r12, r2, r8\n"    \
  "smlad  r9, r12, r3, r9\n"    \
  "smlad  r10, lr, r2, r10\n"   \
  "smlad  r11, lr, r3, r11\n"
#define FOUR_STEPS STEP STEP STEP STEP
#define STEP_BYTES "44"             /* eleven instructions of 32 bits */

/* Copies the structure to the stack and turns the skipped steps into the address where the first pass begins. */
#define ENTER \
  "push   {r4-r11, lr}\n"         \
  "sub    sp, #28\n"              \
  "ldm    r0, {r2-r8}\n"          \
  "movs   r12, #" STEP_BYTES "\n" \
  "mul    r5, r5, r12\n"          \
  "adr.w  r12, 2f\n"              \
  "add    r5, r5, r12\n"          \
  "orr    r5, r5, #1\n"           \
  "mov    r12, sp\n"              \
  "stm    r12, {r2-r8}\n"         \
  "mov    r1, r3\n"

/* The first step takes the second pixel's biases from the first's registers. */
#define BEGIN_TILE \
  "ldr    r0, [sp, " WEIGHTS "]\n"      \
  "ldm    r0!, {r4, r6, r8, r10}\n"     \
  "ldrd   r2, r3, [r1], #8\n"           \
  "ldrd   r12, lr, [r0], #8\n"          \
  "smlad  r5, r12, r3, r4\n"            \
  "smlad  r4, r12, r2, r4\n"            \
  "smlad  r7, lr, r3, r6\n"             \
  "smlad  r6, lr, r2, r6\n"             \
  "ldrd   r12, lr, [r0], #8\n"          \
  "smlad  r9, r12, r3, r8\n"            \
  "smlad  r8, r12, r2, r8\n"            \
  "smlad  r11, lr, r3, r10\n"           \
  "smlad  r10, lr, r2, r10\n"           \
  "ldr    pc, [sp, " ENTRY "]\n"

#define SUM_UP \
  ".balign 4\n"                         \
  "2:\n"                                \
  FOUR_STEPS FOUR_STEPS FOUR_STEPS FOUR_STEPS \
  "ldr    r2, [sp, " WEIGHTS_END "]\n"  \
  "cmp    r0, r2\n"                     \
  "bne.w  2b\n"

/* struct dsp_requantisation in r2, r3, r12. */
#define REQUANTISE(twice, sum) \
  twice("lsl    " sum ", " sum ", #1\n")     \
  "add    lr, r3, " sum ", asr #31\n"         \
  "smmlar " sum ", " sum ", r2, lr\n"         \
  "asr    " sum ", " sum ", r12\n"            \
  "ssat   " sum ", #8, " sum "\n"
#define REQUANTISE_CHANNEL(twice, first, second) "ldm r0!, {r2, r3, r12}\n" REQUANTISE(twice, first) REQUANTISE(twice, second)
#define DOUBLED_HERE(instruction) instruction
#define DOUBLED_BEFORE(instruction)

#define TILES_REQUANTISED(twice) \
  ENTER                                       \
  BEGIN_TILE                                  \
  SUM_UP                                      \
  REQUANTISE_CHANNEL(twice, "r4", "r5")       \
  REQUANTISE_CHANNEL(twice, "r6", "r7")       \
  REQUANTISE_CHANNEL(twice, "r8", "r9")       \
  REQUANTISE_CHANNEL(twice, "r10", "r11")     \
  "ldrd   r2, r3, [sp, " OUTPUT "]\n"         \
  "ldr    r12, [sp, " PATCHES_END "]\n"       \
  "strb   r4, [r2]\n"                         \
  "strb   r6, [r2, #1]\n"                     \
  "strb   r8, [r2, #2]\n"                     \
  "strb   r10, [r2, #3]\n"                    \
  "add    r2, r2, r3\n"                       \
  "strb   r5, [r2]\n"                         \
  "strb   r7, [r2, #1]\n"                     \
  "strb   r9, [r2, #2]\n"                     \
  "strb   r11, [r2, #3]\n"                    \
  "add    r2, r2, r3\n"                       \
  "str    r2, [sp, " OUTPUT "]\n"             \
  "cmp    r1, r12\n"                          \
  "beq    3f\n"                               \
  BEGIN_TILE /* cheaper than a branch back */ \
  "3:\n"                                      \
  "add    sp, #28\n"                          \
  "pop    {r4-r11, pc}\n"

__attribute__((naked)) void dsp_tiles_requantised(const struct dsp_tiles *tiles __attribute__((unused))) {
  __asm volatile(TILES_REQUANTISED(DOUBLED_HERE));
}

__attribute__((naked)) void dsp_doubled_tiles_requantised(const struct dsp_tiles *tiles __attribute__((unused))) {
  __asm volatile(TILES_REQUANTISED(DOUBLED_BEFORE));
}

__attribute__((naked)) void dsp_tile_sums(const struct dsp_tiles *tiles __attribute__((unused)), int32_t *sums __attribute__((unused))) {
  __asm volatile(
    "push   {r1, lr}\n"
    "bl     3f\n"
    "pop    {r1, pc}\n"
    "3:\n"
    ENTER
    BEGIN_TILE
    SUM_UP
    "ldr    r0, [sp, #64]\n"        /* above the structure's 28 bytes and the registers' 36 */
    "stm    r0, {r4-r11}\n"
    "add    sp, #28\n"
    "pop    {r4-r11, pc}\n");
}

#endif
