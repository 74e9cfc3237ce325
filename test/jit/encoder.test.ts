/** The binary encoder against the bytes of the WebAssembly Core Specification 2.0, chapter 5. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Bytes, EMPTY, encodeModule, I32, I64, Op, type FunctionType } from '../../emulator/jit/encoder.js';

const written = (write: (bytes: Bytes) => void): number[] => {
  const bytes = new Bytes();
  write(bytes);
  return [...bytes.written()];
};

describe('integers as LEB128, 5.2.2', () => {
  it.each([
    [0, [0x00]], [127, [0x7f]], [128, [0x80, 0x01]], [624_485, [0xe5, 0x8e, 0x26]], [0xffff_ffff, [0xff, 0xff, 0xff, 0xff, 0x0f]],
  ])('unsigned %d', (value, bytes) => expect(written((to) => to.unsigned(value))).toEqual(bytes));

  it.each([
    [0, [0x00]], [63, [0x3f]], [64, [0xc0, 0x00]], [-1, [0x7f]], [-64, [0x40]], [-65, [0xbf, 0x7f]], [-123_456, [0xc0, 0xbb, 0x78]],
    [0x7fff_ffff, [0xff, 0xff, 0xff, 0xff, 0x07]], [-0x8000_0000, [0x80, 0x80, 0x80, 0x80, 0x78]],
  ])('signed %d', (value, bytes) => expect(written((to) => to.signed(value))).toEqual(bytes));

  it('gives constants back, whatever they are', () => {
    fc.assert(fc.property(fc.integer({ min: -0x8000_0000, max: 0x7fff_ffff }), (value) => {
      expect(run((code) => { code.byte(Op.i32_const); code.signed(value); })).toBe(value);
    }), { seed: 1, numRuns: 200 });
  });
});

const TO_I32: FunctionType = { parameters: [], results: [I32] };

function moduleOf(code: Bytes, locals: readonly { readonly count: number; readonly type: number }[] = [], importsTable = false): Uint8Array<ArrayBuffer> {
  return new Uint8Array(encodeModule({ types: [TO_I32], imports: [], importsTable, functions: [{ exported: 'f', type: TO_I32, locals, code }] }));
}

function run(write: (code: Bytes) => void): number {
  const code = new Bytes();
  write(code);
  const environment = { m: new WebAssembly.Memory({ initial: 1 }) };
  return (new WebAssembly.Instance(new WebAssembly.Module(moduleOf(code)), { e: environment }).exports['f'] as () => number)();
}

describe('a module, 5.5', () => {
  it('is its sections in order', () => {
    const code = new Bytes();
    code.bytes([Op.i32_const, 5]);
    expect([...moduleOf(code)]).toEqual([
      0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00, // magic, version
      0x01, 0x05, 0x01, 0x60, 0x00, 0x01, 0x7f, // types: () -> i32
      0x02, 0x08, 0x01, 0x01, 0x65, 0x01, 0x6d, 0x02, 0x00, 0x01, // imports: memory e.m, at least a page
      0x03, 0x02, 0x01, 0x00, // functions: type 0
      0x07, 0x05, 0x01, 0x01, 0x66, 0x00, 0x00, // exports: function 0 as f
      0x0a, 0x06, 0x01, 0x04, 0x00, 0x41, 0x05, 0x0b, // code: no locals, i32.const 5, end
    ]);
  });

  it('may import the table, and functions, whose indices come first', () => {
    const type: FunctionType = { parameters: [I32, I32], results: [I32] };
    const code = new Bytes();
    code.bytes([Op.i32_const, 30, Op.i32_const, 12, Op.call, 0]);
    const bytes = new Uint8Array(encodeModule({
      types: [TO_I32], imports: [{ name: 'sub', type }], importsTable: true, functions: [{ exported: 'f', type: TO_I32, locals: [{ count: 200, type: I64 }], code }],
    }));
    const environment = { m: new WebAssembly.Memory({ initial: 1 }), t: new WebAssembly.Table({ element: 'anyfunc', initial: 1 }), sub: (x: number, y: number) => x - y };
    expect((new WebAssembly.Instance(new WebAssembly.Module(bytes), { e: environment }).exports['f'] as () => number)()).toBe(18);
  });

  it('is valid with nested blocks, long bodies and many locals', () => {
    fc.assert(fc.property(fc.integer({ min: 0, max: 400 }), fc.integer({ min: 0, max: 300 }), (depth, locals) => {
      const code = new Bytes();
      for (let i = 0; i < depth; i++) code.bytes([i % 2 ? Op.block : Op.loop, EMPTY]);
      for (let i = 0; i < depth; i++) code.byte(Op.end);
      code.byte(Op.i32_const);
      code.signed(-depth);
      expect(new WebAssembly.Module(moduleOf(code, locals ? [{ count: locals, type: I32 }] : [], depth % 3 === 0))).toBeDefined();
    }), { seed: 2, numRuns: 100 });
  });
});
