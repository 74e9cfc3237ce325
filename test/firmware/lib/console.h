/* Where newlib's stdin and stdout go. One of console-uart.c and console-semihosting.c is linked. */
#pragma once
#include <stddef.h>

void console_open(void);
void console_write(const char *bytes, size_t count);
/* Waits for one byte. */
int console_read(void);
/* Returns once everything written has left the chip. */
void console_drain(void);
/* Ends the program with this exit code, by semihosting. */
_Noreturn void console_exit(int code);
