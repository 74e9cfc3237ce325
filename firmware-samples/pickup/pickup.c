/*
 * Notices that it is picked up, in two stages, and sleeps otherwise.
 * Stage 1: the accelerometer judges by itself, ten times a second, whether it moves; four times a second the core wakes to read that
 * one bit (the board does not connect the sensor's interrupt pin). Stage 2, only after a movement: a small network looks at the
 * 3.2 s around it, which the sensor's FIFO has kept meanwhile.
 */
#include "inference-operators.h"
#include "lsm9ds1.h"
#include "nano33ble.h"
#include "ticker.h"
#include "twim.h"
#include "uart.h"
#include "window.h"

enum { LOOKS_HZ = 4, SETTLE_LOOKS = 4, THRESHOLD_MG = 150, AFTER_LOOKS = 2 * LOOKS_HZ, ARENA_BYTES = 4 * 1024 };
enum { ANSWERS = 2, PICKED_UP = 1, SOFTMAX_STEPS = 256, SOFTMAX_ZERO = -128 };

extern const uint8_t model[], model_end[];

static const struct inference_operator *const operators[] = {
  &inference_conv_2d_int8, &inference_average_pool_2d_int8, &inference_reshape, &inference_fully_connected_int8, &inference_softmax_int8, NULL,
};
static uint8_t arena[ARENA_BYTES] __attribute__((aligned(16), section(".arena")));

_Noreturn static void give_up(const char *why, int32_t number) {
  uart_text(why);
  uart_number(number);
  uart_text("\n");
  uart_flush();
  for (;;) __asm volatile("wfi");
}

static struct inference *open_network(void) {
  struct inference_error error;
  struct inference *network = inference_open(model, (uint32_t)(model_end - model), arena, sizeof arena, operators, &error);
  if (network == NULL) give_up("the model is refused: status ", (int32_t)error.status);
  if (inference_input(network, 0)->bytes != WINDOW_ROWS * WINDOW_AXES || inference_output(network, 0)->bytes != ANSWERS) give_up("the model has another shape: ", (int32_t)inference_input(network, 0)->bytes);
  return network;
}

static void wait_looks(uint32_t looks) { while (looks--) ticker_wait(); }

/* "4.3 s: picked up 98 %, 12345 cycles; stage 2 woke 1 times, asleep 99.95 %" */
static void tell(bool is_picked_up, int32_t score, uint32_t cycles, uint32_t wakes) {
  uart_decimal((int32_t)(ticker_milliseconds() / 100), 1);
  uart_text(is_picked_up ? " s: picked up " : " s: something else ");
  uart_number((score - SOFTMAX_ZERO) * 100 / SOFTMAX_STEPS);
  uart_text(" %, ");
  uart_number((int32_t)cycles);
  uart_text(" cycles; stage 2 woke ");
  uart_number((int32_t)wakes);
  uart_text(wakes == 1 ? " time, asleep " : " times, asleep ");
  uart_decimal((int32_t)ticker_asleep(), 2);
  uart_text(" %\n");
  board_light(false, is_picked_up, false);
}

/* Stage 2. Before the FIFO has been filled once nothing can be said. */
static void confirm(struct inference *network, uint32_t wakes) {
  static int16_t samples[LSM9DS1_DEPTH][LSM9DS1_AXES];
  const int32_t count = lsm9ds1_read(samples);
  if (count < 0) uart_text("the LSM9DS1 does not answer\n");
  if (count < WINDOW_ROWS) return;
  window_features((const int16_t (*)[WINDOW_AXES])samples, inference_input(network, 0)->data);
  const uint32_t from = cycles_now();
  inference_run(network);
  const uint32_t cycles = cycles_now() - from;
  const int8_t *scores = inference_output(network, 0)->data;
  const bool is_picked_up = scores[PICKED_UP] > scores[0];
  tell(is_picked_up, scores[is_picked_up], cycles, wakes);
}

int main(void) {
  board_start();
  struct inference *network = open_network();
  twim_start();
  if (!lsm9ds1_start(LSM9DS1_10HZ) || !lsm9ds1_watch(THRESHOLD_MG)) give_up("no LSM9DS1 at ", 0x6B);
  uart_text("lying in wait\n");
  ticker_start(TICKER_HZ / LOOKS_HZ);
  wait_looks(SETTLE_LOOKS);
  lsm9ds1_has_moved();
  for (uint32_t wakes = 0;;) {
    ticker_wait();
    if (!lsm9ds1_has_moved()) continue;
    wait_looks(AFTER_LOOKS);
    confirm(network, ++wakes);
    lsm9ds1_has_moved();
  }
}
