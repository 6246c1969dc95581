/** Rollout: by hand, by path length, and as a case of the path decomposition. */
import { eye, init, memory, OptionError, ShapeError, scope, stack, type Tensor, tensor, zeros } from '@saccade/tensor';
import { assertClose, assertThrows, onTestDevice } from '@saccade/testing';
import { Golden } from '@saccade/testing/golden';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { attentionRollout, rolloutByLength } from '../../src/rollout/attention-rollout.js';
import { oneHead, randomAttention } from './random-attention.js';

onTestDevice(test, init);

const golden = new Golden<unknown, Tensor>(new URL('../golden/paths', import.meta.url), tensor);

/** The reference's attention: [heads, tokens, tokens] of each layer. */
function goldenAttention(): Tensor[] {
  const all = golden.tensor('skip_nobias.P');
  return Array.from({ length: all.shape[0] as number }, (_, l) => all.at(l));
}

test('two layers by hand', async () => {
  await scope(async () => {
    const first = oneHead([
      [1, 0],
      [0.5, 0.5],
    ]);
    const second = oneHead([
      [0, 1],
      [0, 1],
    ]);
    const rolled = attentionRollout([first, second]);
    assert.equal([...rolled.shape], [2, 2, 2]);
    // 0.5 (A + I): [[1, 0], [0.25, 0.75]], then [[0.5, 0.5], [0, 1]] times it.
    assertClose(await rolled.data(), [1, 0, 0.25, 0.75, 0.625, 0.375, 0.25, 0.75]);
    const direct = attentionRollout([first, second], { residual: 0 });
    assertClose(await direct.at(1).data(), [0.5, 0.5, 0.5, 0.5]);
    const nothing = attentionRollout([first, second], { residual: 1 });
    assertClose(await nothing.at(1).data(), [1, 0, 0, 1]);
  });
});

test('heads are fused by mean, greatest or least, and rows sum to 1 either way', async () => {
  await scope(async () => {
    const layer = tensor([
      [
        [0.2, 0.8],
        [0.5, 0.5],
      ],
      [
        [0.6, 0.4],
        [0.5, 0.5],
      ],
    ]);
    const row = async (heads: 'mean' | 'max' | 'min'): Promise<number[]> =>
      Array.from(await attentionRollout([layer], { heads, residual: 0 }).at(0, 0).data());
    assertClose(await row('mean'), [0.4, 0.6]);
    assertClose(await row('max'), [0.6 / 1.4, 0.8 / 1.4]);
    assertClose(await row('min'), [0.2 / 0.6, 0.4 / 0.6]);
    for (const heads of ['mean', 'max', 'min'] as const) {
      const rolled = attentionRollout(randomAttention(5, 3, 7, 1), { heads, residual: 0.3, discard: 0.4 });
      assertClose(await rolled.sum({ axis: -1 }).data(), new Array<number>(35).fill(1), { rtol: 1e-5 });
    }
  });
});

test('the weakest links of a layer are left out, wherever they are; equal ones stay', async () => {
  await scope(async () => {
    const layer = oneHead([
      [0.1, 0.9],
      [0.4, 0.6],
    ]);
    const kept = async (discard: number): Promise<number[]> =>
      Array.from(await attentionRollout([layer], { residual: 0, discard }).at(0).data());
    assertClose(await kept(0.25), [0, 1, 0.4, 0.6]);
    assertClose(await kept(0.5), [0, 1, 0, 1]);
    // A token without a link is made of nothing.
    assertClose(await kept(0.75), [0, 1, 0, 0]);
    const even = oneHead([
      [0.5, 0.5],
      [0.5, 0.5],
    ]);
    assertClose(await attentionRollout([even], { residual: 0, discard: 0.9 }).data(), [0.5, 0.5, 0.5, 0.5]);
  });
});

test('the parts by path length sum to the rollout', async () => {
  await scope(async () => {
    const attention = randomAttention(6, 2, 8, 3);
    for (const options of [
      {},
      { residual: 0.2 },
      { heads: 'max', residual: 0.7, discard: 0.3 },
      { residual: 0 },
    ] as const) {
      const parts = rolloutByLength(attention, options);
      assert.equal([...parts.shape], [7, 8, 8]);
      const whole = attentionRollout(attention, options).at(-1);
      assertClose(await parts.sum({ axis: 0 }).data(), await whole.data(), { rtol: 1e-5, atol: 1e-6 });
    }
  });
});

test('rows of the parts sum to binomial probabilities', async () => {
  await scope(async () => {
    const rows = await rolloutByLength(randomAttention(4, 2, 5, 4), { residual: 0.25 })
      .sum({ axis: -1 })
      .data();
    const binomial = [1, 4, 6, 4, 1].map((ways, k) => ways * 0.75 ** k * 0.25 ** (4 - k));
    assertClose(
      rows,
      binomial.flatMap((value) => new Array<number>(5).fill(value)),
      { rtol: 1e-5 },
    );
  });
});

test('it is the sum over all paths with W_h = I / heads and skips, up to the halves', async () => {
  await scope(async () => {
    const attention = goldenAttention();
    const [heads, tokens] = attention[0]!.shape as [number, number];
    /** Products over all paths through the layers, by their length. */
    const walk = (layers: readonly Tensor[], length: number, product: Tensor, sums: Tensor[]): Tensor[] => {
      const [layer, ...later] = layers;
      if (layer === undefined) return sums.map((sum, k) => (k === length ? sum.add(product) : sum));
      const byHead = Array.from({ length: heads }, (_, h) => layer.at(h).matmul(product).div(heads));
      const through = byHead.reduce((all, longer) => walk(later, length + 1, longer, all), sums);
      return walk(later, length, product, through);
    };
    const none = Array.from({ length: attention.length + 1 }, (): Tensor => zeros([tokens, tokens]));
    const enumerated = stack(walk(attention, 0, eye(tokens), none));
    const parts = rolloutByLength(attention).mul(2 ** attention.length);
    assertClose(await parts.data(), await enumerated.data(), { rtol: 1e-5, atol: 1e-6 });
  });
});

test('layers, options and shapes that make no sense are typed errors', () => {
  const layer = oneHead([[1]]);
  const [flat, wide] = [zeros([2, 2]), zeros([1, 2, 2])];
  for (const [name, f] of Object.entries({ attentionRollout, rolloutByLength })) {
    const option = (text: string) => new RegExp(`${name}: ${text}`);
    assertThrows(
      () => f([]),
      OptionError,
      option('attention must be tensors \\[heads, tokens, tokens\\], one or more, got \\[\\]'),
    );
    assertThrows(() => f(layer as never), OptionError, option('attention must be tensors'));
    assertThrows(
      () => f([layer], { heads: 'sum' as never }),
      OptionError,
      option('heads must be one of mean, max, min, got "sum"'),
    );
    assertThrows(
      () => f([layer], { residual: 1.5 }),
      OptionError,
      option('residual must be a number in \\[0, 1\\], got 1.5'),
    );
    assertThrows(() => f([layer], { discard: 1 }), OptionError, option('discard must be below 1, got 1'));
    assertThrows(() => f([layer], { share: 1 } as never), OptionError, option("no option 'share'"));
    assertThrows(() => f([flat]), ShapeError, option('attention of layer 1 must be \\[heads, 2, 2\\], got \\[2, 2\\]'));
    assertThrows(
      () => f([layer, wide]),
      ShapeError,
      option('attention of layer 2 must be \\[heads, 1, 1\\], got \\[1, 2, 2\\]'),
    );
  }
  for (const t of [layer, flat, wide]) t.dispose();
});

test('nothing stays but the result', () => {
  const attention = scope(() => randomAttention(3, 2, 4, 5));
  const before = memory().tensors;
  for (const f of [attentionRollout, rolloutByLength]) f(attention, { heads: 'max', discard: 0.2 }).dispose();
  assert.is(memory().tensors, before);
  for (const t of attention) t.dispose();
});

test.run();
