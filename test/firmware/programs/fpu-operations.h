/* Instructions that exist in both precisions; REAL, BITS, REG (asm constraint), SUFFIX and W (asm operand modifier) are the includer's. */
enum { ROUNDS = 96, MODES = 16 };

static inline uint32_t get_fpscr(void) { uint32_t v; __asm volatile("vmrs %0, fpscr" : "=r"(v)); return v; }
static inline void set_fpscr(uint32_t v) { __asm volatile("vmsr fpscr, %0" :: "r"(v)); }

/* For each combination of RMode, FZ (bit 24) and DN (bit 25). */
#define EACH_MODE(...) \
  for (uint32_t mode = 0; mode < MODES; mode++) \
    for (int i = 0; i < ROUNDS; i++) { set_fpscr(mode << 22); __VA_ARGS__ mix(get_fpscr()); }

#define OP2(op) EACH_MODE({ \
    REAL d, n = TO_REAL(RANDOM_BITS()), m = TO_REAL(RANDOM_BITS()); \
    __asm volatile(op SUFFIX " %" W "0, %" W "1, %" W "2" : "=" REG(d) : REG(n), REG(m)); \
    mix64(TO_BITS(d)); }) report(op SUFFIX);
#define OP3(op) EACH_MODE({ \
    REAL d = TO_REAL(RANDOM_BITS()), n = TO_REAL(RANDOM_BITS()), m = TO_REAL(RANDOM_BITS()); \
    __asm volatile(op SUFFIX " %" W "0, %" W "1, %" W "2" : "+" REG(d) : REG(n), REG(m)); \
    mix64(TO_BITS(d)); }) report(op SUFFIX);
#define OP1(op) EACH_MODE({ \
    REAL d, m = TO_REAL(RANDOM_BITS()); \
    __asm volatile(op SUFFIX " %" W "0, %" W "1" : "=" REG(d) : REG(m)); \
    mix64(TO_BITS(d)); }) report(op SUFFIX);

static void arithmetic(void) {
  OP2("vadd") OP2("vsub") OP2("vmul") OP2("vnmul") OP2("vdiv")
  OP3("vmla") OP3("vmls") OP3("vnmla") OP3("vnmls") OP3("vfma") OP3("vfms") OP3("vfnma") OP3("vfnms")
  OP1("vsqrt") OP1("vabs") OP1("vneg")
}

#define COMPARE(op) EACH_MODE({ \
    REAL n = TO_REAL(RANDOM_BITS()), m = i & 3 ? TO_REAL(RANDOM_BITS()) : n; \
    uint32_t apsr; \
    __asm volatile(op SUFFIX " %" W "1, %" W "2\n vmrs apsr_nzcv, fpscr\n mrs %0, apsr" : "=r"(apsr) : REG(n), REG(m) : "cc"); \
    mix(apsr & 0xF0000000); mix(get_fpscr()); \
    __asm volatile(op SUFFIX " %" W "0, #0.0" :: REG(n)); }) report(op SUFFIX);

static void compares(void) { COMPARE("vcmp") COMPARE("vcmpe") }

/* Between REAL and 32-bit integers, which live in single-precision registers. */
#define FROM_INTEGER(type) EACH_MODE({ \
    REAL d; float s = bits_float(random_operand()); \
    __asm volatile("vcvt" SUFFIX type " %" W "0, %1" : "=" REG(d) : "t"(s)); mix64(TO_BITS(d)); }) report("vcvt" SUFFIX type);
#define TO_INTEGER(op, type) EACH_MODE({ \
    float d; REAL m = TO_REAL(i & 1 ? RANDOM_BITS() : TO_BITS((REAL)(int32_t)random_operand() / (REAL)(1 << (i & 15)))); \
    set_fpscr(mode << 22); \
    __asm volatile(op type SUFFIX " %0, %" W "1" : "=t"(d) : REG(m)); mix(float_bits(d)); }) report(op type SUFFIX);

static void integers(void) {
  FROM_INTEGER(".s32") FROM_INTEGER(".u32")
  TO_INTEGER("vcvt", ".s32") TO_INTEGER("vcvt", ".u32") TO_INTEGER("vcvtr", ".s32") TO_INTEGER("vcvtr", ".u32")
}

#define FIXED(type, bits) EACH_MODE({ \
    REAL d = TO_REAL(RANDOM_BITS()); \
    __asm volatile("vcvt" type SUFFIX " %" W "0, %" W "0, #" bits : "+" REG(d)); mix64(TO_BITS(d)); \
    d = TO_REAL(RANDOM_BITS()); \
    __asm volatile("vcvt" SUFFIX type " %" W "0, %" W "0, #" bits : "+" REG(d)); mix64(TO_BITS(d)); }) report("vcvt" type SUFFIX " #" bits);

static void fixed_point(void) {
  FIXED(".s16", "1") FIXED(".s16", "16") FIXED(".u16", "5") FIXED(".u16", "16")
  FIXED(".s32", "1") FIXED(".s32", "15") FIXED(".s32", "32") FIXED(".u32", "8") FIXED(".u32", "32")
}

#if __ARM_FP & 8 /* FPv5 */
#define SELECT(condition) EACH_MODE({ \
    REAL d, n = TO_REAL(RANDOM_BITS()), m = TO_REAL(RANDOM_BITS()); \
    __asm volatile("msr apsr_nzcvq, %3\n vsel" condition SUFFIX " %" W "0, %" W "1, %" W "2" : "=" REG(d) : REG(n), REG(m), "r"((uint32_t)i << 28) : "cc"); \
    mix64(TO_BITS(d)); }) report("vsel" condition SUFFIX);

static void armv8_rounding(void) {
  SELECT("eq") SELECT("ge") SELECT("gt") SELECT("vs")
  OP2("vmaxnm") OP2("vminnm")
  OP1("vrinta") OP1("vrintn") OP1("vrintp") OP1("vrintm") OP1("vrintx") OP1("vrintz") OP1("vrintr")
  TO_INTEGER("vcvta", ".s32") TO_INTEGER("vcvta", ".u32") TO_INTEGER("vcvtn", ".s32") TO_INTEGER("vcvtn", ".u32")
  TO_INTEGER("vcvtp", ".s32") TO_INTEGER("vcvtp", ".u32") TO_INTEGER("vcvtm", ".s32") TO_INTEGER("vcvtm", ".u32")
}
#endif
