/*
 * Visual wake words on an Arduino Nano 33 BLE Sense with the Tiny Machine Learning Shield: is there a person in the picture? A line for each
 * picture on the UART (D7), the LED green for a person and red for none.
 */
#include "inference-operators.h"
#include "look.h"
#include "nano33ble.h"
#include "uart.h"

enum { ARENA_BYTES = 96 * 1024, SIDE = 96 };
enum { NO_PERSON, PERSON, RESULTS };

extern const uint8_t model[], model_end[];

__attribute__((section(".arena"), aligned(16))) static uint8_t arena[ARENA_BYTES];

/* What MobileNet V1 is made of. */
static const struct inference_operator *const operators[] = {
  &inference_conv_2d_int8, &inference_depthwise_conv_2d_int8, &inference_average_pool_2d_int8, &inference_reshape,
  &inference_fully_connected_int8, &inference_softmax_int8, 0
};

static void report(const int8_t *scores) {
  const bool is_person = scores[PERSON] > scores[NO_PERSON];
  board_light(!is_person, is_person, false);
  uart_text(is_person ? "person " : "no person ");
  uart_number(percent_of(scores[PERSON]));
  uart_text(" %");
}

int main(void) {
  look(&(struct look){
    .model = model, .model_end = model_end, .operators = operators, .arena = arena, .arena_bytes = sizeof arena,
    .side = SIDE, .results = RESULTS, .report = report
  });
}
