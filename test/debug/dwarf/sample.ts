/** One C program with the shapes that debug information has to describe: leaves, big frames, alloca, FP saves, early returns, switch. */
export const SAMPLE = `
typedef unsigned int u32;
volatile u32 sink;
__attribute__((noinline)) u32 leaf(u32 a) { sink = a; return a * 3; }
__attribute__((noinline)) u32 big_frame(u32 a, u32 b) {
  volatile u32 buffer[400];
  for (u32 i = 0; i < 400; i++) buffer[i] = leaf(i + a);
  return buffer[b % 400];
}
__attribute__((noinline)) u32 dynamic(u32 n) {
  volatile u32 *p = __builtin_alloca(n * 4 + 8);
  for (u32 i = 0; i < n; i++) p[i] = leaf(i);
  return p[n / 2] + big_frame(n, 3);
}
__attribute__((noinline)) float floats(float a, float b, float c, float d) {
  float e = a * b, f = c * d;
  sink += dynamic((u32)e);
  float g = e + f;
  sink += leaf((u32)g);
  return e * f + g + a;
}
__attribute__((noinline)) u32 choose(u32 k, u32 x) {
  if (k == 0) return x;
  switch (k & 7) {
    case 1: return leaf(x);
    case 2: x += dynamic(x); break;
    case 3: x ^= (u32)floats((float)x, 2.0f, 3.0f, 4.0f); break;
    case 4: return big_frame(x, k);
    case 5: x <<= 3; break;
    default: x = ~x;
  }
  for (u32 i = 0; i < k; i++) x += choose(k - 1, x) * leaf(i);
  return x;
}
__attribute__((noinline)) u32 variadic(u32 n, ...) {
  __builtin_va_list list; __builtin_va_start(list, n);
  u32 sum = 0;
  while (n--) sum += leaf(__builtin_va_arg(list, u32));
  __builtin_va_end(list);
  return sum;
}
int main(void) {
  u32 x = choose(sink, 7);
  x += variadic(3, x, 2, 1);
  return (int)x;
}
`;
