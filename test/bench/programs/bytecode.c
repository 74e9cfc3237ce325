/*
 * A stack machine interpreting a small program: primes by a sieve, Fibonacci by recursion, lengths of Collatz chains.
 * The switch becomes TBB or TBH on Armv7-M, and a call of __gnu_thumb1_case_* on Armv6-M with -Os.
 */
#include "random.h"

enum op {
  HALT, PUSH, GET, SET, LOAD, STORE, ADD, SUB, MUL, SHIFT_LEFT, SHIFT_RIGHT, AND, OR, XOR, NOT, NEGATE,
  LESS, EQUAL, JUMP, UNLESS, CALL, RETURN, DUP, DROP, SWAP, INC, ARGUMENT, OUT,
};

enum { SIEVE = 120, STACK = 160, FIBONACCI = 9, CHAINS = 7 };

static uint8_t code[256];
static unsigned end;

static void put(enum op op) { code[end++] = (uint8_t)op; }
static void put_with(enum op op, unsigned operand) { put(op); code[end++] = (uint8_t)operand; }
/* Returns where the target goes once it is known. */
static unsigned forward(enum op op) { put_with(op, 0); return end - 1; }
static void land(unsigned at) { code[at] = (uint8_t)end; }
static void get(unsigned variable) { put_with(GET, variable); }
static void set(unsigned variable) { put_with(SET, variable); }
static void push(unsigned value) { put_with(PUSH, value); }

/* for (i = 2; i < SIEVE; i++) if (!memory[i]) { out(i); for (k = i + i; k < SIEVE; k += i) memory[k] = round; } */
static void write_sieve(void) {
  enum { I = 0, K = 1, ROUND = 7 };
  push(2); set(I);
  unsigned outer = end;
  get(I); push(SIEVE); put(LESS);
  unsigned done = forward(UNLESS);
  get(I); put(LOAD); get(ROUND); put(EQUAL); put(NOT);
  unsigned composite = forward(UNLESS);
  get(I); put(OUT);
  get(I); put(DUP); put(ADD); set(K);
  unsigned inner = end;
  get(K); push(SIEVE); put(LESS);
  unsigned crossed = forward(UNLESS);
  get(ROUND); get(K); put(STORE);
  get(K); get(I); put(ADD); set(K);
  put_with(JUMP, inner);
  land(crossed);
  land(composite);
  get(I); put(INC); set(I);
  put_with(JUMP, outer);
  land(done);
}

/* fibonacci(n) = n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2), then out(fibonacci(FIBONACCI)) */
static void write_fibonacci(void) {
  unsigned over = forward(JUMP), function = end;
  put(ARGUMENT); push(2); put(LESS);
  unsigned recurse = forward(UNLESS);
  put(ARGUMENT); put(RETURN);
  land(recurse);
  put(ARGUMENT); push(1); put(SUB); put_with(CALL, function);
  put(ARGUMENT); push(2); put(SUB); put_with(CALL, function);
  put(ADD); put(RETURN);
  land(over);
  push(FIBONACCI); put_with(CALL, function); put(OUT);
}

/* for (i = 1; i < CHAINS; i++) for (n = seed * 8 + i; n != 1; n = n & 1 ? 3 * n + 1 : n >> 1) length++; */
static void write_collatz(void) {
  enum { I = 0, N = 1, LENGTH = 2, SEED = 6 };
  push(1); set(I);
  unsigned outer = end;
  get(I); push(CHAINS); put(LESS);
  unsigned done = forward(UNLESS);
  get(SEED); push(3); put(SHIFT_LEFT); get(I); put(OR); set(N);
  push(0); set(LENGTH);
  unsigned inner = end;
  get(N); push(1); put(EQUAL); put(NOT);
  unsigned reached = forward(UNLESS);
  get(N); push(1); put(AND);
  unsigned even = forward(UNLESS);
  get(N); push(3); put(MUL); put(INC); set(N);
  unsigned next = forward(JUMP);
  land(even);
  get(N); push(1); put(SHIFT_RIGHT); set(N);
  land(next);
  get(LENGTH); put(INC); set(LENGTH);
  put_with(JUMP, inner);
  land(reached);
  get(LENGTH); get(I); put(XOR); put(NEGATE); put(OUT);
  get(I); put(INC); set(I);
  put_with(JUMP, outer);
  land(done);
  put(HALT);
}

static uint32_t variables[8], memory[SIEVE];

__attribute__((noinline)) static uint32_t interpret(const uint8_t *program) {
  uint32_t stack[STACK], *top = stack, argument = 0, out = 0;
  const uint8_t *pc = program;
  *top = 0;
  for (;;)
    switch ((enum op)*pc++) {
      case HALT: return out;
      case PUSH: *++top = *pc++; break;
      case GET: *++top = variables[*pc++]; break;
      case SET: variables[*pc++] = *top--; break;
      case LOAD: *top = memory[*top]; break;
      case STORE: memory[top[0]] = top[-1]; top -= 2; break;
      case ADD: top--; top[0] += top[1]; break;
      case SUB: top--; top[0] -= top[1]; break;
      case MUL: top--; top[0] *= top[1]; break;
      case SHIFT_LEFT: top--; top[0] <<= top[1] & 31; break;
      case SHIFT_RIGHT: top--; top[0] >>= top[1] & 31; break;
      case AND: top--; top[0] &= top[1]; break;
      case OR: top--; top[0] |= top[1]; break;
      case XOR: top--; top[0] ^= top[1]; break;
      case NOT: *top = !*top; break;
      case NEGATE: *top = -*top; break;
      case LESS: top--; top[0] = top[0] < top[1]; break;
      case EQUAL: top--; top[0] = top[0] == top[1]; break;
      case JUMP: pc = program + *pc; break;
      case UNLESS: pc = *top-- ? pc + 1 : program + *pc; break;
      case CALL: { /* the argument becomes current; under the result lie the caller's argument and address */
        uint32_t passed = *top;
        *top++ = argument;
        *top = (uint32_t)(pc + 1 - program);
        argument = passed;
        pc = program + *pc;
        break;
      }
      case RETURN: { uint32_t result = *top; pc = program + top[-1]; argument = top[-2]; top -= 2; *top = result; break; }
      case DUP: top[1] = top[0]; top++; break;
      case DROP: top--; break;
      case SWAP: { uint32_t t = top[0]; top[0] = top[-1]; top[-1] = t; break; }
      case INC: ++*top; break;
      case ARGUMENT: *++top = argument; break;
      case OUT: out = out * 31 + *top--; break;
      default: return 0xBAD;
    }
}

int main(void) {
  write_sieve();
  write_fibonacci();
  write_collatz();
  for (uint32_t n = 1; n <= ITERATIONS; n++) {
    variables[7] = n;
    variables[6] = n & 0xFF;
    mix(interpret(code));
  }
  mix(end);
  report("bytecode");
  return 0;
}
