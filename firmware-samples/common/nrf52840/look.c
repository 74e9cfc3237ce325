/* See look.h. What is wrong is said once, and the LED is blue and red. */
#include "look.h"
#include "camera.h"
#include "nano33ble.h"
#include "scale.h"
#include "shield.h"
#include "uart.h"

static struct scale scale;

static void keep_row(void *user, const uint8_t *pixels) { scale_row(user, pixels); }

static _Noreturn void give_up(const char *why, uint32_t detail) {
  board_light(true, false, true);
  uart_text(why);
  uart_number((int32_t)detail);
  uart_text("\n");
  for (;;) __asm volatile("wfi");
}

int32_t percent_of(int8_t score) { return ((score + 128) * 100 + 128) / 256; }

static void print_time(const char *what, uint32_t microseconds) {
  uart_text(what);
  uart_number((int32_t)(microseconds / 1000));
  uart_text(" ms");
}

_Noreturn void look(const struct look *look) {
  board_start();
  shield_start();
  struct inference_error error;
  struct inference *network = inference_open(look->model, (uint32_t)(look->model_end - look->model), look->arena, look->arena_bytes,
                                             look->operators, &error);
  if (!network) give_up("the model does not open: status ", (uint32_t)error.status);
  struct inference_tensor *input = inference_input(network, 0);
  const struct inference_tensor *output = inference_output(network, 0);
  if (input->bytes != look->side * look->side * SCALE_CHANNELS) give_up("the network's input has another size: ", input->bytes);
  if (output->bytes != look->results) give_up("the network's output has another size: ", output->bytes);
  if (!camera_start()) give_up("no camera answers at ", 0x21);
  for (;;) {
    const uint32_t start = camera_microseconds();
    scale_start(&scale, input->data, CAMERA_WIDTH, CAMERA_HEIGHT, look->side);
    if (!camera_take(keep_row, &scale)) {
      uart_text("the camera sends no picture\n");
      uart_flush();
      continue;
    }
    const uint32_t seen = camera_microseconds();
    const uint32_t before = cycles_now();
    inference_run(network);
    const uint32_t cycles = cycles_now() - before;
    look->report(output->data);
    print_time(", picture ", seen - start);
    print_time(", network ", cycles / CYCLES_PER_MICROSECOND);
    uart_text(" = ");
    uart_number((int32_t)cycles);
    uart_text(" cycles\n");
    uart_flush();
  }
}
