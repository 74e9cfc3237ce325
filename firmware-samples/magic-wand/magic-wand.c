/*
 * A magic wand: tells from the accelerometer which gesture the hand made, on Serial1 and by the colour of the LED.
 * The core sleeps but for a look into the sensor's FIFO five times a second, and for one run of the network when a movement ends.
 */
#include "gesture.h"
#include "inference-operators.h"
#include "lsm9ds1.h"
#include "nano33ble.h"
#include "ticker.h"
#include "twim.h"
#include "uart.h"

enum { LOOKS_HZ = 5, PAIR = 2, UNSETTLED = 4, ARENA_BYTES = 8 * 1024 };
enum { GESTURES = 4, NEGATIVE = 3, SOFTMAX_STEPS = 256, SOFTMAX_ZERO = -128, ANSWER_BYTES = GESTURES };

extern const uint8_t model[], model_end[];

static const struct inference_operator *const operators[] = {
  &inference_conv_2d_int8, &inference_average_pool_2d_int8, &inference_reshape, &inference_fully_connected_int8, &inference_softmax_int8, NULL,
};
static const char *const names[GESTURES] = { "wing", "ring", "slope", "none" };

static uint8_t arena[ARENA_BYTES] __attribute__((aligned(16), section(".arena")));
static struct gesture gesture;

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
  if (inference_input(network, 0)->bytes != GESTURE_ROWS * GESTURE_AXES || inference_output(network, 0)->bytes != ANSWER_BYTES) give_up("the model has another shape: ", (int32_t)inference_input(network, 0)->bytes);
  return network;
}

/* "wing 97 %, 2.9 s, 123456 cycles, asleep 99.95 %" */
static void tell(int32_t best, int32_t score, uint32_t cycles) {
  uart_text(names[best]);
  uart_text(" ");
  uart_number((score - SOFTMAX_ZERO) * 100 / SOFTMAX_STEPS);
  uart_text(" %, ");
  uart_decimal((int32_t)gesture_length(&gesture) * 10 / GESTURE_HZ, 1);
  uart_text(" s, ");
  uart_number((int32_t)cycles);
  uart_text(" cycles, asleep ");
  uart_decimal((int32_t)ticker_asleep(), 2);
  uart_text(" %\n");
  board_light(best == 0, best == 1, best == 2);
}

static void recognise(struct inference *network) {
  gesture_features(&gesture, inference_input(network, 0)->data);
  const uint32_t from = cycles_now();
  inference_run(network);
  const uint32_t cycles = cycles_now() - from;
  const int8_t *scores = inference_output(network, 0)->data;
  int32_t best = 0;
  for (int32_t i = 1; i < GESTURES; i++) if (scores[i] > scores[best]) best = i;
  tell(best, scores[best], cycles);
}

/* The sensor gives 50 samples a second, the gestures were learnt from 25: the mean of two. */
static void take(struct inference *network, const int16_t mg[LSM9DS1_AXES]) {
  static int32_t sums[LSM9DS1_AXES];
  static uint32_t taken, unsettled = UNSETTLED;
  if (unsettled > 0) {
    unsettled--;
    return;
  }
  for (int axis = 0; axis < LSM9DS1_AXES; axis++) sums[axis] += mg[axis];
  if (++taken < PAIR) return;
  int16_t means[LSM9DS1_AXES];
  for (int axis = 0; axis < LSM9DS1_AXES; axis++) {
    means[axis] = (int16_t)(sums[axis] / PAIR);
    sums[axis] = 0;
  }
  taken = 0;
  if (gesture_add(&gesture, means)) recognise(network);
}

int main(void) {
  static int16_t samples[LSM9DS1_DEPTH][LSM9DS1_AXES];
  board_start();
  struct inference *network = open_network();
  twim_start();
  if (!lsm9ds1_start(LSM9DS1_50HZ)) give_up("no LSM9DS1 at ", 0x6B);
  gesture_start(&gesture);
  uart_text("magic wand: wing, ring or slope?\n");
  ticker_start(TICKER_HZ / LOOKS_HZ);
  for (;;) {
    ticker_wait();
    const int32_t count = lsm9ds1_read(samples);
    if (count < 0) uart_text("the LSM9DS1 does not answer\n");
    if (lsm9ds1_has_lost()) uart_text("samples lost\n");
    for (int32_t i = 0; i < count; i++) take(network, samples[i]);
  }
}
