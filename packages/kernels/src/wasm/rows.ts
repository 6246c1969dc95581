/** A broadcast seen as rows that run contiguously or repeat in every operand, with as few axes around them as possible. */
import { volume } from '../strides.js';
import type { Broadcast } from '../table/elementwise.js';

/** Element strides of up to three operands. */
type Steps = readonly [number, number, number];

/** Neighbouring axes that every operand walks without a break: their extent together, and the steps. */
interface Run {
  readonly size: number;
  readonly steps: Steps;
}

/** Rows side by side, and axes around those, outermost first. */
export interface Rows {
  /** One row; each step is 1 or 0. */
  readonly inner: Run;
  /** The rows that lie side by side. */
  readonly mid: Run;
  readonly outerShape: readonly number[];
  readonly outerStrides: readonly (readonly number[])[];
  /** All rows. */
  readonly count: number;
}

const NONE: readonly number[] = [];
const NO_STRIDES: readonly (readonly number[])[] = [NONE, NONE, NONE];

/**
 * Merges axes where every operand steps on without a break; undefined if a row would neither run nor repeat. Numbers, not
 * lists, hold the two innermost runs: nearly all broadcasts have no more, and lists would cost as much as a small kernel.
 */
export function rowsOf({ shape, strides }: Broadcast): Rows | undefined {
  const [a = NONE, b = NONE, c = NONE] = strides;
  let axis = shape.length;
  const run = (alone: Steps): Run => {
    while (shape[axis - 1] === 1) axis--;
    if (axis === 0) return { size: 1, steps: alone };
    axis--;
    const steps: Steps = [a[axis] ?? 0, b[axis] ?? 0, c[axis] ?? 0];
    let size = shape[axis]!;
    for (; axis > 0; axis--) {
      const next = axis - 1;
      const goesOn =
        (a[next] ?? 0) === steps[0] * size && (b[next] ?? 0) === steps[1] * size && (c[next] ?? 0) === steps[2] * size;
      if (shape[next] !== 1 && !goesOn) break;
      size *= shape[next]!;
    }
    return { size, steps };
  };
  const inner = run([1, 1, 1]);
  if (inner.steps[0] >>> 0 > 1 || inner.steps[1] >>> 0 > 1 || inner.steps[2] >>> 0 > 1) return undefined;
  const mid = run([0, 0, 0]);
  if (axis === 0) return { inner, mid, outerShape: NONE, outerStrides: NO_STRIDES, count: mid.size };
  const outerShape = shape.slice(0, axis);
  const outerStrides = strides.map((operand) => operand.slice(0, axis));
  return { inner, mid, outerShape, outerStrides, count: volume(outerShape) * mid.size };
}

/** Whether the first `operands` of them lie as the result does. */
export function isFlat({ count, inner: { steps } }: Rows, operands: number): boolean {
  return count === 1 && steps[0] === 1 && steps[1] === 1 && (operands < 3 || steps[2] === 1);
}

/** The axes around a row, `mid` the last of them, as lists of extents and of each operand's strides. */
export function aroundRows({ mid, outerShape, outerStrides }: Rows, operands: number): number[][] {
  const lists = [[...outerShape, mid.size]];
  for (let i = 0; i < operands; i++) lists.push([...outerStrides[i]!, mid.steps[i]!]);
  return lists;
}
