// A linear model's data and state, as src/wasm/calls.ts writes their addresses, and the gradient of one row's loss.
import { exp64 } from '../../kernels/assembly/lib';
import { numberAt, putNumber } from './largest';

// @ts-ignore: decorator
@unmanaged
export class Problem {
  /** int32 [rows + 1], or 0: then the features are dense, float32 [rows, features]. */
  rowStart: usize;
  columns: usize;
  values: usize;
  /** float32 [rows]: -1 or 1; with several classes their numbers. */
  labels: usize;
  /** int32 [count]: which row each step takes. */
  order: usize;
  /** float64 [count]: learning rates, and weights of the average. */
  rates: usize;
  weights: usize;
  /** float64 [features, classes]: the model. */
  x: usize;
  /** float64 [workers, features, classes]. */
  memory: usize;
  /** float64 [features, classes]: sum of weight times model, or 0. */
  sums: usize;
  /** int32 [count, k]: what each step sends; -1 is nothing. Given to the steps that send at random, filled by top-k. */
  sent: usize;
  /** int32 [1]: the next step. */
  counter: usize;
  features: i32;
  /** 1 for two classes told apart by a sign. */
  classes: i32;
  count: i32;
  k: i32;
  /** Whether what is not sent is kept. */
  remembers: i32;
  /** Whether the model is changed by compare-and-exchange. */
  atomic: i32;
}

// @ts-ignore: decorator
@inline
export function floatAt(base: usize, i: i32): f32 {
  return load<f32>(base + (<usize>i << 2));
}

// @ts-ignore: decorator
@inline
export function intAt(base: usize, i: i32): i32 {
  return load<i32>(base + (<usize>i << 2));
}

/** Two float32 values as float64. */
// @ts-ignore: decorator
@inline
function pairAt(a: usize, i: i32): v128 {
  return f64x2.promote_low_f32x4(v128.load64_zero(a + (<usize>i << 2)));
}

/** a . b of n values, a float32, b float64. */
function dot(a: usize, b: usize, n: i32): f64 {
  let s0 = f64x2.splat(0);
  let s1 = s0;
  let i = 0;
  for (; i + 4 <= n; i += 4) {
    const at = b + (<usize>i << 3);
    s0 = f64x2.add(s0, f64x2.mul(pairAt(a, i), v128.load(at)));
    s1 = f64x2.add(s1, f64x2.mul(pairAt(a, i + 2), v128.load(at, 16)));
  }
  s0 = f64x2.add(s0, s1);
  let sum = f64x2.extract_lane(s0, 0) + f64x2.extract_lane(s0, 1);
  for (; i < n; i++) sum += <f64>floatAt(a, i) * numberAt(b, i);
  return sum;
}

/** y += c a of n values, a float32, y float64. */
function addScaled(y: usize, a: usize, c: f64, n: i32): void {
  const c2 = f64x2.splat(c);
  let i = 0;
  for (; i + 2 <= n; i += 2) {
    const at = y + (<usize>i << 3);
    v128.store(at, f64x2.add(v128.load(at), f64x2.mul(c2, pairAt(a, i))));
  }
  if (i < n) putNumber(y, i, numberAt(y, i) + c * floatAt(a, i));
}

/** logits[c] = sum_j a_ij x_jc. */
function logitsOf(p: Problem, row: i32, logits: usize): void {
  const classes = p.classes;
  if (p.rowStart == 0 && classes == 1) {
    store<f64>(logits, dot(p.values + (<usize>row * p.features << 2), p.x, p.features));
    return;
  }
  for (let c = 0; c < classes; c++) putNumber(logits, c, 0);
  const dense = p.rowStart == 0;
  const from = dense ? 0 : intAt(p.rowStart, row);
  const to = dense ? p.features : intAt(p.rowStart, row + 1);
  const values = dense ? p.values + (<usize>row * p.features << 2) : p.values;
  for (let e = from; e < to; e++) {
    const value = <f64>floatAt(values, e);
    const x = p.x + (<usize>(dense ? e : intAt(p.columns, e)) * classes << 3);
    for (let c = 0; c < classes; c++) putNumber(logits, c, numberAt(logits, c) + value * numberAt(x, c));
  }
}

/** Turns logits into the gradient of the loss by them: -y sigmoid(-y z), or softmax(z) - onehot(y). */
function lossGradient(logits: usize, classes: i32, label: f32): void {
  if (classes == 1) {
    const y = <f64>label;
    store<f64>(logits, -y / (1 + exp64(y * load<f64>(logits))));
    return;
  }
  let highest = -Infinity;
  for (let c = 0; c < classes; c++) highest = max(highest, numberAt(logits, c));
  let total: f64 = 0;
  for (let c = 0; c < classes; c++) {
    const e = exp64(numberAt(logits, c) - highest);
    putNumber(logits, c, e);
    total += e;
  }
  for (let c = 0; c < classes; c++) putNumber(logits, c, numberAt(logits, c) / total - (c == <i32>label ? 1 : 0));
}

/** Adds rate times the gradient of one row's loss (without the regularizer) to `v`; `logits` is room for the classes. */
export function addGradient(p: Problem, row: i32, rate: f64, v: usize, logits: usize): void {
  const classes = p.classes;
  logitsOf(p, row, logits);
  lossGradient(logits, classes, floatAt(p.labels, row));
  if (p.rowStart == 0 && classes == 1) {
    addScaled(v, p.values + (<usize>row * p.features << 2), rate * load<f64>(logits), p.features);
    return;
  }
  const dense = p.rowStart == 0;
  const from = dense ? 0 : intAt(p.rowStart, row);
  const to = dense ? p.features : intAt(p.rowStart, row + 1);
  const values = dense ? p.values + (<usize>row * p.features << 2) : p.values;
  for (let e = from; e < to; e++) {
    const step = rate * floatAt(values, e);
    const at = (dense ? e : intAt(p.columns, e)) * classes;
    for (let c = 0; c < classes; c++) putNumber(v, at + c, numberAt(v, at + c) + step * numberAt(logits, c));
  }
}

/** Sets what `addGradient` has written to in `v` to 0. */
export function clearRow(p: Problem, row: i32, v: usize): void {
  const classes = p.classes;
  if (p.rowStart == 0) {
    memory.fill(v, 0, <usize>p.features * classes << 3);
    return;
  }
  for (let e = intAt(p.rowStart, row); e < intAt(p.rowStart, row + 1); e++) {
    memory.fill(v + (<usize>intAt(p.columns, e) * classes << 3), 0, <usize>classes << 3);
  }
}
