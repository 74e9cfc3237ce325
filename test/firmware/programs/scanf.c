/* Reads lines of "<integer> <hex> <float> <word>" and echoes what was understood, until a line that says "end". */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(void) {
  static char line[128];
  int sum = 0, lines = 0;
  setvbuf(stdin, NULL, _IONBF, 0);
  while (fgets(line, sizeof line, stdin) && strncmp(line, "end", 3) != 0) {
    int decimal = 0;
    unsigned hexadecimal = 0;
    double real = 0;
    char word[32] = "";
    int fields = sscanf(line, "%d %x %lf %31s", &decimal, &hexadecimal, &real, word);
    printf("%d fields: %d %#x %.6g '%s'\n", fields, decimal, hexadecimal, real, word);
    sum += decimal;
    lines++;
  }
  printf("%d lines, sum %d, strtol %ld, atof %g\n", lines, sum, strtol("0x7fzz", NULL, 16), atof("-2.5e3"));
  return 0;
}
