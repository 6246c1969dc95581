/** The matrix product on the GPU. */
import { countMatrices } from '../batch.js';
import { collapse, volume } from '../strides.js';
import type { MatmulKernels, MatmulSizes } from '../table/matmul.js';
import type { GpuBuffer } from './buffer.js';
import { planFold } from './fold.js';
import type { GpuKernels, Plan } from './plan.js';
import { type FourFactors, type Product, planProduct, planTransposed } from './product.js';
import { type StridedText, walkText } from './strided.js';

/** Operands and sizes of one call, in the plainest form that means the same. */
interface Call {
  readonly a: GpuBuffer;
  readonly b: GpuBuffer;
  readonly out: GpuBuffer;
  readonly sizes: MatmulSizes;
  readonly matrices: number;
}

/** Up to so many rows, transposing b costs more than reading it along its rows. */
const FEW = 8;
/** Threads that keep a GPU busy; with fewer, several share the inner axis. */
const BUSY = 2 ** 15;
/** Each of them sums at least so many products. */
const SHARE = 128;

/** Merges batch axes, makes them rows where b is the same for all, and drops transposes that change nothing. */
function plainest(sizes: MatmulSizes): MatmulSizes {
  const { n, k } = sizes;
  const merged = collapse(sizes.batch, [sizes.aStrides, sizes.bStrides]);
  const [batch, aStrides, bStrides] = [merged.shape, merged.strides[0] as number[], merged.strides[1] as number[]];
  const transposeA = sizes.transposeA && sizes.m > 1 && k > 1;
  const transposeB = sizes.transposeB && n > 1 && k > 1;
  const isOne = batch.length === 1 && (batch[0] === 1 || (aStrides[0] === 1 && bStrides[0] === 0 && !transposeA));
  if (!isOne) return { ...sizes, transposeA, transposeB, batch, aStrides, bStrides };
  const m = (batch[0] as number) * sizes.m;
  return { ...sizes, m, transposeA, transposeB, batch: [1], aStrides: [0], bStrides: [0] };
}

/** Number of the matrix of an operand, as a text. */
function matrixOf(name: string, matrix: string, { batch }: MatmulSizes, strides: readonly number[]): StridedText {
  return walkText(name, matrix, batch, strides);
}

/** Texts of the elements of both operands, and the sizes in them. */
function operands({
  sizes,
}: Call): Pick<Product, 'left' | 'right' | 'four'> & { sizes: Record<string, number>; form: string } {
  const { transposeA, transposeB, aStrides, bStrides } = sizes;
  const aForm = matrixOf('aBatch', '', sizes, aStrides);
  const bForm = matrixOf('bBatch', '', sizes, bStrides);
  const leftFour: FourFactors['left'] = {
    input: 'a',
    at: (matrix, row, step) => {
      const from = `${matrixOf('aBatch', matrix, sizes, aStrides).text} * leftRows`;
      return `(${from} + ${row}) * quotient(stepCount, 4) + quotient(${step}, 4)`;
    },
  };
  const rightFour: FourFactors['right'] = {
    input: 'b',
    at: (matrix, step) => {
      const from = `${matrixOf('bBatch', matrix, sizes, bStrides).text} * stepCount`;
      return `(${from} + ${step}) * quotient(rightColumns, 4) + #x`;
    },
  };
  return {
    ...(transposeB ? {} : { four: { ...(transposeA ? {} : { left: leftFour }), right: rightFour } }),
    left: (matrix, row, step) => {
      const from = `${matrixOf('aBatch', matrix, sizes, aStrides).text} * leftRows * stepCount`;
      return transposeA ? `a[${from} + ${step} * leftRows + ${row}]` : `a[${from} + ${row} * stepCount + ${step}]`;
    },
    right: (matrix, step, column) => {
      const from = `${matrixOf('bBatch', matrix, sizes, bStrides).text} * rightColumns * stepCount`;
      return transposeB
        ? `b[${from} + ${column} * stepCount + ${step}]`
        : `b[${from} + ${step} * rightColumns + ${column}]`;
    },
    sizes: { leftRows: sizes.m, rightColumns: sizes.n, ...aForm.sizes, ...bForm.sizes },
    form: `${transposeA ? 'T' : 'N'}${transposeB ? 'T' : 'N'} ${aForm.form} ${bForm.form}`,
  };
}

/** One thread for some of the products of an element, where neighbours along the inner axis are neighbours in memory. */
function planDots(plan: Plan, call: Call): void {
  const { a, b, out, matrices } = call;
  const { m, n, k, accumulate } = call.sizes;
  const { left, right, sizes, form } = operands(call);
  const isColumn = n === 1;
  const row = isColumn ? 'remainder(#y, leftRows)' : 'remainder(quotient(#y, rightColumns), leftRows)';
  const matrix = 'quotient(#y, matrixSize)';
  const column = isColumn ? '0' : 'remainder(#y, rightColumns)';
  planFold(
    plan,
    {
      name: `dots ${form} ${isColumn ? 'column' : ''}`,
      kind: 'sum',
      inputs: { a, b },
      sizes: { ...sizes, stepCount: k, matrixSize: m * n },
      load: ({ position }) => [`${left(matrix, row, position)} * ${right(matrix, position, column)}`],
      ...(accumulate ? { finish: addedTo(out) } : {}),
    },
    { outer: matrices * m * n, size: k, inner: 1 },
    out,
  );
}

const addedTo = (out: GpuBuffer) => ({
  name: 'added',
  inputs: { previous: out },
  text: (at: string): string => `return previous[${at}] + v;`,
});

/** One thread for up to four elements, or for a share of their products. */
function planTiles(plan: Plan, call: Call): void {
  const { a, b, out, matrices } = call;
  const { m, n, k, accumulate } = call.sizes;
  const { left, right, four, sizes, form } = operands(call);
  const threads = (matrices * m * n) / (n % 4 === 0 ? 4 : 1);
  const shares = Math.max(1, Math.min(Math.ceil(BUSY / threads / 2), Math.floor(k / SHARE)));
  const adds = accumulate && shares === 1;
  const partial = shares > 1 ? plan.scratch(matrices * shares * m * n) : out;
  planProduct(plan, {
    name: `matmul ${form} ${adds ? 'added' : ''}`,
    ...{ matrices, rows: m, columns: n, steps: k, shares, left, right, sizes, out: partial },
    ...(four && { four }),
    ...(adds
      ? {
          finish: (sum, matrix, row, column) =>
            `${sum} += previous[(${matrix} * leftRows + ${row}) * rightColumns + ${column}];`,
        }
      : {}),
    inputs: adds ? { a, b, previous: out } : { a, b },
  });
  if (shares === 1) return;
  planFold(
    plan,
    {
      name: 'partial',
      kind: 'sum',
      inputs: { partial },
      load: ({ at }) => [`partial[${at}]`],
      ...(accumulate ? { finish: addedTo(out) } : {}),
    },
    { outer: matrices, size: shares, inner: m * n },
    out,
  );
}

/** With b transposed first, so that neighbouring threads read neighbouring elements of it. */
function planTurned(plan: Plan, call: Call): void {
  const { sizes } = call;
  const b = planTransposed(plan, call.b, countMatrices(sizes.batch, sizes.bStrides), sizes.n, sizes.k);
  planTiles(plan, { ...call, b, sizes: { ...sizes, transposeB: false } });
}

export const matmul: GpuKernels<MatmulKernels<GpuBuffer>> = {
  matmul(plan, a, b, out, given) {
    if (out.length === 0) return;
    const sizes = plainest(given);
    const { m, n, batch, transposeA, transposeB } = sizes;
    const call: Call = { a, b, out, sizes, matrices: volume(batch) };
    // The larger operand decides: it is read along the inner axis, or it is not.
    const isDot = m < n ? transposeB && m <= FEW : !transposeA && n < FEW;
    if (isDot) planDots(plan, call);
    else if (transposeB) planTurned(plan, call);
    else planTiles(plan, call);
  },
};
