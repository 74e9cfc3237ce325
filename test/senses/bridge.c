/*
 * A bridge from the console to the buses of parts, the same for every chip. A line is a letter and hexadecimal numbers; address 0 is
 * the part on SPI, and registers stand as they go over the wire. The answer is a line too: the time in microseconds, then
 *   w address register bytes...              nothing, or "nack"
 *   r address register count                 bytes
 *   a channel                                what the converter gives
 *   d milliseconds                           nothing
 *   g edge                                   nothing: D8 waits for its edge (0 falling, 1 rising; 2 more with a pull-up)
 *   k milliseconds address register count [access]
 *                                            edges, the time of the first and of the last, the bytes read after the last; after
 *                                            each, those are read, and the register `access` is addressed without data
 *   s milliseconds pause address status mask register count
 *                                            the same for a bit of a status register, read each `pause` microseconds
 */
#include "bridge.h"

enum { LINE = 100, NUMBERS = 24, BYTES = 255 };
static uint32_t numbers[NUMBERS];
static uint8_t count_of_numbers, command;
static uint8_t bytes[BYTES];

static void send_digits(uint32_t value, uint8_t digits) {
  while (digits-- > 0) {
    const uint8_t digit = (value >> (4 * digits)) & 15;
    serial_send(digit < 10 ? '0' + digit : 'a' + digit - 10);
  }
}

static void send_number(uint32_t value) {
  serial_send(' ');
  send_digits(value, 8);
}

static void send_bytes(uint8_t count) {
  serial_send(' ');
  for (uint8_t n = 0; n < count; n++) send_digits(bytes[n], 2);
}

static void receive_line(void) {
  bool in_number = false;
  command = serial_receive();
  count_of_numbers = 0;
  for (;;) {
    const uint8_t c = serial_receive();
    if (c == '\n') return;
    if (c == ' ') { in_number = false; continue; }
    if (!in_number && count_of_numbers < NUMBERS) numbers[count_of_numbers++] = 0;
    in_number = true;
    numbers[count_of_numbers - 1] = (numbers[count_of_numbers - 1] << 4) | (c <= '9' ? c - '0' : c - 'a' + 10);
  }
}

static bool write_register(uint8_t address, uint8_t reg, const uint32_t *values, uint8_t count) {
  bytes[0] = reg;
  for (uint8_t n = 0; n < count; n++) bytes[1 + n] = values[n];
  if (address != 0) return i2c_transfer(address, bytes, count + 1, 0, 0);
  spi_transfer(bytes, count + 1);
  return true;
}

static bool read_register(uint8_t address, uint8_t reg, uint8_t count) {
  if (address != 0) return i2c_transfer(address, &reg, 1, bytes, count);
  bytes[0] = reg;
  for (uint8_t n = 0; n < count; n++) bytes[1 + n] = 0xff;
  spi_transfer(bytes, count + 1);
  for (uint8_t n = 0; n < count; n++) bytes[n] = bytes[1 + n];
  return true;
}

static uint32_t seen, first, last;

static void note(uint32_t at) {
  if (seen++ == 0) first = at;
  last = at;
}

static void count_edges(void) {
  const uint8_t address = numbers[1], reg = numbers[2], count = numbers[3];
  const uint32_t end = now() + 1000 * numbers[0];
  uint32_t at;
  while ((int32_t)(end - now()) > 0) {
    wait_until(end, true);
    if (!edge_take(&at)) continue;
    note(at);
    if (count_of_numbers > 4) write_register(address, numbers[4], 0, 0);
    read_register(address, reg, count);
  }
  send_number(seen); send_number(first); send_number(last); send_bytes(count);
}

static void count_changes(void) {
  const uint8_t address = numbers[2], status = numbers[3], mask = numbers[4], reg = numbers[5], count = numbers[6];
  const uint32_t end = now() + 1000 * numbers[0];
  bool was = true;
  while ((int32_t)(end - now()) > 0) {
    read_register(address, status, 1);
    const bool is = (bytes[0] & mask) != 0;
    if (is && !was) {
      note(now());
      read_register(address, reg, count);
    }
    was = is;
    wait_until(now() + numbers[1], false);
  }
  read_register(address, reg, count);
  send_number(seen); send_number(first); send_number(last); send_bytes(count);
}

static void answer(void) {
  bool is_acknowledged = true;
  seen = first = last = 0;
  switch (command) {
    case 'w': is_acknowledged = write_register(numbers[0], numbers[1], numbers + 2, count_of_numbers - 2); break;
    case 'r': is_acknowledged = read_register(numbers[0], numbers[1], numbers[2]); break;
    case 'a': numbers[0] = adc_read(numbers[0]); break;
    case 'd': wait_until(now() + 1000 * numbers[0], false); break;
    case 'g': edge_arm(numbers[0] & 1, numbers[0] & 2); break;
    default: break;
  }
  send_digits(now(), 8);
  if (!is_acknowledged) for (const char *c = " nack"; *c; c++) serial_send(*c);
  else if (command == 'r') send_bytes(numbers[2]);
  else if (command == 'a') send_number(numbers[0]);
  else if (command == 'k') count_edges();
  else if (command == 's') count_changes();
  serial_send('\n');
}

int main(void) {
  chip_begin();
  for (;;) {
    receive_line();
    answer();
  }
}
