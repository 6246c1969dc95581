/** F16 and BF16 to float32 and back: every one of the 65,536 bit patterns, and what lies between them. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { bfloat16ToFloat32, float16ToFloat32, toBfloat16, toFloat16 } from '../src/formats/half.js';

const allBits = Uint16Array.from({ length: 65_536 }, (_, i) => i);

function valueOfFloat16(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

test('every F16 becomes exactly the float32 of its definition', () => {
  const widened = float16ToFloat32(allBits);
  for (const bits of allBits) {
    if (!Object.is(widened[bits], valueOfFloat16(bits))) {
      assert.unreachable(`bits ${bits}: expected ${valueOfFloat16(bits)}, got ${widened[bits]}`);
    }
  }
});

test('every BF16 becomes the float32 whose upper half it is', () => {
  const words = new Uint32Array(bfloat16ToFloat32(allBits).buffer);
  assert.ok(allBits.every((bits) => words[bits] === bits * 65_536));
});

test('the F16 landmarks are where the standard puts them', () => {
  const bits = Uint16Array.of(0x0001, 0x03ff, 0x0400, 0x3c00, 0x7bff, 0x7c00, 0xfc00, 0x8000);
  const expected = [2 ** -24, 1023 * 2 ** -24, 2 ** -14, 1, 65_504, Infinity, -Infinity, -0];
  assert.ok([...float16ToFloat32(bits)].every((value, i) => Object.is(value, expected[i])));
});

test('NaN keeps its sign and payload', () => {
  const words = new Uint32Array(float16ToFloat32(Uint16Array.of(0x7e00, 0xfe01)).buffer);
  assert.equal([...words], [0x7fc00000, 0xffc02000]);
});

test('an empty array gives an empty array', () => {
  assert.is(float16ToFloat32(new Uint16Array(0)).length, 0);
  assert.is(bfloat16ToFloat32(new Uint16Array(0)).length, 0);
});

const kinds = [
  { name: 'F16', widen: float16ToFloat32, narrow: toFloat16, infinity: 0x7c00 },
  { name: 'BF16', widen: bfloat16ToFloat32, narrow: toBfloat16, infinity: 0x7f80 },
];

/** `bits` as the narrowing of a number that is `there`. */
function expectBits(got: number, bits: number, there: number, name: string): void {
  if (got !== bits) assert.unreachable(`${name} of ${there}: expected bits ${bits}, got ${got}`);
}

for (const { name, widen, narrow, infinity } of kinds) {
  const values = widen(allBits);

  test(`every ${name} comes back from float32 with the same bits, NaN with its payload`, () => {
    const back = narrow(values);
    for (const bits of allBits) expectBits(back[bits]!, bits, values[bits]!, name);
  });

  test(`every ${name} that is no NaN comes back from float64 with the same bits, and NaN as NaN`, () => {
    const back = narrow(Float64Array.from(values));
    for (const bits of allBits) {
      if (Number.isNaN(values[bits])) assert.ok(Number.isNaN(widen(back.subarray(bits, bits + 1))[0]));
      else expectBits(back[bits]!, bits, values[bits]!, name);
    }
  });

  test(`between two neighbours ${name} takes the nearer one, and in the middle the even one`, () => {
    // The next after the largest would be as far from it as its predecessor.
    const above = 2 * values[infinity - 1]! - values[infinity - 2]!;
    for (const sign of [1, -1]) {
      const low = Float64Array.from({ length: infinity }, (_, bits) => sign * values[bits]!);
      const high = low.map((_, bits) => sign * (bits + 1 === infinity ? above : values[bits + 1]!));
      const middle = low.map((value, bits) => (value + high[bits]!) / 2);
      const signBit = sign === 1 ? 0 : 0x8000;
      // A middle is a float32; the numbers next to it are told apart as float32 and, far closer, as float64.
      const single = Float32Array.from(middle);
      assert.ok(single.every((value, i) => value === middle[i]));
      const step = new Uint32Array(single.buffer);
      const [below, beyond] = [step.map((bits) => bits - 1), step.map((bits) => bits + 1)];
      const nearLow = narrow(new Float32Array(below.buffer));
      const nearHigh = narrow(new Float32Array(beyond.buffer));
      const even = [narrow(single), narrow(middle)];
      const closeLow = narrow(middle.map((value) => value * (1 - 2 ** -52)));
      const closeHigh = narrow(middle.map((value) => value * (1 + 2 ** -52)));
      for (let bits = 0; bits < infinity; bits++) {
        const there = middle[bits]!;
        for (const got of [nearLow, closeLow]) expectBits(got[bits]!, signBit | bits, there, name);
        for (const got of [nearHigh, closeHigh]) expectBits(got[bits]!, signBit | (bits + 1), there, name);
        for (const got of even) expectBits(got[bits]!, signBit | (bits + (bits & 1)), there, name);
      }
    }
  });

  test(`what is too large for ${name} becomes Infinity, what is too small a zero with its sign`, () => {
    for (const array of [Float32Array, Float64Array]) {
      const narrowed = narrow(array.of(3.4e38, -3.4e38, Infinity, -Infinity, 1e-46, -1e-46, 0, -0));
      const large = name === 'F16' ? 0x7c00 : 0x7f80;
      assert.equal([...narrowed], [large, large | 0x8000, large, large | 0x8000, 0, 0x8000, 0, 0x8000]);
    }
    assert.equal([...narrow(Float64Array.of(1e300, -1e300))], [infinity, infinity | 0x8000]);
  });
}

test('a NaN whose payload lies only in the bits that go stays NaN', () => {
  const nan = new Float32Array(Uint32Array.of(0x7f800001, 0xff800001).buffer);
  assert.equal([...toFloat16(nan)], [0x7e00, 0xfe00]);
  assert.equal([...toBfloat16(nan)], [0x7fc0, 0xffc0]);
});

test('a view into a larger buffer is narrowed from where it begins', () => {
  assert.equal([...toFloat16(Float32Array.of(9, 1, -2).subarray(1))], [0x3c00, 0xc000]);
  assert.is(toBfloat16(new Float32Array(0)).length, 0);
});

test.run();
