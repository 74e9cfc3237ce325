/*
 * Every instruction of the DSP extension on random operands, with Q and GE read after each.
 * Source: Armv7-M ARM, A4.4.3 to A4.4.6 and A7.7.
 */
#include "random.h"

enum { ROUNDS = 400 };

static inline uint32_t take_flags(void) {
  uint32_t apsr;
  __asm volatile("mrs %0, apsr" : "=r"(apsr));
  __asm volatile("msr apsr_nzcvqg, %0" :: "r"(0) : "cc");
  return apsr & 0x080F0000;
}
static inline void set_ge(uint32_t ge) { __asm volatile("msr apsr_g, %0" :: "r"(ge << 16)); }

/* Each macro runs one instruction ROUNDS times and prints one line. Flags are read in the same asm: the compiler must not add between. */
#define FLAGS "mrs %[f], apsr\n mov r12, #0\n msr apsr_nzcvqg, r12"
#define MIX_FLAGS(f) mix((f) & 0x080F0000)
#define RD_RN_RM(op, name) \
  for (int i = 0; i < ROUNDS; i++) { \
    uint32_t d, f, n = random_operand(), m = random_operand(); \
    __asm volatile(op " %[d], %[n], %[m]\n" FLAGS : [d] "=&r"(d), [f] "=&r"(f) : [n] "r"(n), [m] "r"(m) : "r12", "cc"); \
    mix(d); MIX_FLAGS(f); \
  } report(name);
#define RD_RN_RM_RA(op) \
  for (int i = 0; i < ROUNDS; i++) { \
    uint32_t d, f, n = random_operand(), m = random_operand(), a = random_operand(); \
    __asm volatile(op " %[d], %[n], %[m], %[a]\n" FLAGS : [d] "=&r"(d), [f] "=&r"(f) : [n] "r"(n), [m] "r"(m), [a] "r"(a) : "r12", "cc"); \
    mix(d); MIX_FLAGS(f); \
  } report(op);
#define RDLO_RDHI_RN_RM(op) \
  for (int i = 0; i < ROUNDS; i++) { \
    uint32_t l = random_operand(), h = random_operand(), f, n = random_operand(), m = random_operand(); \
    __asm volatile(op " %[l], %[h], %[n], %[m]\n" FLAGS : [l] "+r"(l), [h] "+r"(h), [f] "=&r"(f) : [n] "r"(n), [m] "r"(m) : "r12", "cc"); \
    mix(l); mix(h); MIX_FLAGS(f); \
  } report(op);
#define RD_RM_SUFFIX(op, suffix) \
  for (int i = 0; i < ROUNDS; i++) { \
    uint32_t d, f, m = random_operand(); \
    __asm volatile(op " %[d], %[m]" suffix "\n" FLAGS : [d] "=&r"(d), [f] "=&r"(f) : [m] "r"(m) : "r12", "cc"); \
    mix(d); MIX_FLAGS(f); \
  } report(op suffix);
#define RD_RN_RM_SUFFIX(op, suffix) \
  for (int i = 0; i < ROUNDS; i++) { \
    uint32_t d, f, n = random_operand(), m = random_operand(); \
    __asm volatile(op " %[d], %[n], %[m]" suffix "\n" FLAGS : [d] "=&r"(d), [f] "=&r"(f) : [n] "r"(n), [m] "r"(m) : "r12", "cc"); \
    mix(d); MIX_FLAGS(f); \
  } report(op suffix);
#define SATURATE(op, bits, suffix) \
  for (int i = 0; i < ROUNDS; i++) { \
    uint32_t d, f, n = random_operand(); \
    __asm volatile(op " %[d], #" bits ", %[n]" suffix "\n" FLAGS : [d] "=&r"(d), [f] "=&r"(f) : [n] "r"(n) : "r12", "cc"); \
    mix(d); MIX_FLAGS(f); \
  } report(op " " bits suffix);

#define OP3(op) RD_RN_RM(op, op)
#define PARALLEL(prefix) OP3(prefix "add16") OP3(prefix "asx") OP3(prefix "sax") OP3(prefix "sub16") OP3(prefix "add8") OP3(prefix "sub8")

static void parallel(void) {
  PARALLEL("s") PARALLEL("q") PARALLEL("sh") PARALLEL("u") PARALLEL("uq") PARALLEL("uh")
  OP3("usad8") RD_RN_RM_RA("usada8")
}

static void select_bytes(void) {
  for (int i = 0; i < ROUNDS; i++) {
    uint32_t d, n = random_operand(), m = random_operand();
    set_ge((uint32_t)i & 15);
    __asm volatile("sel %0, %1, %2" : "=r"(d) : "r"(n), "r"(m));
    mix(d);
    __asm volatile("usub8 %0, %1, %2\n sel %0, %1, %2" : "=&r"(d) : "r"(n), "r"(m));
    mix(d); mix(take_flags());
  }
  report("sel");
}

static void saturating(void) {
  OP3("qadd") OP3("qsub") OP3("qdadd") OP3("qdsub")
  SATURATE("ssat16", "1", "") SATURATE("ssat16", "9", "") SATURATE("ssat16", "16", "")
  SATURATE("usat16", "0", "") SATURATE("usat16", "8", "") SATURATE("usat16", "15", "")
  SATURATE("ssat", "1", "") SATURATE("ssat", "17", ", lsl #5") SATURATE("ssat", "32", ", asr #31") SATURATE("ssat", "8", ", lsl #31")
  SATURATE("usat", "0", "") SATURATE("usat", "16", ", lsl #1") SATURATE("usat", "31", ", asr #9")
}

static void extend_and_pack(void) {
#define ROTATIONS(macro, op) macro(op, "") macro(op, ", ror #8") macro(op, ", ror #16") macro(op, ", ror #24")
  ROTATIONS(RD_RM_SUFFIX, "sxtb") ROTATIONS(RD_RM_SUFFIX, "sxth") ROTATIONS(RD_RM_SUFFIX, "uxtb") ROTATIONS(RD_RM_SUFFIX, "uxth")
  ROTATIONS(RD_RM_SUFFIX, "sxtb16") ROTATIONS(RD_RM_SUFFIX, "uxtb16")
  ROTATIONS(RD_RN_RM_SUFFIX, "sxtab") ROTATIONS(RD_RN_RM_SUFFIX, "sxtah") ROTATIONS(RD_RN_RM_SUFFIX, "uxtab") ROTATIONS(RD_RN_RM_SUFFIX, "uxtah")
  ROTATIONS(RD_RN_RM_SUFFIX, "sxtab16") ROTATIONS(RD_RN_RM_SUFFIX, "uxtab16")
  RD_RN_RM_SUFFIX("pkhbt", "") RD_RN_RM_SUFFIX("pkhbt", ", lsl #16") RD_RN_RM_SUFFIX("pkhbt", ", lsl #31")
  RD_RN_RM_SUFFIX("pkhtb", ", asr #1") RD_RN_RM_SUFFIX("pkhtb", ", asr #16") RD_RN_RM_SUFFIX("pkhtb", ", asr #32")
}

static void multiplies(void) {
  OP3("smulbb") OP3("smulbt") OP3("smultb") OP3("smultt") OP3("smulwb") OP3("smulwt")
  RD_RN_RM_RA("smlabb") RD_RN_RM_RA("smlabt") RD_RN_RM_RA("smlatb") RD_RN_RM_RA("smlatt") RD_RN_RM_RA("smlawb") RD_RN_RM_RA("smlawt")
  OP3("smuad") OP3("smuadx") OP3("smusd") OP3("smusdx")
  RD_RN_RM_RA("smlad") RD_RN_RM_RA("smladx") RD_RN_RM_RA("smlsd") RD_RN_RM_RA("smlsdx")
  RDLO_RDHI_RN_RM("smlalbb") RDLO_RDHI_RN_RM("smlalbt") RDLO_RDHI_RN_RM("smlaltb") RDLO_RDHI_RN_RM("smlaltt")
  RDLO_RDHI_RN_RM("smlald") RDLO_RDHI_RN_RM("smlaldx") RDLO_RDHI_RN_RM("smlsld") RDLO_RDHI_RN_RM("smlsldx")
  OP3("smmul") OP3("smmulr") RD_RN_RM_RA("smmla") RD_RN_RM_RA("smmlar") RD_RN_RM_RA("smmls") RD_RN_RM_RA("smmlsr")
  RDLO_RDHI_RN_RM("umaal") RDLO_RDHI_RN_RM("umlal") RDLO_RDHI_RN_RM("smlal") RDLO_RDHI_RN_RM("umull") RDLO_RDHI_RN_RM("smull")
}

int main(void) {
  take_flags();
  parallel();
  select_bytes();
  saturating();
  extend_and_pack();
  multiplies();
  return 0;
}
