/** Gradients of attention on the GPU, from the scores made anew block by block. */
import { volume } from '../strides.js';
import type { AttentionKernels, AttentionSizes } from '../table/attention.js';
import {
  type Block,
  BlockPlanner,
  blockNumbers,
  blocksOf,
  hiddenAs,
  inBlock,
  inWhole,
  keyProduct,
  outside,
  planKeyFactor,
  planScores,
} from './attention-scores.js';
import type { GpuBuffer } from './buffer.js';
import { type Fold, type Planner, planFold } from './fold.js';
import type { GpuKernels } from './plan.js';
import { planProduct } from './product.js';
import { planRowTotals } from './rows.js';
import { walkText } from './strided.js';

/** Number of a query among all of the batch, as a text, from its place in the block. */
const wholeRow = (matrix: string, row: string): string =>
  `${inWhole.matrix(matrix)} * queryCount + ${inWhole.query(row)}`;

/**
 * out[b, j] (+)= factor times the sum over the block's queries of left[b, i, j] right[b, i]: the gradients of keys and
 * values.
 */
function planByKey(
  plan: Planner,
  left: GpuBuffer,
  right: GpuBuffer,
  factor: number,
  sizes: AttentionSizes,
  block: Block,
  channels: number,
  out: GpuBuffer,
): void {
  planProduct(plan, {
    name: 'attention by key',
    ...{ matrices: sizes.batch, rows: sizes.keys, columns: channels, steps: block.queries },
    left: (matrix, row, step) => `left[(${inBlock.matrix(matrix)} * stepCount + ${step}) * keyCount + ${row}]`,
    right: (matrix, step, column) =>
      `right[(${matrix} * queryCount + ${inWhole.query(step)}) * columnCount + ${column}]`,
    four: {
      right: {
        input: 'right',
        at: (matrix, step) => `(${matrix} * queryCount + ${inWhole.query(step)}) * quotient(columnCount, 4) + #x`,
      },
    },
    unless: (matrix) => outside.matrix(matrix),
    instead: (matrix, row, column) => `previous[(${matrix} * keyCount + ${row}) * columnCount + ${column}]`,
    finish: (sum, matrix, row, column) =>
      `${sum} = ${sum} * factor;
       if (firstQuery > 0) { ${sum} += previous[(${matrix} * keyCount + ${row}) * columnCount + ${column}]; }`,
    inputs: { left, right, previous: out },
    sizes: { queryCount: sizes.queries, keyCount: sizes.keys, columnCount: channels },
    numbers: { ...blockNumbers(block), factor },
    out,
  });
}

/** The block's part of dQuery = scale dScores key. */
function planByQuery(
  plan: Planner,
  dScores: GpuBuffer,
  key: GpuBuffer,
  sizes: AttentionSizes,
  block: Block,
  out: GpuBuffer,
): void {
  const blockRow = (matrix: string, row: string): string =>
    `(${inBlock.matrix(matrix)} * (int(endQuery) - int(firstQuery)) + ${inBlock.query(row)})`;
  planProduct(plan, {
    name: `attention by query ${sizes.causal ? 'causal' : ''}`,
    ...{ matrices: sizes.batch, rows: sizes.queries, columns: sizes.channels, steps: sizes.keys },
    left: (matrix, row, step) => `dScores[${blockRow(matrix, row)} * stepCount + ${step}]`,
    right: (matrix, step, column) => `key[(${matrix} * stepCount + ${step}) * columnCount + ${column}]`,
    four: {
      left: {
        input: 'dScores',
        at: (matrix, row, step) => `${blockRow(matrix, row)} * quotient(stepCount, 4) + quotient(${step}, 4)`,
      },
      right: {
        input: 'key',
        at: (matrix, step) => `(${matrix} * stepCount + ${step}) * quotient(columnCount, 4) + #x`,
      },
    },
    ...(sizes.causal ? { while: (_, row, step) => `${step} <= ${row} + keyShift` } : {}),
    unless: (matrix, row) => `${outside.matrix(matrix)} || ${outside.query(row)}`,
    instead: (matrix, row, column) => `previous[(${matrix} * queryCount + ${row}) * columnCount + ${column}]`,
    finish: (sum) => `${sum} = ${sum} * scale;`,
    inputs: { dScores, key, previous: out },
    sizes: { queryCount: sizes.queries, columnCount: sizes.channels, keyShift: sizes.keys - sizes.queries },
    numbers: { ...blockNumbers(block), scale: sizes.scale },
    out,
  });
}

/** An axis of the scores along which bias does not repeat. */
interface BiasAxis {
  readonly axis: number;
  readonly size: number;
  readonly stride: number;
}

/** Those of bias, innermost first, or undefined where its strides are not those of a contiguous array, whatever the order of its axes. */
function axesOfBias(sizes: AttentionSizes, length: number): BiasAxis[] | undefined {
  const shape = [...sizes.batchShape, sizes.queries, sizes.keys];
  const axes = shape
    .map((size, axis) => ({ axis, size, stride: sizes.biasStrides[axis] as number }))
    .filter(({ size, stride }) => size > 1 && stride !== 0)
    .sort((a, b) => a.stride - b.stride);
  let expected = 1;
  for (const { size, stride } of axes) {
    if (stride !== expected) return undefined;
    expected *= size;
  }
  return expected === length ? axes : undefined;
}

/** The block's part of the gradient of bias: sums over the axes along which bias repeats. */
function planByBias(
  plan: Planner,
  dScores: GpuBuffer,
  axes: readonly BiasAxis[],
  sizes: AttentionSizes,
  block: Block,
  isFirst: boolean,
  dBias: GpuBuffer,
): void {
  const { batchShape, keys } = sizes;
  const rank = batchShape.length;
  const has = (axis: number): boolean => axes.some((own) => own.axis === axis);
  const [keepsQueries, keepsKeys] = [has(rank) || sizes.queries === 1, has(rank + 1) || keys === 1];
  let terms = dScores;
  const fold = (outer: number, size: number, inner: number): void => {
    const folded = plan.scratch(outer * inner);
    const load: Fold['load'] = ({ at }) => [`partial[${at}]`];
    planFold(plan, { name: 'partial', kind: 'sum', inputs: { partial: terms }, load }, { outer, size, inner }, folded);
    terms = folded;
  };
  if (!keepsQueries) fold(block.matrices, block.queries, keys);
  if (!keepsKeys) fold(block.matrices * (keepsQueries ? block.queries : 1), keys, 1);
  // What is left: sums over batch axes, by the number `position` of a choice of places along them.
  const batchSteps = batchShape.map((_, axis) => volume(batchShape.slice(axis + 1)));
  const free = batchShape.map((_, axis) => axis).filter((axis) => !has(axis));
  const freeShape = free.map((axis) => batchShape[axis] as number);
  const freeSteps = free.map((axis) => batchSteps[axis] as number);
  const ownSizes = Object.fromEntries(
    axes.flatMap(({ axis, size, stride }) => [
      [`own${axis}Size`, size],
      [`own${axis}Stride`, stride],
    ]),
  );
  const batchSizes = Object.fromEntries(
    axes.filter(({ axis }) => axis < rank).map(({ axis }) => [`own${axis}Step`, batchSteps[axis] as number]),
  );
  const along = (axis: number, place: string): string =>
    has(axis) ? `remainder(quotient(${place}, own${axis}Stride), own${axis}Size)` : '0';
  const form = axes.map(({ axis }) => axis).join();
  const load: Pick<Fold, 'prepare' | 'load'> = {
    prepare: ({ position, inner }) => {
      const own = axes.filter(({ axis }) => axis < rank).map(({ axis }) => `${along(axis, inner)} * own${axis}Step`);
      const matrix = `(${[...own, walkText('free', position, freeShape, freeSteps).text].join(' + ')})`;
      const query = along(rank, inner);
      const row = keepsQueries
        ? `${inBlock.matrix(matrix)} * blockQueries + ${inBlock.query(query)}`
        : inBlock.matrix(matrix);
      const hidden = keepsQueries ? `${outside.matrix(matrix)} || ${outside.query(query)}` : outside.matrix(matrix);
      return `let term = 0.0;
        if (!(${hidden})) { term = terms[(${row}) * keptKeys + ${along(rank + 1, inner)}]; }`;
    },
    load: () => ['term'],
  };
  planFold(
    plan,
    {
      name: `attention by bias ${form} of ${rank} ${keepsQueries} ${keepsKeys}`,
      kind: 'sum',
      inputs: { terms },
      sizes: {
        ...{ blockQueries: block.queries, keptKeys: keepsKeys ? keys : 1 },
        ...{ ...ownSizes, ...batchSizes, ...walkText('free', '', freeShape, freeSteps).sizes },
      },
      numbers: blockNumbers(block),
      ...load,
      finish: {
        name: 'added unless first',
        inputs: { previous: dBias },
        numbers: { isFirst: Number(isFirst) },
        text: (at) => `if (isFirst > 0) { return v; } return previous[${at}] + v;`,
      },
    },
    { outer: 1, size: volume(freeShape), inner: dBias.length },
    dBias,
  );
}

/**
 * With p the weights: dValue = p^T dOut, dScores = p (dOut value^T - dOut . out), dQuery = scale dScores key and
 * dKey = scale dScores^T query.
 */
export const planAttentionGrad: NonNullable<GpuKernels<AttentionKernels<GpuBuffer>>['attentionGrad']> = (
  plan,
  query,
  key,
  value,
  bias,
  mask,
  out,
  logSumExp,
  dOut,
  dQuery,
  dKey,
  dValue,
  dBias,
  sizes,
) => {
  const { batch, queries, keys, channels, valueChannels } = sizes;
  const axes = dBias && axesOfBias(sizes, dBias.length);
  if (dBias && !axes) return false;
  const blocks = new BlockPlanner(plan);
  const inputs = { query, key: planKeyFactor(plan, key, sizes, channels), bias, mask };
  const valueFactor = planKeyFactor(plan, value, sizes, valueChannels);
  const dots = planRowTotals(
    plan,
    { name: 'products', inputs: { out, dOut }, load: ({ at }) => [`out[${at}] * dOut[${at}]`] },
    batch * queries,
    valueChannels,
  );
  blocksOf(sizes).forEach((block, index) => {
    blocks.startBlock();
    const rows = block.matrices * block.queries;
    const weights = blocks.scratch(rows * keys);
    planScores(blocks, inputs, sizes, block, weights, {
      name: 'weights',
      hidden: '0.0',
      inputs: { logSumExp },
      finish: (sum, matrix, row) =>
        `if (${sum} < lowest) { ${sum} = 0.0; }
         else { ${sum} = exponential(${sum} - logSumExp[${wholeRow(matrix, row)}]); }`,
    });
    planByKey(blocks, weights, dOut, 1, sizes, block, valueChannels, dValue);
    const dScores = blocks.scratch(rows * keys);
    planProduct(blocks, {
      ...keyProduct('dOut', 'value', valueFactor.isTurned, block, sizes, valueChannels),
      ...hiddenAs('0.0', sizes),
      name: `gradients of scores ${valueFactor.isTurned} ${sizes.causal}`,
      finish: (sum, matrix, row, column) =>
        `${sum} = weights[(${matrix} * (int(endQuery) - int(firstQuery)) + ${row}) * keyCount + ${column}] * (${sum} - dots[${wholeRow(matrix, row)}]);`,
      inputs: { dOut, value: valueFactor.buffer, weights, dots },
      numbers: blockNumbers(block),
      out: dScores,
    });
    planByKey(blocks, dScores, query, sizes.scale, sizes, block, channels, dKey);
    planByQuery(blocks, dScores, key, sizes, block, dQuery);
    if (dBias && axes) planByBias(blocks, dScores, axes, sizes, block, index === 0, dBias);
  });
};
