/*
 * Which of ten things is in the picture? ResNet-8 on 32 x 32 pixels, on an Arduino Nano 33 BLE Sense with the Tiny Machine Learning Shield. A line
 * for each picture on the UART (D7); the LED is green, or blue while the network is unsure.
 */
#include "inference-operators.h"
#include "look.h"
#include "nano33ble.h"
#include "uart.h"

enum { ARENA_BYTES = 72 * 1024, SIDE = 32, CATEGORIES = 10, SURE_PERCENT = 50 };

/* In the order of training/train.py. */
static const char *const categories[CATEGORIES] = {
  "face", "leopard", "motorbike", "airplane", "bonsai", "car", "laptop", "pizza", "sunflower", "watch"
};

extern const uint8_t model[], model_end[];

__attribute__((section(".arena"), aligned(16))) static uint8_t arena[ARENA_BYTES];

/* What ResNet-8 is made of. */
static const struct inference_operator *const operators[] = {
  &inference_conv_2d_int8, &inference_add_int8, &inference_average_pool_2d_int8, &inference_reshape, &inference_fully_connected_int8,
  &inference_softmax_int8, 0
};

static void report(const int8_t *scores) {
  uint32_t best = 0;
  for (uint32_t i = 1; i < CATEGORIES; i++) if (scores[i] > scores[best]) best = i;
  const int32_t percent = percent_of(scores[best]);
  board_light(false, percent >= SURE_PERCENT, percent < SURE_PERCENT);
  uart_text(categories[best]);
  uart_text(" ");
  uart_number(percent);
  uart_text(" %");
}

int main(void) {
  look(&(struct look){
    .model = model, .model_end = model_end, .operators = operators, .arena = arena, .arena_bytes = sizeof arena,
    .side = SIDE, .results = CATEGORIES, .report = report
  });
}
