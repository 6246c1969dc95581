// Steps of optimizers: all that an element needs in one pass. Items are 16 elements: heap blocks are whole multiples of
// 64 bytes, so the last item may run past the end of a buffer, though never past its block.

/** The factors (1 - beta) come from outside: in float32 they would have lost digits. */
export function adam(
  parameter: usize, gradient: usize, mean: usize, square: usize, newParameter: usize, newMean: usize, newSquare: usize,
  beta1: f32, rest1: f32, beta2: f32, rest2: f32, rate: f32, root: f32, epsilon: f32, n: i32,
  start: i32, end: i32, scratch: usize,
): void {
  const b1 = f32x4.splat(beta1), r1 = f32x4.splat(rest1), b2 = f32x4.splat(beta2), r2 = f32x4.splat(rest2);
  const scale = f32x4.splat(root), guard = f32x4.splat(epsilon), far = f32x4.splat(rate);
  const stop = min(<usize>end << 6, <usize>(n + 3) >> 2 << 4);
  for (let at = <usize>start << 6; at < stop; at += 16) {
    const g = v128.load(gradient + at);
    const m = f32x4.add(f32x4.mul(b1, v128.load(mean + at)), f32x4.mul(r1, g));
    const v = f32x4.add(f32x4.mul(b2, v128.load(square + at)), f32x4.mul(f32x4.mul(r2, g), g));
    const step = f32x4.mul(f32x4.div(m, f32x4.add(f32x4.mul(f32x4.sqrt(v), scale), guard)), far);
    v128.store(newMean + at, m);
    v128.store(newSquare + at, v);
    v128.store(newParameter + at, f32x4.sub(v128.load(parameter + at), step));
  }
}
