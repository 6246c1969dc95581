/** Reductions, arg-reductions and cumulative sums on the GPU. */
import type { AxisSizes, ReduceKernels, ReduceOp } from '../table/reduce.js';
import { EXACT, type GpuBuffer } from './buffer.js';
import { type Finish, type Fold, partsOf, passSizes, placeAfter, planFold } from './fold.js';
import type { GpuKernels, Plan } from './plan.js';

/** How an operation folds: the value of each element, and what becomes of the result. */
interface Form {
  readonly kind: Fold['kind'];
  value(x: string): string;
  readonly finish?: string;
}

const plain = (x: string): string => x;
const square = (x: string): string => `${x} * ${x}`;

const forms: Readonly<Record<Exclude<ReduceOp, 'logSumExp'>, Form>> = {
  sum: { kind: 'sum', value: plain },
  mean: { kind: 'sum', value: plain, finish: 'v * scale' },
  prod: { kind: 'product', value: plain },
  max: { kind: 'max', value: plain },
  min: { kind: 'min', value: plain },
  norm1: { kind: 'sum', value: (x) => `Math.abs(${x})` },
  norm2: { kind: 'sum', value: square, finish: 'Math.sqrt(v)' },
  sumSquares: { kind: 'sum', value: square },
  any: { kind: 'max', value: plain, finish: 'Math.min(v, 1)' },
  all: { kind: 'min', value: plain, finish: 'Math.min(v, 1)' },
};

/** Extremes of nothing: the ends of int32, as near as float32 comes to them. */
const int32Ends: Partial<Record<ReduceOp, number>> = { max: -(2 ** 31), min: 2 ** 31 };
/** Bools are 0 to 255. */
const boolEnds: Partial<Record<ReduceOp, number>> = { any: 0, all: 1 };

function planReduce(plan: Plan, op: keyof typeof forms, x: GpuBuffer, out: GpuBuffer, axis: AxisSizes): void {
  const { kind, value, finish } = forms[op];
  const start = x.dtype === 'int32' ? int32Ends[op] : boolEnds[op];
  const end: Finish | undefined =
    finish === undefined
      ? undefined
      : {
          name: op,
          text: () => `return ${finish};`,
          // For nothing the factor is infinite and the mean NaN.
          numbers: op === 'mean' ? { scale: 1 / axis.size } : {},
        };
  const fold: Fold = {
    name: op,
    kind,
    ...(start === undefined ? {} : { start }),
    inputs: { x },
    prepare: ({ at }) => `const held = x[${at}];`,
    load: () => [value('held')],
    ...(end ? { finish: end } : {}),
  };
  planFold(plan, fold, axis, out);
}

/** maximum + log(sum of e^(x - maximum)); a maximum that is infinite or NaN already says it all. */
function planLogSumExp(plan: Plan, x: GpuBuffer, out: GpuBuffer, axis: AxisSizes): void {
  const maximum = plan.scratch(axis.outer * axis.inner);
  planReduce(plan, 'max', x, maximum, axis);
  const of = (outer: string, inner: string): string => `maximum[${outer} * lineInner + ${inner}]`;
  const fold: Fold = {
    name: 'exponentials',
    kind: 'sum',
    inputs: { x, maximum },
    load: ({ at, outer, inner }) => [`exponential(x[${at}] - ${of(outer, inner)})`],
    finish: {
      name: 'logSumExp',
      inputs: { maximum },
      text: (at) => `const top = maximum[${at}]; if (!isFinite(top)) { return top; } return top + logarithm(v);`,
    },
  };
  planFold(plan, fold, axis, out);
}

/**
 * Statements that make `value`, met at step `count` of the thread, the best so far, if it is better: the first NaN, else the
 * extreme, and on ties the one of lower place.
 */
function takeBetter(op: 'argmax' | 'argmin', count: string, ties: boolean): string {
  const better = `value ${op === 'argmax' ? '>' : '<'} best`;
  const first = ties ? ` || (${count} < place && (value === best || (isNan(value) && isNan(best))))` : '';
  return `if ((!isNan(best) && (isNan(value) || ${better}))${first}) { best = value; place = ${count}; }`;
}

/** Places of the extremes among all elements, or among the `candidates` [outer, size, inner] of an earlier pass. */
function planArg(
  plan: Plan,
  op: 'argmax' | 'argmin',
  x: GpuBuffer,
  candidates: GpuBuffer | undefined,
  { outer, size, inner }: AxisSizes,
  fullSize: number,
  out: GpuBuffer,
): void {
  const parts = partsOf({ outer, size, inner });
  const result = parts === 1 ? out : plan.scratch(outer * parts * inner);
  const place = placeAfter('i', inner);
  // Steps are counted in a float: fewer than 2^24.
  const body = candidates
    ? `let place = candidates[${placeAfter('0', inner).at}];
       let best = x[#y * fullLength + int(place) * lineInner + ${place.inner}];
       for (let i = 1; #x + i * lineStep < lineLength; i++) {
         const other = candidates[${place.at}];
         const value = x[#y * fullLength + int(other) * lineInner + ${place.inner}];
         ${takeBetter(op, 'other', true)}
       }
       return place;`
    : `let place = 0.0;
       let best = x[${placeAfter('0', inner).at}];
       for (let i = 1; #x + i * lineStep < lineLength; i++) { const value = x[${place.at}]; ${takeBetter(op, 'i', false)} }
       return ${placeAfter('int(place)', inner).position};`;
  plan.run({
    name: `${op} ${candidates ? 'of candidates' : ''} ${inner === 1 ? 'rows' : 'columns'}`,
    body,
    inputs: candidates ? { x, candidates } : { x },
    sizes: { ...passSizes(size, inner, parts), fullLength: fullSize * inner },
    grid: [parts * inner, outer],
    out: result,
  });
  if (parts > 1) planArg(plan, op, x, result, { outer, size: parts, inner }, fullSize, out);
}

/** Sums up to so many elements in one thread are cheaper than another level. */
const DIRECT = 96;

/** Running sums: sums of chunks, their running sums, and from there on each element by itself. */
function planCumsum(
  plan: Plan,
  x: GpuBuffer,
  out: GpuBuffer,
  { outer, size, inner }: AxisSizes,
  exclusive: boolean,
  reverse: boolean,
): void {
  const chunkSize = size <= DIRECT ? size : Math.min(64, Math.ceil(Math.sqrt(size)));
  const chunks = Math.ceil(size / chunkSize);
  // Place along the axis in the order of summation.
  const position = inner === 1 ? '#x' : 'quotient(#x, lineInner)';
  const order = reverse ? `(lineSize - 1 - ${position})` : position;
  const sizes = { lineSize: size, lineInner: inner, lineLength: size * inner, chunkSize };
  const form = `${reverse ? 'reverse' : ''} ${inner === 1 ? 'rows' : 'columns'}`;
  let before: GpuBuffer | undefined;
  if (chunks > 1) {
    const sums = plan.scratch(outer * chunks * inner);
    const element = reverse ? `(lineSize - 1 - ${position} * chunkSize - i)` : `(${position} * chunkSize + i)`;
    plan.run({
      name: `sums of chunks ${form}`,
      body: `let sum = 0.0;
        for (let i = 0; i < chunkSize && ${position} * chunkSize + i < lineSize; i++) {
          sum += x[#y * lineLength + ${element} * lineInner + ${inner === 1 ? '0' : 'remainder(#x, lineInner)'}];
        }
        return sum;`,
      inputs: { x },
      sizes,
      grid: [chunks * inner, outer],
      out: sums,
    });
    before = plan.scratch(outer * chunks * inner);
    planCumsum(plan, sums, before, { outer, size: chunks, inner }, true, false);
  }
  // Not the quotient of a quotient: gpu.js puts a call within one of the same name into a float32 variable.
  const chunk = `quotient(${reverse ? 'lineLength - 1 - #x' : '#x'}, chunkLength)`;
  const start = before
    ? `before[(#y * chunkCount + ${chunk}) * lineInner + ${inner === 1 ? '0' : 'remainder(#x, lineInner)'}]`
    : '0.0';
  plan.run({
    name: `cumsum ${form} ${exclusive ? 'exclusive' : ''} ${before ? 'from sums' : ''}`,
    body: `let sum = 0.0;
      const last = remainder(${order}, chunkSize);
      for (let i = ${exclusive ? 1 : 0}; i <= last; i++) { sum += x[#y * lineLength + #x ${reverse ? '+' : '-'} i * lineInner]; }
      return ${start} + sum;`,
    inputs: before ? { x, before } : { x },
    sizes: { ...sizes, chunkCount: chunks, chunkLength: chunkSize * inner },
    grid: [size * inner, outer],
    out,
  });
}

export const reduce: GpuKernels<ReduceKernels<GpuBuffer>> = {
  reduce(plan, op, x, out, axis) {
    if (x.dtype === 'int32' && op !== 'max' && op !== 'min') return false;
    if (op === 'logSumExp') planLogSumExp(plan, x, out, axis);
    else planReduce(plan, op, x, out, axis);
  },

  argReduce(plan, op, x, out, axis) {
    // Places are float32 numbers on the GPU.
    if (axis.size > EXACT) return false;
    planArg(plan, op, x, undefined, axis, axis.size, out);
  },

  cumsum(plan, x, out, axis, exclusive, reverse) {
    if (x.dtype === 'int32') return false;
    if (out.length > 0) planCumsum(plan, x, out, axis, exclusive, reverse);
  },
};
