/* Every semihosting operation once or more, printed as "name result errno": run under QEMU and under Thumbelina. */
#include <stdint.h>
static long call(int op, const void *p) {
  register int r0 __asm__("r0") = op; register const void *r1 __asm__("r1") = p;
  __asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
  return r0;
}
static void text(const char *s) { call(0x04, s); }
static void hex(uint32_t v) { char b[11] = "0x00000000"; for (int i = 9; i > 1; i--, v >>= 4) b[i] = "0123456789abcdef"[v & 15]; text(b); }
static long show(const char *name, long r) { text(name); text(" "); hex(r); text(" errno "); hex(call(0x13, 0)); text("\n"); return r; }
#define B(...) ((uint32_t[]){__VA_ARGS__})
#define S(s) (uint32_t)(s), sizeof(s) - 1
static long len(const char*s){long n=0;while(s[n])n++;return n;}
static char buf[256];
__attribute__((section(".start"),used)) void start(void) {
  show("errno at start", 0);
  show("WRITEC", call(0x03, "c"));
  show("WRITE0", call(0x04, "zero\n"));
  long in = show("OPEN :tt r", call(0x01, B((uint32_t)":tt", 0, 3)));
  long out = show("OPEN :tt w", call(0x01, B((uint32_t)":tt", 4, 3)));
  long err = show("OPEN :tt a", call(0x01, B((uint32_t)":tt", 8, 3)));
  show("OPEN :tt mode 12", call(0x01, B((uint32_t)":tt", 12, 3)));
  show("OPEN :tt mode 3", call(0x01, B((uint32_t)":tt", 3, 3)));
  show("OPEN :tt wrong length", call(0x01, B((uint32_t)":tt", 4, 99)));
  long ft = show("OPEN features", call(0x01, B((uint32_t)":semihosting-features", 0, 21)));
  show("OPEN features w", call(0x01, B((uint32_t)":semihosting-features", 4, 21)));
  show("FLEN features", call(0x0c, B(ft)));
  show("ISTTY features", call(0x09, B(ft)));
  show("READ features 3", call(0x06, B(ft, (uint32_t)buf, 3))); hex(*(uint32_t*)buf); text("\n");
  show("READ features 10", call(0x06, B(ft, (uint32_t)buf, 10))); hex(*(uint32_t*)buf); text("\n");
  show("READ features at end", call(0x06, B(ft, (uint32_t)buf, 10)));
  show("SEEK features 5", call(0x0a, B(ft, 5)));
  show("SEEK features 6", call(0x0a, B(ft, 6)));
  show("SEEK features 4", call(0x0a, B(ft, 4)));
  show("READ features 0", call(0x06, B(ft, (uint32_t)buf, 0)));
  show("WRITE features", call(0x05, B(ft, (uint32_t)"x", 1)));
  show("CLOSE features", call(0x02, B(ft)));
  show("CLOSE again", call(0x02, B(ft)));
  show("CLOSE 0", call(0x02, B(0)));
  show("CLOSE -1", call(0x02, B(-1)));
  show("ISTTY stdout", call(0x09, B(out)));
  show("ISTTY stdin", call(0x09, B(in)));
  show("ISTTY bad", call(0x09, B(77)));
  show("WRITE stdout", call(0x05, B(out, (uint32_t)"hello\n", 6)));
  show("WRITE stderr", call(0x05, B(err, (uint32_t)"oops\n", 5)));
  show("WRITE stdin", call(0x05, B(in, (uint32_t)"bad\n", 4)));
  show("WRITE bad handle", call(0x05, B(77, (uint32_t)"bad\n", 4)));
  show("WRITE bad address", call(0x05, B(out, 0xf0000000, 4)));
  show("READ stdout", call(0x06, B(out, (uint32_t)buf, 4)));
  show("READ bad handle", call(0x06, B(77, (uint32_t)buf, 4)));
  show("READ bad address", call(0x06, B(in, 0xf0000000, 2)));
  show("READ stdin 3", call(0x06, B(in, (uint32_t)buf, 3))); 
  show("READ stdin 100", call(0x06, B(in, (uint32_t)buf, 100)));
  show("READ stdin at end", call(0x06, B(in, (uint32_t)buf, 100)));
  show("FLEN stdout", call(0x0c, B(out)));
  show("FLEN bad", call(0x0c, B(77)));
  show("SEEK stdout", call(0x0a, B(out, 0)));
  show("SEEK bad", call(0x0a, B(77, 0)));
  show("ISERROR 0", call(0x08, B(0)));
  show("ISERROR 1", call(0x08, B(1)));
  show("ISERROR -1", call(0x08, B(-1)));
  show("ISERROR bad block", call(0x08, (void*)0xf0000000));
  show("OPEN missing r", call(0x01, B((uint32_t)"missing.txt", 0, 11)));
  show("OPEN wrong length", call(0x01, B((uint32_t)"missing.txt", 0, 3)));
  show("OPEN long length", call(0x01, B((uint32_t)"missing.txt", 0, 0x7fffffff)));
  show("OPEN bad name", call(0x01, B(0xf0000000, 0, 3)));
  show("OPEN bad block", call(0x01, (void*)0xf0000000));
  long f = show("OPEN file w+", call(0x01, B((uint32_t)"probe.txt", 6, 9)));
  show("WRITE file", call(0x05, B(f, (uint32_t)"0123456789", 10)));
  show("FLEN file", call(0x0c, B(f)));
  show("ISTTY file", call(0x09, B(f)));
  show("READ file at end", call(0x06, B(f, (uint32_t)buf, 4)));
  show("SEEK file 8", call(0x0a, B(f, 8)));
  show("READ file 4 of 2", call(0x06, B(f, (uint32_t)buf, 4)));
  show("SEEK file 100", call(0x0a, B(f, 100)));
  show("READ file past end", call(0x06, B(f, (uint32_t)buf, 4)));
  show("CLOSE file", call(0x02, B(f)));
  f = show("OPEN file a", call(0x01, B((uint32_t)"probe.txt", 8, 9)));
  show("WRITE append", call(0x05, B(f, (uint32_t)"ab", 2)));
  show("SEEK append 0", call(0x0a, B(f, 0)));
  show("WRITE append", call(0x05, B(f, (uint32_t)"cd", 2)));
  show("FLEN append", call(0x0c, B(f)));
  show("READ append", call(0x06, B(f, (uint32_t)buf, 2)));
  show("CLOSE append", call(0x02, B(f)));
  f = show("OPEN file r", call(0x01, B((uint32_t)"probe.txt", 1, 9)));
  show("WRITE readonly", call(0x05, B(f, (uint32_t)"ab", 2)));
  show("REMOVE open", call(0x0e, B((uint32_t)"probe.txt", 9)));
  show("CLOSE", call(0x02, B(f)));
  show("REMOVE missing", call(0x0e, B((uint32_t)"probe.txt", 9)));
  show("REMOVE wrong length", call(0x0e, B((uint32_t)"probe.txt", 2)));
  show("RENAME missing", call(0x0f, B((uint32_t)"probe.txt", 9, (uint32_t)"b.txt", 5)));
  show("OPEN directory r", call(0x01, B((uint32_t)".", 0, 1)));
  show("OPEN directory w", call(0x01, B((uint32_t)".", 4, 1)));
  show("TMPNAM small", call(0x0d, B((uint32_t)buf, 1, 3)));
  show("TMPNAM", call(0x0d, B((uint32_t)buf, 1, 200)));
  { uint32_t cl[2] = {(uint32_t)buf, 255}; show("GET_CMDLINE", call(0x15, cl)); hex(cl[0]-(uint32_t)buf); text(" "); hex(cl[1]); text(" "); text(buf); text("\n"); cl[1]=cl[1]; show("GET_CMDLINE exact", call(0x15, cl)); cl[1]=0; show("GET_CMDLINE none", call(0x15, cl)); hex(cl[1]); text("\n"); }
  { uint32_t h[4] = {1,2,3,4}; uint32_t p = (uint32_t)h; show("HEAPINFO", call(0x16, &p)); for (int i=0;i<4;i++){hex(h[i]);text(" ");} text("\n"); p=0xf0000000; show("HEAPINFO bad", call(0x16,&p)); }
  show("TICKFREQ", call(0x31, 0));
  { uint32_t e[2]; show("ELAPSED", call(0x30, e)); show("ELAPSED bad", call(0x30, (void*)0xf0000000)); }
  show("CLOCK", call(0x10, 0) >= 0);
  show("READC at end?", 0);
  show("EXIT_EXTENDED bad", call(0x20, (void*)0xf0000000));
  call(0x20, B(0x20026, 7));
}
__attribute__((section(".vectors"),used)) void *vectors[] = {(void*)0x20010000, (void*)start};
