/* What both classifiers begin with: z = clamp((P x + p + half) >> shift, -127, 127). Included after the weights. */
#ifndef PROJECT_H
#define PROJECT_H

static int8_t rounded(int32_t sum, uint8_t shift) {
  sum = (sum + ((int32_t)1 << shift >> 1)) >> shift;
  return sum > 127 ? 127 : sum < -127 ? -127 : (int8_t)sum;
}

static void project(const int8_t features[FEATURES], int8_t z[DIMENSIONS]) {
  for (uint8_t dimension = 0; dimension < DIMENSIONS; dimension++) {
    const int32_t offset = (int32_t)pgm_read_dword(projection_offset + dimension);
    z[dimension] = rounded(offset + uno_dot(0, projection + dimension * FEATURES, features, FEATURES), z_shift);
  }
}

#endif
