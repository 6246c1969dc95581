/** Scaled-dot-product attention on the GPU: scores, their softmax and its product with the values, block by block. */
import type { AttentionKernels, AttentionSizes } from '../table/attention.js';
import { planAttentionGrad } from './attention-grad.js';
import {
  type Block,
  BlockPlanner,
  blockNumbers,
  blockRow,
  blocksOf,
  outside,
  planKeyFactor,
  planScores,
  queryProduct,
} from './attention-scores.js';
import type { GpuBuffer } from './buffer.js';
import type { Planner } from './fold.js';
import type { GpuKernels } from './plan.js';
import { planProduct } from './product.js';
import { lowNumbers, planElements, planRowSums } from './rows.js';

/** e^(score - maximum), in place of the scores. */
function planWeights(plan: Planner, scores: GpuBuffer, sums: GpuBuffer, rows: number, keys: number): void {
  const elements = {
    name: 'attention weights',
    text: (at: string, row: string): string =>
      `const score#L = scores[${at}];
       if (!(score#L < lowest)) { result#L = exponential(score#L - sums[${row} * 4]); }`,
    inputs: { scores, sums },
    numbers: { lowest: lowNumbers.lowest },
  };
  planElements(plan, elements, rows, keys, scores);
}

/** The block's part of out = weights value / sum of weights; what belongs to other blocks stays. */
function planOut(
  plan: Planner,
  weights: GpuBuffer,
  sums: GpuBuffer,
  value: GpuBuffer,
  sizes: AttentionSizes,
  block: Block,
  out: GpuBuffer,
): void {
  planProduct(plan, {
    ...queryProduct('weights', 'value', sizes, sizes.valueChannels),
    name: `attention ${sizes.causal ? 'causal' : ''}`,
    finish: (sum, matrix, row) =>
      `if (sums[${blockRow(matrix, row)} * 4] < lowest) { ${sum} = 0.0; }
       else { ${sum} = ${sum} / sums[${blockRow(matrix, row)} * 4 + 1]; }`,
    inputs: { weights, value, sums, previous: out },
    numbers: { ...blockNumbers(block), lowest: lowNumbers.lowest },
    out,
  });
}

/** The block's part of log(sum of e^score). */
function planLogSumExp(
  plan: Planner,
  sums: GpuBuffer,
  { batch, queries }: AttentionSizes,
  block: Block,
  logSumExp: GpuBuffer,
): void {
  const at = `${blockRow('#y', '#x')} * 4`;
  plan.run({
    name: 'attention logSumExp',
    body: `if (${outside.matrix('#y')} || ${outside.query('#x')}) { return previous[#y * queryCount + #x]; }
      const top = sums[${at}];
      if (top < lowest) { return top; }
      return top + logarithm(sums[${at} + 1]);`,
    inputs: { sums, previous: logSumExp },
    sizes: { queryCount: queries },
    numbers: { ...blockNumbers(block), lowest: lowNumbers.lowest },
    grid: [queries, batch],
    out: logSumExp,
  });
}

export const attention: GpuKernels<AttentionKernels<GpuBuffer>> = {
  attention(plan, query, key, value, bias, mask, out, logSumExp, sizes) {
    const blocks = new BlockPlanner(plan);
    const inputs = { query, key: planKeyFactor(plan, key, sizes, sizes.channels), bias, mask };
    for (const block of blocksOf(sizes)) {
      blocks.startBlock();
      const rows = block.matrices * block.queries;
      const scores = blocks.scratch(rows * sizes.keys);
      planScores(blocks, inputs, sizes, block, scores);
      const sums = planRowSums(blocks, scores, rows, sizes.keys);
      planWeights(blocks, scores, sums, rows, sizes.keys);
      planOut(blocks, scores, sums, value, sizes, block, out);
      planLogSumExp(blocks, sums, sizes, block, logSumExp);
    }
  },

  attentionGrad: planAttentionGrad,
};
