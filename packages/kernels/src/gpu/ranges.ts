/**
 * Sums and maxima over ranges of a list: the sorted rows of segments, the rows of sparse matrices. Ranges may be of any
 * length. Of each block of 64 elements one thread folds those that belong to the range of the block's first element, and of
 * each 64 blocks in turn; a range then is the elements up to the next block, the blocks up to the next 64, and so on.
 */
import { bisection } from './bisection.js';
import type { GpuBuffer } from './buffer.js';
import type { Plan } from './plan.js';

const BLOCK = 64;

/** A list of `inner` columns, cut into ranges. */
export interface Ranges {
  /** Where ranges start, and where the last one ends: count + 1 numbers that never fall. */
  readonly starts: GpuBuffer;
  readonly count: number;
  /** Elements of the list, at most 2^24. */
  readonly length: number;
  readonly inner: number;
}

/** What is folded. */
export interface Terms {
  /** Names the text. */
  readonly name: string;
  /** The element at `at` of the list in column `i`: floats that hold whole numbers. */
  readonly text: string;
  /** What the text reads. */
  readonly inputs: Readonly<Record<string, GpuBuffer>>;
}

type Op = 'sum' | 'max';

const fold = (op: Op, text: string): string =>
  op === 'sum' ? `sum += ${text};` : `const value = ${text}; if (value > sum || isNan(value)) { sum = value; }`;

/** The element at `at` on a level: terms on level 0, folded blocks above. */
const elementOf = (terms: Terms, level: number): string =>
  level === 0 ? terms.text : `level${level}[int(at * ${1 / BLOCK ** level}) * inner + int(i)]`;

/** Folds the blocks of one level from those of the level below. */
function foldBlocks(
  plan: Plan,
  op: Op,
  ranges: Ranges,
  terms: Terms,
  below: GpuBuffer | undefined,
  level: number,
): GpuBuffer {
  const { starts, count, length, inner } = ranges;
  const blocks = Math.ceil(length / BLOCK ** level);
  const out = plan.scratch(blocks * inner);
  const step = BLOCK ** (level - 1);
  plan.run({
    name: `rangeBlocks${op}${terms.name}${level}`,
    body: `
      const i = remainder(#x, inner);
      const first = quotient(#x, inner) * ${BLOCK * step};
      ${bisection('count', '!(starts[int(middle)] > first)')}
      const end = starts[int(low)];
      let sum = identity;
      for (let k = 0; k < ${BLOCK}; k++) {
        const at = first + k * ${step};
        if (at < end) { ${fold(op, elementOf(terms, level - 1))} }
      }
      return sum;`,
    inputs: below ? { starts, [`level${level - 1}`]: below } : { starts, ...terms.inputs },
    sizes: { count, inner },
    numbers: { identity: op === 'sum' ? 0 : Number.NEGATIVE_INFINITY },
    grid: [blocks * inner],
    out,
  });
  return out;
}

/** Folds from `at` on up to the next block of the level above, or to the end. */
const climb = (op: Op, terms: Terms, level: number, isTop: boolean): string => `
  sum = identity;
  for (let k = 0; k < ${BLOCK}; k++) {
    if (at >= end) { break; }
    ${isTop ? '' : `if (Math.floor(at * ${1 / BLOCK ** (level + 1)}) * ${BLOCK ** (level + 1)} === at) { break; }`}
    ${fold(op, elementOf(terms, level))}
    at += ${BLOCK ** level};
  }
  ${op === 'sum' ? 'total += sum;' : 'if (sum > total || isNan(sum)) { total = sum; }'}`;

/** Plans out [count, inner]: 0 (or -Infinity) where a range is empty; NaN is the largest. */
export function foldRanges(plan: Plan, op: Op, ranges: Ranges, terms: Terms, out: GpuBuffer): void {
  const { starts, count, length, inner } = ranges;
  const inputs: Record<string, GpuBuffer> = { starts, ...terms.inputs };
  let top = 0;
  for (let below: GpuBuffer | undefined; BLOCK ** (top + 1) < length; ) {
    top += 1;
    below = foldBlocks(plan, op, ranges, terms, below, top);
    inputs[`level${top}`] = below;
  }
  const levels = Array.from({ length: top + 1 }, (_, level) => climb(op, terms, level, level === top));
  plan.run({
    name: `ranges${op}${terms.name}${top}`,
    body: `
      const i = remainder(#x, inner);
      const end = starts[quotient(#x, inner) + 1];
      let at = starts[quotient(#x, inner)];
      let total = identity;
      let sum = identity;
      ${levels.join('\n')}
      return total;`,
    inputs,
    sizes: { inner },
    numbers: { identity: op === 'sum' ? 0 : Number.NEGATIVE_INFINITY },
    grid: [count * inner],
    out,
  });
}
