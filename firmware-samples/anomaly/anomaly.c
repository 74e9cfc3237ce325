/*
 * Listens to a machine through the accelerometer: every 1.1 s the spectrum of its vibration goes through an autoencoder that has
 * learnt machines that run well; what it cannot rebuild is unusual. Between looks into the sensor's FIFO the core sleeps.
 */
#include "inference-operators.h"
#include "lsm9ds1.h"
#include "nano33ble.h"
#include "spectrum.h"
#include "threshold.h"
#include "ticker.h"
#include "twim.h"
#include "uart.h"

enum { LOOKS_HZ = 64, UNSETTLED = 16, ARENA_BYTES = 4 * 1024 };

extern const uint8_t model[], model_end[];

static const struct inference_operator *const operators[] = { &inference_fully_connected_int8, NULL };
static uint8_t arena[ARENA_BYTES] __attribute__((aligned(16), section(".arena")));
static struct spectrum spectrum;

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
  if (inference_input(network, 0)->bytes != SPECTRUM_BANDS || inference_output(network, 0)->bytes != SPECTRUM_BANDS) give_up("the model has another shape: ", (int32_t)inference_input(network, 0)->bytes);
  return network;
}

/* Mean square of what came out less what went in, in thousandths of octaves squared. */
static int32_t difference(const struct inference_tensor *output, const int8_t features[SPECTRUM_BANDS], float input_scale) {
  const int8_t *rebuilt = output->data;
  float sum = 0;
  for (int band = 0; band < SPECTRUM_BANDS; band++) {
    const float error = (float)(rebuilt[band] - output->zero_point) * output->scale - (float)features[band] * input_scale;
    sum += error * error;
  }
  return (int32_t)(sum * (1000.0f / SPECTRUM_BANDS) + 0.5f);
}

/* "well 0.123, 12345 cycles, asleep 98.12 %" */
static void tell(int32_t error, uint32_t cycles) {
  uart_text(error > THRESHOLD ? "unusual " : "well ");
  uart_decimal(error, 3);
  uart_text(", ");
  uart_number((int32_t)cycles);
  uart_text(" cycles, asleep ");
  uart_decimal((int32_t)ticker_asleep(), 2);
  uart_text(" %\n");
  board_light(error > THRESHOLD, error <= THRESHOLD, false);
}

static void judge(struct inference *network, const int8_t features[SPECTRUM_BANDS]) {
  struct inference_tensor *input = inference_input(network, 0);
  int8_t *shown = input->data;
  for (int band = 0; band < SPECTRUM_BANDS; band++) shown[band] = features[band];
  const uint32_t from = cycles_now();
  inference_run(network);
  const uint32_t cycles = cycles_now() - from;
  tell(difference(inference_output(network, 0), features, input->scale), cycles);
}

int main(void) {
  static int16_t samples[LSM9DS1_DEPTH][LSM9DS1_AXES];
  int8_t features[SPECTRUM_BANDS];
  board_start();
  struct inference *network = open_network();
  twim_start();
  spectrum_start(&spectrum);
  /* First the crystal, which takes longer to start than the FIFO to fill. */
  ticker_start(TICKER_HZ / LOOKS_HZ);
  if (!lsm9ds1_start(LSM9DS1_952HZ)) give_up("no LSM9DS1 at ", 0x6B);
  for (uint32_t taken = 0;;) {
    ticker_wait();
    const int32_t count = lsm9ds1_read(samples);
    if (count < 0) uart_text("the LSM9DS1 does not answer\n");
    if (lsm9ds1_has_lost()) uart_text("samples lost\n");
    for (int32_t i = 0; i < count; i++) if (taken++ >= UNSETTLED && spectrum_add(&spectrum, samples[i], features)) judge(network, features);
  }
}
