// Element-wise kernels.
export { prepareConstants } from './constants';
export { unaryF32, unaryI32, clipF32 } from './unary';
export { binary, binaryScalar, binaryRows } from './binary';
export { compareRows, compareFlat, logicFlat, testF32, notFlat, whereRows, whereFlat, cast } from './compare';

/** 32-bit words of n elements become `bits`, over items of 16. */
export function fill32(out: usize, bits: i32, n: i32, start: i32, end: i32, scratch: usize): void {
  const lanes = i32x4.splat(bits);
  const stop = min(<usize>end << 6, <usize>n << 2);
  for (let at = <usize>start << 6; at < stop; at += 16) v128.store(out + at, lanes);
}
