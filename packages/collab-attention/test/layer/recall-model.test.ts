/** A small trained model, compressed without training on: as accurate as the reference's decomposition, and more than heads by themselves. */
import { joinHeads, LayerNorm, Linear, splitHeads } from '@saccade/nn';
import { add, attention, gather, gelu, memory, mul, Rng, scope, type Tensor } from '@saccade/tensor';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { CollaborativeAttention } from '../../src/layer/collaborative-attention.js';
import { assertOutput, goldenFile } from '../reference.js';

interface Recall {
  readonly heads: number;
  readonly key_query_dim: number;
  readonly embedding_multiplier: number;
  readonly uncompressed_accuracy: number;
  readonly rows: readonly {
    readonly shared_dim: number;
    readonly cp_error: number;
    readonly cp_accuracy: number;
    readonly per_head_svd_error: number;
    readonly per_head_svd_accuracy: number;
  }[];
}

const golden = goldenFile<Recall>('recall_model');
const { heads, key_query_dim: keyDim, embedding_multiplier: multiplier, rows } = golden.scalars;
const weight = (name: string): Tensor => golden.tensor(`param.${name}`);

/** The model's logits, with the attention as given: what a query makes of the context. */
function logitsOf(attend: (query: Tensor, context: Tensor) => Tensor): Tensor {
  const embedded = (table: string, ids: string): Tensor =>
    mul(gather(weight(table), golden.tensor(`eval.${ids}`)), multiplier);
  const context = add(embedded('ek.weight', 'key_ids'), embedded('ev.weight', 'values'));
  const norm = new LayerNorm(32, { epsilon: 1e-5 });
  norm.loadStateDict(new Map([['weight', weight('f.0.weight')], ['bias', weight('f.0.bias')]])); // biome-ignore format: pairs
  const normed = norm.forward(attend(embedded('ek.weight', 'query_ids'), context));
  norm.dispose();
  return affine('f.3', gelu(affine('f.1', normed)));
}

function affine(name: string, x: Tensor): Tensor {
  const [outputs, inputs] = golden.shape(`param.${name}.weight`) as [number, number];
  const linear = new Linear(inputs, outputs, { rng: new Rng(0) });
  linear.loadStateDict(new Map([['weight', weight(`${name}.weight`)], ['bias', weight(`${name}.bias`)]])); // biome-ignore format: pairs
  const y = linear.forward(x);
  linear.dispose();
  return y;
}

function accuracy(logits: Tensor): number {
  const found = logits.argmax({ axis: -1 }).dataSync();
  const targets = golden.values('eval.targets');
  return targets.filter((target, i) => target === found[i]).length / targets.length;
}

test('the model as it is gives the logits of the reference', async () => {
  const before = memory().tensors;
  await scope(async () => {
    const logits = logitsOf((query, context) => {
      const [q, k, v] = [affine('q', query), affine('k', context), affine('v', context)].map((x) =>
        splitHeads(x, heads),
      );
      return affine('o', joinHeads(attention(q as Tensor, k as Tensor, v as Tensor)));
    });
    await assertOutput(logits, golden.values('eval.logits'), 'logits');
  });
  assert.is(memory().tensors, before);
});

for (const row of rows) {
  test(`at ${row.shared_dim} of ${keyDim} shared dimensions it is as accurate as the reference's`, async () => {
    const before = memory().tensors;
    await scope(async () => {
      const { layer, error, headSvdError } = await CollaborativeAttention.fromConcatenated(
        {
          ...{ queryWeight: weight('q.weight'), queryBias: weight('q.bias'), keyWeight: weight('k.weight') },
          ...{ keyBias: weight('k.bias'), valueWeight: weight('v.weight'), valueBias: weight('v.bias') },
          ...{ denseWeight: weight('o.weight'), denseBias: weight('o.bias') },
        },
        { heads, rank: row.shared_dim, restarts: 2 },
      );
      assert.ok(Math.abs(headSvdError - row.per_head_svd_error) < 1e-5, `${headSvdError}`);
      assert.ok(error <= row.per_head_svd_error + 1e-7, `error ${error}`);
      const found = accuracy(logitsOf((query, context) => layer.forward(query, { context })));
      if (row.shared_dim >= 8) assert.ok(found >= row.cp_accuracy - 0.03, `accuracy ${found}, not ${row.cp_accuracy}`);
      assert.ok(found >= row.per_head_svd_accuracy, `accuracy ${found}, not ${row.per_head_svd_accuracy}`);
      layer.dispose();
    });
    assert.is(memory().tensors, before);
  });
}

test.run();
