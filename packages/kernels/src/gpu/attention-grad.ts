/** Gradients of attention on the GPU, from the scores made anew block by block. */
import type { AttentionKernels, AttentionSizes } from '../table/attention.js';
import { axesOfBias, planByBias } from './attention-bias.js';
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
  queryProduct,
} from './attention-scores.js';
import type { GpuBuffer } from './buffer.js';
import type { Planner } from './fold.js';
import type { GpuKernels } from './plan.js';
import { planProduct } from './product.js';
import { planRowTotals } from './rows.js';

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

/** The block's part of dquery = scale dScores key. */
function planByQuery(
  plan: Planner,
  dScores: GpuBuffer,
  key: GpuBuffer,
  sizes: AttentionSizes,
  block: Block,
  out: GpuBuffer,
): void {
  planProduct(plan, {
    ...queryProduct('dScores', 'key', sizes, sizes.channels),
    name: `attention by query ${sizes.causal ? 'causal' : ''}`,
    finish: (sum) => `${sum} = ${sum} * scale;`,
    inputs: { dScores, key, previous: out },
    numbers: { ...blockNumbers(block), scale: sizes.scale },
    out,
  });
}

/**
 * With p the weights: dvalue = p^T dout, dScores = p (dout value^T - dout . out), dquery = scale dScores key and
 * dkey = scale dScores^T query.
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
  dout,
  dquery,
  dkey,
  dvalue,
  dbias,
  sizes,
) => {
  const { batch, queries, keys, channels, valueChannels } = sizes;
  const axes = dbias && axesOfBias(sizes, dbias.length);
  if (dbias && !axes) return false;
  const blocks = new BlockPlanner(plan);
  const inputs = { query, key: planKeyFactor(plan, key, sizes, channels), bias, mask };
  const valueFactor = planKeyFactor(plan, value, sizes, valueChannels);
  const dots = planRowTotals(
    plan,
    { name: 'products', inputs: { out, dout }, load: ({ at }) => [`out[${at}] * dout[${at}]`] },
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
    planByKey(blocks, weights, dout, 1, sizes, block, valueChannels, dvalue);
    const dScores = blocks.scratch(rows * keys);
    planProduct(blocks, {
      ...keyProduct('dout', 'value', valueFactor.isTurned, block, sizes, valueChannels),
      ...hiddenAs('0.0', sizes),
      name: `gradients of scores ${valueFactor.isTurned} ${sizes.causal}`,
      finish: (sum, matrix, row, column) =>
        `${sum} = weights[(${matrix} * (int(endQuery) - int(firstQuery)) + ${row}) * keyCount + ${column}] * (${sum} - dots[${wholeRow(matrix, row)}]);`,
      inputs: { dout, value: valueFactor.buffer, weights, dots },
      numbers: blockNumbers(block),
      out: dScores,
    });
    planByKey(blocks, dScores, query, sizes.scale, sizes, block, channels, dkey);
    planByQuery(blocks, dScores, key, sizes, block, dquery);
    if (dbias && axes) planByBias(blocks, dScores, axes, sizes, block, index === 0, dbias);
  });
};
