/* Requantisation in the reference's own steps, and the clamp of whole outputs. */
#include "dsp.h"
#include "../../quantisation.h"

#ifdef __ARM_FEATURE_DSP

int32_t dsp_requantised_slowly(int32_t sum, struct rescale by, int32_t output_offset) {
  return add_wrapping(rescale(sum, by), output_offset);
}

static uint32_t lanes_at_least(uint32_t values, uint32_t minimum) {
  __ssub8((int8x4_t)values, (int8x4_t)minimum);
  return (uint32_t)__sel((uint8x4_t)values, (uint8x4_t)minimum);
}
static uint32_t lanes_at_most(uint32_t values, uint32_t maximum) {
  __ssub8((int8x4_t)values, (int8x4_t)maximum);
  return (uint32_t)__sel((uint8x4_t)maximum, (uint8x4_t)values);
}

void dsp_clamp(int8_t *values, uint32_t count, int32_t minimum, int32_t maximum) {
  if (minimum <= -128 && maximum >= 127) return;
  uint32_t least = four_times((int8_t)minimum), most = four_times((int8_t)maximum);
  for (; count >= 4; count -= 4, values += 4) {
    uint32_t four = lanes_at_most(lanes_at_least(four_bytes(values), least), most);
    memcpy(values, &four, sizeof four);
  }
  for (; count > 0; count--, values++) *values = (int8_t)(*values < minimum ? minimum : *values > maximum ? maximum : *values);
}

#endif
