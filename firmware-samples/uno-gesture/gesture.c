/*
 * Gestures on an Arduino Uno: an MPU-6050 feels the movement, and a classifier of some 1 KB names it when it has come to rest.
 * Between samples the core sleeps.
 */
#include <avr/sleep.h>

#include "classifier.h"
#include "mpu6050.h"
#include "uno.h"

static void name(uint8_t class) {
  static const char names[CLASSES][9] PROGMEM = { "wing", "ring", "slope", "negative" };
  uno_print_flash(names[class]);
}

static void tell(void) {
  int8_t features[FEATURES];
  int32_t scores[CLASSES];
  const uint32_t start = uno_cycles();
  motion_features(features);
  classify(features, scores);
  const uint32_t cycles = uno_cycles() - start;
  uint8_t best = 0;
  for (uint8_t class = 1; class < CLASSES; class++) if (scores[class] > scores[best]) best = class;
  uno_print("gesture ");
  name(best);
  uno_print(", ");
  uno_print_number(features[PARTS * AXES] + 64);
  uno_print(" samples, ");
  uno_print_number((int32_t)cycles);
  uno_print(" cycles\n");
}

int main(void) {
  uno_begin();
  motion_begin();
  if (!mpu6050_begin()) {
    uno_print("no MPU-6050 at 0x68\n");
    for (;;) sleep_mode();
  }
  uno_print_flash(classifier_name);
  uno_print(" waits for a gesture.\n");
  bool was_well = true;
  for (;;) {
    int8_t acceleration[AXES];
    const bool is_well = mpu6050_next(acceleration);
    if (was_well && !is_well) uno_print("the sensor does not answer\n");
    was_well = is_well;
    if (is_well && motion_feed(acceleration)) tell();
  }
}
