/** A broadcast seen as rows that run contiguously or repeat in every operand, with as few axes around them as possible. */
import type { Broadcast } from '../table/elementwise.js';

/** Element strides of up to three operands. */
type Steps = readonly [number, number, number];

/** Rows of `inner` elements, `mid` of them side by side, and axes around those, outermost first. */
export interface Rows {
  readonly inner: number;
  /** 1 or 0 for each operand. */
  readonly innerSteps: Steps;
  readonly mid: number;
  readonly midSteps: Steps;
  readonly outerShape: readonly number[];
  readonly outerStrides: readonly (readonly number[])[];
  /** All rows: `mid` times the extents around. */
  readonly rows: number;
}

const NONE: readonly number[] = [];
const NO_STRIDES: readonly (readonly number[])[] = [NONE, NONE, NONE];
const STILL: Steps = [0, 0, 0];

/**
 * Merges axes where every operand steps on without a break; undefined if a row would neither run nor repeat. Numbers, not
 * lists, hold the two innermost axes: nearly all broadcasts have no more, and lists would cost as much as a small kernel.
 */
export function rowsOf({ shape, strides }: Broadcast): Rows | undefined {
  const [a = NONE, b = NONE, c = NONE] = strides;
  const at = (axis: number): Steps => [a[axis] ?? 0, b[axis] ?? 0, c[axis] ?? 0];
  const repeats = (steps: Steps, size: number, axis: number): boolean =>
    (a[axis] ?? 0) === steps[0] * size && (b[axis] ?? 0) === steps[1] * size && (c[axis] ?? 0) === steps[2] * size;
  let axis = shape.length - 1;
  while (axis >= 0 && shape[axis] === 1) axis--;
  if (axis < 0) {
    return {
      inner: 1,
      innerSteps: [1, 1, 1],
      mid: 1,
      midSteps: STILL,
      outerShape: NONE,
      outerStrides: NO_STRIDES,
      rows: 1,
    };
  }
  const innerSteps = at(axis);
  if (innerSteps[0] >>> 0 > 1 || innerSteps[1] >>> 0 > 1 || innerSteps[2] >>> 0 > 1) return undefined;
  let inner = shape[axis--]!;
  while (axis >= 0 && (shape[axis] === 1 || repeats(innerSteps, inner, axis))) inner *= shape[axis--]!;
  if (axis < 0)
    return { inner, innerSteps, mid: 1, midSteps: STILL, outerShape: NONE, outerStrides: NO_STRIDES, rows: 1 };
  const midSteps = at(axis);
  let mid = shape[axis--]!;
  while (axis >= 0 && (shape[axis] === 1 || repeats(midSteps, mid, axis))) mid *= shape[axis--]!;
  if (axis < 0) return { inner, innerSteps, mid, midSteps, outerShape: NONE, outerStrides: NO_STRIDES, rows: mid };
  const outerShape = shape.slice(0, axis + 1);
  const outerStrides = strides.map((operand) => operand.slice(0, axis + 1));
  let rows = mid;
  for (const size of outerShape) rows *= size;
  return { inner, innerSteps, mid, midSteps, outerShape, outerStrides, rows };
}

/** Whether the first `count` operands lie as the result does. */
export function isFlat({ rows, innerSteps }: Rows, count: number): boolean {
  return rows === 1 && innerSteps[0] === 1 && innerSteps[1] === 1 && (count < 3 || innerSteps[2] === 1);
}

/** The axes around the rows with `mid` as the last of them, as lists of extents and of each operand's strides. */
export function aroundRows({ mid, midSteps, outerShape, outerStrides }: Rows, count: number): number[][] {
  const lists = [[...outerShape, mid]];
  for (let operand = 0; operand < count; operand++)
    lists.push([...(outerStrides[operand] ?? NONE), midSteps[operand]!]);
  return lists;
}
