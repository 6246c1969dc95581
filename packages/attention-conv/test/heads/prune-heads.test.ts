/** Layers and models without some heads: the others as they were, and nothing else. */
import { assign, init, memory, OptionError, Rng, scope, type Tensor, tensor, zeros } from '@saccade/tensor';
import { assertClose, assertThrows, onTestDevice } from '@saccade/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type PrunableLayer, pruneHeads } from '../../src/heads/prune-heads.js';
import { ContentAttention } from '../../src/layers/content-attention.js';
import { LearnedRelativeAttention } from '../../src/layers/learned-relative-attention.js';
import { QuadraticAttention } from '../../src/layers/quadratic-attention.js';
import { AttentionImageModel } from '../../src/model/attention-image-model.js';
import type { AttentionKind } from '../../src/model/attention-kinds.js';
import { UnsupportedError } from '../../src/unsupported-error.js';

onTestDevice(test, init);

const rng = new Rng(0);
const layers: readonly (() => PrunableLayer)[] = [
  ...(['isotropic', 'diagonal', 'full'] as const).map(
    (covariance) => () => new QuadraticAttention({ inputs: 4, outputs: 3, heads: 4, covariance, rng }),
  ),
  () => new QuadraticAttention({ inputs: 4, heads: 4, headChannels: 2, bias: false, rng }),
  ...(['position', 'content', 'query-position', 'query-position-and-content'] as const).map(
    (scores) => () => new LearnedRelativeAttention({ inputs: 4, heads: 4, scores, maxPositions: 5, rng }),
  ),
];

const host = async (t: Tensor): Promise<ArrayLike<number>> => t.data() as Promise<ArrayLike<number>>;

/** Gives a layer's heads that shall go a value map of zero: they add nothing any more. */
function silence(layer: PrunableLayer, heads: readonly number[]): void {
  const width = (layer.weight.shape[1] as number) / layer.heads;
  const mask = Float32Array.from({ length: layer.weight.shape[1] as number }, (_, i) =>
    Number(!heads.includes(Math.floor(i / width))),
  );
  scope(() => assign(layer.weight, layer.weight.mul(tensor(mask))));
}

test('heads that add nothing can go from any layer, and the output stays', async () => {
  const before = memory().tensors;
  for (const make of layers) {
    const layer = make();
    const images = rng.normal([2, 4, 3, 4]);
    silence(layer, [2, 0]);
    const pruned = pruneHeads(layer, [2, 0, 2]);
    assert.is(pruned.heads, 2);
    assert.is(pruned.constructor, layer.constructor);
    const [expected, actual] = [layer.forward(images), pruned.forward(images)];
    assertClose(await host(actual), await host(expected), { rtol: 1e-5, atol: 1e-5 });
    for (const t of [expected, actual, images, pruned, layer]) t.dispose();
  }
  assert.is(memory().tensors, before);
});

test('a layer without heads is its bias, and only where that is asked for', async () => {
  const before = memory().tensors;
  for (const make of layers) {
    const layer = make();
    const all = [0, 1, 2, 3];
    assertThrows(() => pruneHeads(layer, all), OptionError, /no head would be left.*allowNone: true/);
    const none = pruneHeads(layer, all, { allowNone: true });
    const images = rng.normal([1, 2, 3, 4]);
    const out = none.forward(images);
    const bias =
      layer.bias === undefined ? new Array<number>(layer.outputs).fill(0) : Array.from(await host(layer.bias));
    assert.equal(Array.from(await host(out)), new Array<number[]>(6).fill(bias).flat());
    assert.equal([...out.shape], [1, 2, 3, layer.outputs]);
    if (none instanceof QuadraticAttention) {
      const { weight, bias: back } = none.toConv();
      assert.equal(
        [[...weight.shape], Array.from(await host(weight))],
        [[none.outputs, 4, 1, 1], new Array<number>(4 * none.outputs).fill(0)],
      );
      weight.dispose();
      back?.dispose();
    }
    for (const t of [out, images, none, layer]) t.dispose();
  }
  assert.is(memory().tensors, before);
});

const options = { classes: 3, channels: 4, layers: 2, heads: 3, intermediate: 5, imageChannels: 1, dropout: 0, rng };

test('a model loses heads block by block, and can be built again from its configuration', async () => {
  const before = memory().tensors;
  const kinds: readonly AttentionKind[] = [
    { kind: 'quadratic', covariance: 'full' },
    { kind: 'learned', scores: 'content' },
  ];
  for (const attention of kinds) {
    const model = new AttentionImageModel({ ...options, attention });
    const images = rng.normal([2, 4, 6, 1]);
    const gone = [[1], [0, 2]];
    for (const [i, layer] of model.attentionLayers.entries()) silence(layer as PrunableLayer, gone[i]!);
    const pruned = pruneHeads(model, gone);
    assert.equal(pruned.config.heads, [2, 1]);
    const again = new AttentionImageModel({ ...pruned.config, rng });
    assert.equal([...again.entries().keys()], [...pruned.entries().keys()]);
    const [expected, actual] = [model.forward(images), pruned.forward(images)];
    assertClose(await host(actual), await host(expected), { rtol: 1e-5, atol: 1e-5 });
    for (const t of [expected, actual, images, again, pruned, model]) t.dispose();
  }
  assert.is(memory().tensors, before);
});

test('heads that there are not, and layers whose heads share channels, are refused', () => {
  const before = memory().tensors;
  const layer = new QuadraticAttention({ inputs: 1, heads: 2, rng });
  for (const heads of [[2], [-1], [0.5], 0, undefined]) {
    assertThrows(() => pruneHeads(layer, heads as never), OptionError, /pruneHeads: heads must be a list .* layer's 2/);
  }
  const content = new ContentAttention({ channels: 4, heads: 2, rng });
  assertThrows(() => pruneHeads(content as never, [0]), UnsupportedError, /heads have channels of their own/);
  const model = new AttentionImageModel(options);
  assertThrows(() => pruneHeads(model, [[0]]), OptionError, /a list for each of the 2 blocks/);
  assertThrows(() => pruneHeads(model, [[0], [0, 1, 2]]), OptionError, /no head would be left/);
  assertThrows(() => new AttentionImageModel({ ...options, heads: [1] }), OptionError, /heads must be .*, got \[1\]/);
  for (const one of [layer, content, model]) one.dispose();
  assert.is(memory().tensors, before);
});

test('a block without heads still passes its input on', () => {
  const model = new AttentionImageModel({ ...options, heads: [0, 2] });
  const images = zeros([1, 4, 4, 1]);
  const y = model.forward(images);
  assert.equal([...y.shape], [1, 3]);
  for (const t of [y, images, model]) t.dispose();
});

test.run();
