/*
 * Runs whatever network lies in flash behind this image: what `thumbelina model` loads. It knows no board: memory at 0 is
 * flash, memory at 0x20000000 is RAM, and no device is touched. A debugger, here the emulator, fills in `runner_parameters`
 * before reset, stops at the functions below named runner_*, and reads their arguments (AAPCS: R0 to R2). They are empty:
 *   runner_opened   the network is ready; its arena takes that many bytes
 *   runner_input    an input tensor is about to be used: write its bytes there
 *   runner_output   an output tensor holds its result: read its bytes there
 *   runner_refused  the network cannot be run: why
 *   runner_fault    the core has faulted
 * Between inputs and outputs `inference_layer` tells of each layer. After the outputs the next run begins, and variable
 * tensors keep what they hold.
 * Sources: Armv7-M Architecture Reference Manual (DDI 0403E), B1.5.3 vector table, B3.2.20 CPACR, B2.2 caches.
 */
#include "inference.h"

enum { RUNNER_MAGIC = 0x4e524c54, RUNNER_VERSION = 1 };   /* "TLRN" */

/* What the debugger fills in. */
struct runner_parameters {
  uint32_t magic;
  uint32_t version;
  uint32_t model;         /* address, a multiple of 16 */
  uint32_t model_bytes;
  uint32_t ram_end;       /* one past the last byte of RAM */
};

__attribute__((section(".parameters"), used))
const volatile struct runner_parameters runner_parameters = { RUNNER_MAGIC, RUNNER_VERSION, 0, 0, 0 };

/* From the linker script. */
extern uint32_t stack_top[], data_load[], data_start[], data_end[], bss_end[];
extern uint8_t arena_start[];

void reset(void);

/* Empty for us, and the compiler must not know it: the arguments have to be where a debugger looks for them. */
#define MARKER __attribute__((noipa, used))
MARKER void runner_opened(uint32_t arena_bytes, uint32_t inputs, uint32_t outputs)
{
  (void)arena_bytes, (void)inputs, (void)outputs;
}

MARKER void runner_input(uint32_t index, void *data, uint32_t bytes)
{
  (void)index, (void)data, (void)bytes;
}

MARKER void runner_output(uint32_t index, const void *data, uint32_t bytes)
{
  (void)index, (void)data, (void)bytes;
}

MARKER void runner_refused(uint32_t status, int32_t operator_index, uint32_t detail)
{
  (void)status, (void)operator_index, (void)detail;
  for (;;) { }
}

MARKER void runner_fault(void)
{
  for (;;) { }
}

__attribute__((section(".vectors"), used)) static void (*const vectors[16])(void) = {
  (void (*)(void))stack_top, reset,
  runner_fault, runner_fault, runner_fault, runner_fault, runner_fault, 0, 0, 0, 0,   /* NMI to UsageFault */
  runner_fault, runner_fault, 0, runner_fault, runner_fault,                          /* SVCall to SysTick */
};

static void run(void)
{
  const struct runner_parameters parameters = runner_parameters;
  struct inference_error error = { INFERENCE_OK, -1, 0 };
  struct inference *network = inference_open((const void *)parameters.model, parameters.model_bytes, arena_start,
                                             parameters.ram_end - (uint32_t)arena_start, inference_all_operators, &error);
  if (!network) runner_refused(error.status, error.operator_index, error.detail);
  const uint32_t inputs = inference_input_count(network), outputs = inference_output_count(network);
  runner_opened(inference_arena_bytes(network), inputs, outputs);
  for (;;) {
    for (uint32_t i = 0; i < inputs; i++) runner_input(i, inference_input(network, i)->data, inference_input(network, i)->bytes);
    inference_run(network);
    for (uint32_t i = 0; i < outputs; i++) runner_output(i, inference_output(network, i)->data, inference_output(network, i)->bytes);
  }
}

#if defined __ARM_FP
static void enable_fpu(void)
{
  *(volatile uint32_t *)0xe000ed88 |= 0xfu << 20;   /* CPACR: full access to CP10 and CP11 */
  __asm volatile ("dsb\n isb" ::: "memory");
}
#endif

#if defined RUNNER_HAS_CACHES
static void enable_caches(void)
{
  volatile uint32_t *const ccr = (uint32_t *)0xe000ed14, *const ccsidr = (uint32_t *)0xe000ed80, *const csselr = (uint32_t *)0xe000ed84;
  volatile uint32_t *const iciallu = (uint32_t *)0xe000ef50, *const dcisw = (uint32_t *)0xe000ef60;
  *csselr = 0;                                      /* the data cache */
  __asm volatile ("dsb" ::: "memory");
  const uint32_t sets = (*ccsidr >> 13 & 0x7fff) + 1, ways = (*ccsidr >> 3 & 0x3ff) + 1;
  const uint32_t way_shift = ways > 1 ? (uint32_t)__builtin_clz(ways - 1) : 0, set_shift = (*ccsidr & 7) + 4;
  for (uint32_t set = 0; set < sets; set++)
    for (uint32_t way = 0; way < ways; way++) *dcisw = way << way_shift | set << set_shift;
  *iciallu = 0;
  __asm volatile ("dsb\n isb" ::: "memory");
  *ccr |= 1u << 17 | 1u << 16;                      /* IC, DC */
  __asm volatile ("dsb\n isb" ::: "memory");
}
#endif

void reset(void)
{
  const uint32_t *from = data_load;
  for (uint32_t *to = data_start; to < data_end;) *to++ = *from++;
  for (uint32_t *to = data_end; to < bss_end;) *to++ = 0;
#if defined __ARM_FP
  enable_fpu();
#endif
#if defined RUNNER_HAS_CACHES
  enable_caches();
#endif
  run();
}
