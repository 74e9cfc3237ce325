/*
 * LOGISTIC, TANH, RELU and RELU6 of int16. The curves are one table of the sigmoid with linear interpolation:
 * tanh(x) = 2 sigmoid(2x) - 1.
 */
#include "../quantisation.h"
#include "kernels.h"

/*
 * sigmoid(i / 24) * 65536. Some values are up to 1.1 above the exact ones, to make up for chords that run below the curve, so they
 * cannot be computed: these are the numbers of TensorFlow Lite (kernels/internal/common.h, sigmoid_table_uint16).
 */
static const uint16_t SIGMOID[256] = {
  32768, 33451, 34133, 34813, 35493, 36169, 36843, 37513, 38180, 38841, 39498, 40149, 40794, 41432, 42064, 42688,
  43304, 43912, 44511, 45102, 45683, 46255, 46817, 47369, 47911, 48443, 48964, 49475, 49975, 50464, 50942, 51409,
  51865, 52311, 52745, 53169, 53581, 53983, 54374, 54755, 55125, 55485, 55834, 56174, 56503, 56823, 57133, 57433,
  57724, 58007, 58280, 58544, 58800, 59048, 59288, 59519, 59743, 59959, 60168, 60370, 60565, 60753, 60935, 61110,
  61279, 61441, 61599, 61750, 61896, 62036, 62172, 62302, 62428, 62549, 62666, 62778, 62886, 62990, 63090, 63186,
  63279, 63368, 63454, 63536, 63615, 63691, 63765, 63835, 63903, 63968, 64030, 64090, 64148, 64204, 64257, 64308,
  64357, 64405, 64450, 64494, 64536, 64576, 64614, 64652, 64687, 64721, 64754, 64786, 64816, 64845, 64873, 64900,
  64926, 64950, 64974, 64997, 65019, 65039, 65060, 65079, 65097, 65115, 65132, 65149, 65164, 65179, 65194, 65208,
  65221, 65234, 65246, 65258, 65269, 65280, 65291, 65301, 65310, 65319, 65328, 65337, 65345, 65352, 65360, 65367,
  65374, 65381, 65387, 65393, 65399, 65404, 65410, 65415, 65420, 65425, 65429, 65433, 65438, 65442, 65445, 65449,
  65453, 65456, 65459, 65462, 65465, 65468, 65471, 65474, 65476, 65479, 65481, 65483, 65485, 65488, 65489, 65491,
  65493, 65495, 65497, 65498, 65500, 65501, 65503, 65504, 65505, 65507, 65508, 65509, 65510, 65511, 65512, 65513,
  65514, 65515, 65516, 65517, 65517, 65518, 65519, 65520, 65520, 65521, 65522, 65522, 65523, 65523, 65524, 65524,
  65525, 65525, 65526, 65526, 65526, 65527, 65527, 65528, 65528, 65528, 65529, 65529, 65529, 65529, 65530, 65530,
  65530, 65530, 65531, 65531, 65531, 65531, 65531, 65532, 65532, 65532, 65532, 65532, 65532, 65533, 65533, 65533,
  65533, 65533, 65533, 65533, 65533, 65534, 65534, 65534, 65534, 65534, 65534, 65534, 65534, 65534, 65534, 65535,
};

/* Interpolated from the table: `steps` in units of 2^-fraction_bits of its spacing. Result * 2^(16 + fraction_bits). */
static uint32_t sigmoid_at(uint32_t steps, uint32_t fraction_bits, uint32_t saturated) {
  const uint32_t index = steps >> fraction_bits;
  if (index >= 255) return saturated;
  const uint32_t from = SIGMOID[index], to = SIGMOID[index + 1];
  return (from << fraction_bits) + (steps & ((1u << fraction_bits) - 1)) * (to - from);
}

/* The input in table steps: multiplied by 3/4 of its scale, so that +-8 becomes +-10.7, where the table ends. */
static int32_t scaled(int16_t input, struct rescale by) {
  const int32_t round = by.shift > 0 ? 1 << (by.shift - 1) : 0;
  return (input * by.multiplier + round) >> by.shift;
}

static uint32_t magnitude(int32_t value) { return value < 0 ? 0u - (uint32_t)value : (uint32_t)value; }

void logistic_int16(const struct unary *unary) {
  const int16_t *input = unary->input;
  int16_t *output = unary->output;
  for (uint32_t i = 0; i < unary->count; i++) {
    const int32_t x = scaled(input[i], unary->rescale);
    const uint32_t sigmoid = sigmoid_at(magnitude(x), 9, 0x7fffu << 10);
    output[i] = (int16_t)((x >= 0 ? sigmoid + (1u << 9) : (1u << 25) - sigmoid + (1u << 9) - 1) >> 10);
  }
}

void tanh_int16(const struct unary *unary) {
  const int16_t *input = unary->input;
  int16_t *output = unary->output;
  for (uint32_t i = 0; i < unary->count; i++) {
    const int32_t x = scaled(input[i], unary->rescale);
    const int32_t sigmoid = (int32_t)sigmoid_at(magnitude(x), 8, 0xffffu << 8);
    output[i] = (int16_t)((x >= 0 ? sigmoid - (1 << 23) + (1 << 7) : -sigmoid + (1 << 23) + (1 << 7) - 1) >> 8);
  }
}

void relu_int16(const struct unary *unary) {
  const int16_t *input = unary->input;
  int16_t *output = unary->output;
  for (uint32_t i = 0; i < unary->count; i++) {
    const int32_t value = rescale(input[i] - unary->input_offset, unary->rescale) + unary->output_offset;
    output[i] = (int16_t)clamp(value, unary->minimum, unary->maximum);
  }
}

/* 2^*exponent is the nearest power of two; true if the scale is within 0.07 % of it, which counts as one [CheckedLog2]. */
static bool is_power_of_two(float scale, int32_t *exponent) {
  int32_t n = 0;
  if (!(scale > 1e-30f && scale < 1e30f)) return false;
  for (; scale > 1.41421356f; n++) scale /= 2;
  for (; scale < 0.70710678f; n--) scale *= 2;
  *exponent = n;
  return scale > 0.999307f && scale < 1.000693f;        /* 2^+-0.001 */
}

/* exact_shifts: a bit for each shift that counts as exact when the scale is a power of two. */
static bool prepare(struct unary *unary, float input_scale, float output_scale, uint32_t exact_shifts) {
  int32_t exponent = 0, output_exponent;
  if (!is_power_of_two(output_scale, &output_exponent) || output_exponent != -15) return false;
  const bool exact = is_power_of_two(input_scale, &exponent);
  const int32_t shift = 12 + exponent;
  if (exact && shift >= 0 && shift <= 1 && (exact_shifts >> shift & 1) != 0) {
    unary->rescale = (struct rescale){ 3 << shift, 0 };
    return true;
  }
  double multiplier = (double)input_scale * 4096.0 * 3.0;
  unary->rescale.shift = 0;
  while (multiplier <= 32767.0 / 2.0 && unary->rescale.shift <= 30) {
    unary->rescale.shift++;
    multiplier *= 2.0;
  }
  if (!(multiplier <= 32767.0)) return false;
  unary->rescale.multiplier = (int32_t)multiplier;
  return true;
}

bool logistic_prepare_int16(struct unary *unary, float input_scale, float output_scale) {
  return prepare(unary, input_scale, output_scale, 1);
}

bool tanh_prepare_int16(struct unary *unary, float input_scale, float output_scale) {
  return prepare(unary, input_scale, output_scale, 3);
}
