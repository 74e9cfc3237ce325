/*
 * Keyword spotting: hears ten words, as they are spoken, and says so on Serial1 and with the RGB LED.
 * Every 20 ms a frame of features, every DECISION_HOPS frames the network over the last second; asleep in between.
 */
#include "listener.h"
#include "microphone.h"
#include "nano33ble.h"
#include "uart.h"

/* Wasted in each run of the network: what an overloaded core does can be looked at with -DBUSY_MILLISECONDS=400. */
#ifndef BUSY_MILLISECONDS
#define BUSY_MILLISECONDS 0
#endif

enum {
  ARENA_BYTES = 48 * 1024,
  LIGHT_HOPS = 25,
  MILLISECONDS_PER_HOP = 20,
  CYCLES_PER_PERIOD = DECISION_HOPS * MILLISECONDS_PER_HOP * 1000 * CYCLES_PER_MICROSECOND
};

static uint8_t arena[ARENA_BYTES] __attribute__((section(".arena"), aligned(16)));
static struct listener listener;
/* Cycles: of the latest frame and run of the network, of the latest period of DECISION_HOPS hops, of the busiest. */
static uint32_t features_cycles, inference_cycles, busy_cycles, most_busy_cycles;

static void say_milliseconds(const char *what, uint32_t cycles) {
  uart_text(what);
  uart_decimal((int32_t)(cycles / (CYCLES_PER_MICROSECOND * 100)), 1);
  uart_text(" ms");
}

static void say_load(uint32_t cycles) {
  uart_number((int32_t)(cycles / (CYCLES_PER_PERIOD / 100)));
  uart_text(" %");
}

static void say_heard(const struct heard *heard, uint32_t hops) {
  uart_text("heard ");
  uart_text(class_names[heard->word]);
  uart_text(" ");
  uart_number(heard->percent);
  uart_text(" % at ");
  uart_decimal((int32_t)(hops * MILLISECONDS_PER_HOP / 10), 2);
  say_milliseconds(" s, features ", features_cycles);
  say_milliseconds(", inference ", inference_cycles);
  uart_text(", load ");
  say_load(busy_cycles);
  uart_text(", at most ");
  say_load(most_busy_cycles);
  uart_text("\n");
}

/* yes: green; no: red; the other eight: blue; a word that is none of them: yellow. */
static void light(uint8_t word) {
  const bool is_yes = class_names[word][0] == 'y', is_no = class_names[word][0] == 'n', is_unknown = word == UNKNOWN;
  board_light(is_no || is_unknown, is_yes || is_unknown, !(is_yes || is_no || is_unknown));
}

static _Noreturn void refuse(const struct inference_error *error) {
  uart_text("kws: the model does not run: status ");
  uart_number((int32_t)error->status);
  uart_text(", operator ");
  uart_number(error->operator_index);
  uart_text(", detail ");
  uart_number((int32_t)error->detail);
  uart_text("\n");
  board_light(true, false, false);
  for (;;) __asm volatile("wfi");
}

static void open_listener(void) {
  struct inference_error error;
  if (!listener_open(&listener, arena, ARENA_BYTES, &error)) refuse(&error);
  uart_text("kws: listening, model ");
  uart_number((int32_t)listener_model_bytes());
  uart_text(" bytes, arena ");
  uart_number((int32_t)inference_arena_bytes(listener.network));
  uart_text(" bytes\n");
}

static void add_frame(uint32_t hop) {
  const uint32_t from = cycles_now();
  listener_frame(&listener, microphone_hop(hop - 1), microphone_hop(hop));
  features_cycles = cycles_now() - from;
}

static bool decide(struct heard *heard) {
  const uint32_t from = cycles_now();
  const bool is_heard = listener_decide(&listener, heard);
  wait_microseconds(1000 * BUSY_MILLISECONDS);
  inference_cycles = cycles_now() - from;
  return is_heard;
}

/* A frame needs the hop before it too. Where hops have been lost, hearing goes on with the latest two. */
static uint32_t caught_up(uint32_t hop) {
  const uint32_t filled = microphone_filled();
  if (filled - (hop - 1) <= MICROPHONE_READABLE) return hop;
  const uint32_t lost = filled - 1 - hop;
  uart_text("missed ");
  uart_number((int32_t)lost);
  say_milliseconds(" buffers of 20 ms: the core is too slow, inference ", inference_cycles);
  uart_text("\n");
  return filled - 1;
}

static void end_period(uint32_t cycles) {
  busy_cycles = cycles;
  if (cycles > most_busy_cycles) most_busy_cycles = cycles;
}

int main(void) {
  struct heard heard;
  uint32_t light_until = 0, period_cycles = 0;
  board_start();
  open_listener();
  microphone_start();
  for (uint32_t hop = 1;; hop++) {
    microphone_wait(hop);
    const uint32_t from = cycles_now();
    hop = caught_up(hop);
    add_frame(hop);
    if (hop % DECISION_HOPS == 0) {
      const bool is_heard = decide(&heard);
      end_period(period_cycles + (cycles_now() - from));
      period_cycles = 0;
      if (is_heard) {
        say_heard(&heard, hop + 1);
        light(heard.word);
        light_until = hop + LIGHT_HOPS;
      }
    } else period_cycles += cycles_now() - from;
    if (light_until && hop >= light_until) {
      board_light(false, false, false);
      light_until = 0;
    }
  }
}
