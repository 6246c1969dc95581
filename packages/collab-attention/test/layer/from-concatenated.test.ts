/** Trained layers in the shared form, and back: exact where the rank allows it, with the scale that they were trained with. */
import { joinHeads, MultiHeadAttention, splitHeads } from '@saccade/nn';
import {
  add,
  attention,
  init,
  matmul,
  memory,
  OptionError,
  Rng,
  ShapeError,
  scope,
  type Tensor,
} from '@saccade/tensor';
import { assertClose, assertRejects, assertThrows, onTestDevice } from '@saccade/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { CollaborativeAttention } from '../../src/layer/collaborative-attention.js';
import type { ConcatenatedAttention } from '../../src/layer/concatenated-weights.js';
import { assertOutput, goldenFile } from '../reference.js';

onTestDevice(test, init);

interface SwapCase {
  readonly dim: number;
  readonly heads: number;
  readonly shared_dim: number;
  readonly planted_rank: number | null;
  readonly released_divisor: number;
  readonly faithful_divisor: number;
}

const golden = goldenFile<Record<string, SwapCase>>('swap');

/** The reference's BERT layer. */
function weightsOf(name: string) {
  const part = (own: string): Tensor => golden.tensor(`${name}.hf.${own}`);
  return {
    ...{ queryWeight: part('query.weight'), queryBias: part('query.bias') },
    ...{ keyWeight: part('key.weight'), keyBias: part('key.bias') },
    ...{ valueWeight: part('value.weight'), valueBias: part('value.bias') },
  };
}

for (const [name, c] of Object.entries(golden.scalars)) {
  const seen = () => ({ bias: golden.tensor(`${name}.mask`) });

  test(`${name}: the release's own weights give its output at either scale`, async () => {
    for (const [file, divisor] of [
      ['out_released_scale', c.released_divisor],
      ['out_original_scale', c.faithful_divisor],
    ] as const) {
      // biome-ignore format: pairs
      await scope(async () => {
        const options = { width: c.dim, heads: c.heads, sharedDim: c.shared_dim, dense: false, rng: new Rng(0) };
        const layer = new CollaborativeAttention({ ...options, scale: 1 / divisor });
        const state = golden.names(`${name}.collab.`).map((own) => [own, golden.tensor(`${name}.collab.${own}`)] as const);
        layer.loadStateDict(new Map(state));
        const y = layer.forward(golden.tensor(`${name}.x`), seen());
        await assertOutput(y, golden.values(`${name}.${file}`), file);
        layer.dispose();
      });
    }
  });

  if (c.shared_dim >= c.dim || c.planted_rank !== null) {
    test(`${name}: the output stays`, async () => {
      const before = memory().tensors;
      await scope(async () => {
        const { layer, error } = await CollaborativeAttention.fromConcatenated(weightsOf(name), {
          heads: c.heads,
          rank: c.shared_dim,
        });
        const y = layer.forward(golden.tensor(`${name}.x`), seen());
        const tolerance = error === 0 ? 1e-5 : 1e-4;
        assertClose(await y.data(), golden.values(`${name}.out`), { rtol: tolerance, atol: tolerance });
        await assertOutput(layer.weights(golden.tensor(`${name}.x`), seen()), golden.values(`${name}.probs`), 'probs');
        layer.dispose();
      });
      assert.is(memory().tensors, before);
    });
  }
}

interface DeitCase {
  readonly heads: number;
  readonly scale: number;
}

const deit = goldenFile<Record<string, DeitCase>>('deit');

for (const [name, { heads, scale }] of Object.entries(deit.scalars)) {
  test(`${name}: timm's layer in the shared form, at its full rank, is the same`, async () => {
    await scope(async () => {
      const part = (own: string, rows: string): Tensor => deit.tensor(`${name}.timm.${own}`).at(rows);
      const width = deit.shape(`${name}.timm.proj.weight`)[0] as number;
      const rows = (i: number): string => `${i * width}:${(i + 1) * width}`;
      const { layer } = await CollaborativeAttention.fromConcatenated(
        {
          ...{ queryWeight: part('qkv.weight', rows(0)), queryBias: part('qkv.bias', rows(0)) },
          ...{ keyWeight: part('qkv.weight', rows(1)), keyBias: part('qkv.bias', rows(1)) },
          ...{ valueWeight: part('qkv.weight', rows(2)), valueBias: part('qkv.bias', rows(2)) },
          ...{ denseWeight: deit.tensor(`${name}.timm.proj.weight`), denseBias: deit.tensor(`${name}.timm.proj.bias`) },
        },
        { heads, rank: width },
      );
      assertClose([layer.scale], [scale], { rtol: 1e-7 });
      await assertOutput(layer.forward(deit.tensor(`${name}.x`)), deit.values(`${name}.out_timm`), 'out_timm');
      layer.dispose();
    });
  });
}

const rng = new Rng(4);

/** What ordinary heads give. */
function ordinary(given: ConcatenatedAttention, x: Tensor, context: Tensor): Tensor {
  const map = (input: Tensor, weight: Tensor, bias: Tensor | undefined): Tensor => {
    const y = matmul(input, weight, { transposeB: true });
    return bias === undefined ? y : add(y, bias);
  };
  const [q, k, v] = [
    splitHeads(map(x, given.queryWeight, given.queryBias), given.heads),
    splitHeads(map(context, given.keyWeight, given.keyBias), given.heads),
    splitHeads(map(context, given.valueWeight, given.valueBias), given.heads),
  ];
  const joined = joinHeads(attention(q, k, v, { scale: given.scale }));
  return given.denseWeight === undefined ? joined : map(joined, given.denseWeight, given.denseBias);
}

test('layers of nn, of one width or of two, come over whole and go back', async () => {
  const before = memory().tensors;
  for (const options of [{ bias: true }, { bias: false }, { keyChannels: 5 }]) {
    await scope(async () => {
      const module = new MultiHeadAttention(6, 3, { ...options, rng });
      // A start with biases of zero would show nothing.
      const bias = module.parameters().get('in_proj_bias');
      if (bias !== undefined) {
        const state = new Map([...module.stateDict(), ['in_proj_bias', rng.normal(bias.shape)]]);
        module.loadStateDict(state as never);
      }
      const { layer, error, start } = await CollaborativeAttention.fromConcatenated(module, { rank: 6 });
      assert.equal([error, start], [0, 'concatenated']);
      const [x, context] = [rng.normal([2, 4, 6]), rng.normal([2, 5, options.keyChannels ?? 6])];
      const expected = Array.from(await module.forward(x, { key: context }).data<'float32'>());
      assertClose(await layer.forward(x, { context }).data(), expected, { rtol: 1e-5, atol: 1e-5 });
      const back = layer.toConcatenated();
      assertClose(await ordinary(back, x, context).data(), expected, { rtol: 1e-5, atol: 1e-5 });
      layer.dispose();
      module.dispose();
    });
  }
  assert.is(memory().tensors, before);
});

test('a compressed layer as ordinary heads of its shared dimension is the same', async () => {
  await scope(async () => {
    const module = new MultiHeadAttention(8, 4, { rng });
    const { layer } = await CollaborativeAttention.fromConcatenated(module, { rank: 3 });
    const back = layer.toConcatenated();
    // One more dimension for the content bias.
    assert.equal([...back.queryWeight.shape], [4 * (3 + 1), 8]);
    const x = rng.normal([1, 5, 8]);
    const expected = Array.from(await layer.forward(x).data<'float32'>());
    assertClose(await ordinary(back, x, x).data(), expected, { rtol: 1e-5, atol: 1e-5 });
    const again = await CollaborativeAttention.fromConcatenated(back, { heads: 4, rank: 16, scale: back.scale });
    assertClose(await again.layer.forward(x).data(), expected, { rtol: 1e-5, atol: 1e-5 });
    for (const one of [layer, again.layer, module]) one.dispose();
  });
});

test('weights that are missing or do not fit are refused', async () => {
  const before = memory().tensors;
  const [queryWeight, keyWeight, valueWeight] = [rng.normal([4, 4]), rng.normal([4, 4]), rng.normal([4, 4])];
  const convert = CollaborativeAttention.fromConcatenated;
  const none = () => convert({ queryWeight, keyWeight } as never, { heads: 2, rank: 1 });
  await assertRejects(none, OptionError, /expected a MultiHeadAttention or its weights; valueWeight is undefined/);
  const headless = () => convert({ queryWeight, keyWeight, valueWeight }, { rank: 1 });
  await assertRejects(headless, OptionError, /needs the heads of the weights/);
  const flat = rng.normal([4]);
  const shape = () => convert({ queryWeight: flat, keyWeight, valueWeight }, { heads: 2, rank: 1 });
  await assertRejects(shape, ShapeError, /queryWeight must be a float matrix/);
  const layer = new CollaborativeAttention({ width: 4, heads: 2, sharedDim: 2, projectionBias: true, rng });
  assertThrows(() => layer.toConcatenated(), OptionError, /biases of the shared maps have no ordinary form/);
  for (const t of [queryWeight, keyWeight, valueWeight, flat, layer]) t.dispose();
  assert.is(memory().tensors, before);
});

test.run();
