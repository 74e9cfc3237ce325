/* Erases a page and writes to it: a word, then other bits of the same word. */
#include "nrf.h"

#define PAGE 0x80000u
#define WORD REGISTER(PAGE)

static void wait_until_ready(void) { while (NVMC_READY == 0) {} }

int main(void) {
  NVMC_CONFIG = NVMC_EEN;
  NVMC_ERASEPAGE = PAGE;
  wait_until_ready();
  result[0] = WORD;
  NVMC_CONFIG = NVMC_WEN;
  WORD = 0xffff00ff;
  wait_until_ready();
  WORD = 0x0ffffff0;
  wait_until_ready();
  NVMC_CONFIG = NVMC_REN;
  result[1] = WORD;
  return 0;
}
