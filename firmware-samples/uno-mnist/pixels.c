#include "pixels.h"

#include "uno.h"

static int8_t digit_of(char character) {
  if (character >= '0' && character <= '9') return (int8_t)(character - '0');
  if (character >= 'a' && character <= 'f') return (int8_t)(character - 'a' + 10);
  if (character >= 'A' && character <= 'F') return (int8_t)(character - 'A' + 10);
  return -1;
}

bool read_row(int8_t pixels[SIDE]) {
  uint8_t count = 0;
  bool wrong = false;
  for (;;) {
    const char character = uno_get();
    if (character == '\r' || (character == '\n' && count == 0 && !wrong)) continue;
    if (character == '\n') break;
    const int8_t digit = digit_of(character);
    if (digit < 0 || count == 2 * SIDE || (!(count & 1) && digit > 7)) wrong = true;
    if (wrong) continue;
    if (count & 1) pixels[count / 2] = (int8_t)(pixels[count / 2] << 4 | digit);
    else pixels[count / 2] = digit;
    count++;
  }
  if (wrong || count != 2 * SIDE) {
    uno_print("not a row: 14 pixels of two hexadecimal digits, 00 to 7f; start the digit again\n");
    return false;
  }
  return true;
}

void tell(const int32_t scores[DIGITS], uint32_t cycles) {
  uint8_t best = 0;
  for (uint8_t digit = 1; digit < DIGITS; digit++) if (scores[digit] > scores[best]) best = digit;
  uno_print("digit ");
  uno_put((char)('0' + best));
  uno_print(", ");
  uno_print_number((int32_t)cycles);
  uno_print(" cycles");
  if (uno_lost()) {
    uno_print(", characters lost: ");
    uno_print_number(uno_lost());
  }
  uno_put('\n');
}
