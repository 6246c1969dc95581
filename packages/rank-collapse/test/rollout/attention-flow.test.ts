/** Attention flow: by hand, its bounds, signals and bad input. */
import { init, memory, OptionError, ShapeError, scope, tensor, zeros } from '@saccade/tensor';
import { assertClose, assertRejects, onTestDevice } from '@saccade/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { attentionFlow } from '../../src/rollout/attention-flow.js';
import { attentionRollout } from '../../src/rollout/attention-rollout.js';
import { oneHead, randomAttention } from './random-attention.js';

onTestDevice(test, init);

test('one layer: the flow is the link', async () => {
  const attention = scope(() => randomAttention(1, 3, 5, 1));
  const [flow, links] = [await attentionFlow(attention), attentionRollout(attention)];
  assert.is(flow.rows, 5);
  assert.is(flow.columns, 5);
  assertClose(flow.data, await links.data(), { rtol: 1e-6 });
  for (const t of [...attention, links]) t.dispose();
});

test('two layers by hand', async () => {
  const attention = [
    oneHead([
      [1, 0],
      [0.5, 0.5],
    ]),
    oneHead([
      [0, 1],
      [0, 1],
    ]),
  ];
  // Token 0: half to itself, half to token 1, which has 0.25 to input 0 and 0.75 to input 1.
  assertClose((await attentionFlow(attention)).data, [0.75, 0.5, 0.25, 0.75], { rtol: 1e-7 });
  assertClose((await attentionFlow(attention, { from: 1 })).data, [0.25, 0.75], { rtol: 1e-7 });
  assertClose((await attentionFlow(attention, { residual: 1 })).data, [1, 0, 0, 1], { rtol: 1e-7 });
  for (const t of attention) t.dispose();
});

test('flow is at least rollout, at most 1, and at most what reaches the input token', async () => {
  const attention = scope(() => randomAttention(4, 2, 9, 2, 4));
  const options = { heads: 'max', residual: 0.3, discard: 0.5 } as const;
  const flow = await attentionFlow(attention, options);
  const rolled = attentionRollout(attention, options);
  const values = await rolled.data();
  const product = values.subarray(3 * 81);
  const into = Array.from({ length: 9 }, (_, j) => {
    let sum = 0;
    for (let i = 0; i < 9; i++) sum += values[i * 9 + j]!;
    return sum;
  });
  for (const [i, value] of flow.data.entries()) {
    assert.ok(value >= product[i]! - 1e-6, `${value} at ${i}, rollout ${product[i]}`);
    assert.ok(value <= 1 + 1e-6 && value <= into[i % 9]! + 1e-6, `${value} at ${i}, ${into[i % 9]} into it`);
  }
  for (const t of [...attention, rolled]) t.dispose();
});

test('causal attention: nothing flows to later tokens', async () => {
  const attention = [
    oneHead([
      [1, 0, 0],
      [0.5, 0.5, 0],
      [0.2, 0.3, 0.5],
    ]),
  ];
  const { data } = await attentionFlow([attention[0]!, attention[0]!]);
  assert.equal([data[1], data[2], data[5]], [0, 0, 0]);
  assertClose(data[0]!, 1);
  attention[0]!.dispose();
});

test('progress is told, and an aborted signal ends it with its reason', async () => {
  const attention = scope(() => randomAttention(2, 1, 4, 3));
  const before = memory().tensors;
  const shares: number[] = [];
  await attentionFlow(attention, { from: [3, 1], onProgress: (done) => shares.push(done) });
  assert.is(shares.length, 8);
  assert.is(shares.at(-1), 1);
  const stop = new AbortController();
  const aborted = attentionFlow(attention, { signal: stop.signal, onProgress: () => stop.abort(new Error('enough')) });
  await assertRejects(() => aborted, Error, /enough/);
  assert.is(memory().tensors, before);
  for (const t of attention) t.dispose();
});

test('tokens that there are not, weights that are none, and shapes are typed errors', async () => {
  const layer = oneHead([
    [0.5, 0.5],
    [0, 1],
  ]);
  for (const from of [2, -1, 0.5, [], [0, 7]]) {
    const message = /attentionFlow: from must be whole numbers in \[0, 1\], got/;
    await assertRejects(() => attentionFlow([layer], { from }), OptionError, message);
  }
  for (const bad of [-0.5, Number.NaN]) {
    const wrong = tensor([
      [
        [bad, 1.5],
        [0, 1],
      ],
    ]);
    const message = /attentionFlow: attention of layer 2 must be weights from 0 that are finite, got/;
    await assertRejects(() => attentionFlow([layer, wrong]), OptionError, message);
    wrong.dispose();
  }
  const flat = zeros([2, 2]);
  await assertRejects(() => attentionFlow([flat]), ShapeError, /attentionFlow: attention of layer 1 must be/);
  await assertRejects(() => attentionFlow([]), OptionError, /attentionFlow: attention must be tensors/);
  await assertRejects(
    () => attentionFlow([layer], { tokens: 1 } as never),
    OptionError,
    /attentionFlow: no option 'tokens'/,
  );
  layer.dispose();
  flat.dispose();
});

test.run();
