/** F16 and BF16 to float32: every one of the 65,536 bit patterns. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { bfloat16ToFloat32, float16ToFloat32 } from '../src/formats/half.js';

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

test.run();
