/* A sample to copy: blinks the LED, runs a network once a second and prints what it says. Replace model.tflite, and this. */
#include "inference-operators.h"
#include "nano33ble.h"
#include "ticker.h"
#include "uart.h"

enum { ARENA_BYTES = 4 * 1024 };

extern const uint8_t model[], model_end[];

/* The operators of model.tflite: only these are linked. The Makefile names their files. */
static const struct inference_operator *const operators[] = { &inference_fully_connected_int8, NULL };
static uint8_t arena[ARENA_BYTES] __attribute__((aligned(16), section(".arena")));

int main(void) {
  board_start();
  struct inference_error error;
  struct inference *network = inference_open(model, (uint32_t)(model_end - model), arena, sizeof arena, operators, &error);
  if (network == NULL) {
    uart_text("the model is refused\n");
    return 1;
  }
  ticker_start(TICKER_HZ / 2);
  for (int8_t input = 0;; input += 8) {
    board_light(false, true, false);
    *(int8_t *)inference_input(network, 0)->data = input;
    inference_run(network);
    uart_number(input);
    uart_text(" -> ");
    uart_number(*(const int8_t *)inference_output(network, 0)->data);
    uart_text("\n");
    ticker_wait();
    board_light(false, false, false);
    ticker_wait();
  }
}
