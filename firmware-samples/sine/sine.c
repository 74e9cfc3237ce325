/* Predicts the sine of 17 angles with a network of three small layers, in thousandths: the least that inference can be. */
#include "inference-operators.h"
#include "uart.h"
#ifdef NANO33BLE
#include "nano33ble.h"
#else
#include "mps2.h"
#endif

/* The input's quantisation: one turn is all of int8, -128 is -pi. */
enum { FIRST = -128, LAST = 127, STEP = 16, MICRORADIANS = 24544, ARENA_BYTES = 4 * 1024 };

extern const uint8_t model[], model_end[];

static const struct inference_operator *const operators[] = { &inference_fully_connected_int8, NULL };
static uint8_t arena[ARENA_BYTES] __attribute__((aligned(16), section(".arena")));

static void tell(int32_t angle, const struct inference_tensor *output) {
  const float sine = (float)(*(const int8_t *)output->data - output->zero_point) * output->scale;
  uart_text("sine of ");
  uart_decimal(angle * MICRORADIANS / 1000, 3);
  uart_text(" is about ");
  uart_decimal((int32_t)(sine * 1000), 3);
  uart_text("\n");
}

int main(void) {
  board_start();
  struct inference_error error;
  struct inference *network = inference_open(model, (uint32_t)(model_end - model), arena, sizeof arena, operators, &error);
  if (network == NULL) {
    uart_text("the model is refused\n");
    return 1;
  }
  uint32_t cycles = 0;
  for (int32_t angle = FIRST; angle <= LAST + 1; angle += STEP) {
    *(int8_t *)inference_input(network, 0)->data = (int8_t)(angle > LAST ? LAST : angle);
    const uint32_t from = cycles_now();
    inference_run(network);
    cycles = cycles_now() - from;
    tell(angle > LAST ? LAST : angle, inference_output(network, 0));
  }
  uart_number((int32_t)cycles);
  uart_text(" cycles each\n");
  return 0;
}
