/** Learned relative positions: what they are, the release's layer by its vectors, and all forms by their gradients. */
import { init, memory, OptionError, Rng, ShapeError, scope, type Tensor, zeros } from '@saccade/tensor';
import { assertClose, assertThrows, onTestDevice, testDevice } from '@saccade/testing';
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { LearnedRelativeAttention, type LearnedScores } from '../../src/layers/learned-relative-attention.js';
import { checkModuleGradients } from '../gradients.js';
import { assertGradients, assertOutput, assertWeights, cases, fill, pullBack } from '../reference.js';

onTestDevice(test, init);

/** Tests that read at once. */
const onCpu = (name: string, body: () => void | Promise<void>): void => {
  if (testDevice === 'wasm') test(name, body);
};

const kinds: readonly LearnedScores[] = ['position', 'content', 'query-position', 'query-position-and-content'];

/** Two heads of 6 channels, whose axes' embeddings are of no more than 6 positions. */
function layerOf(scores: LearnedScores, dims = 2, maxPositions = 6, heads = 2): LearnedRelativeAttention {
  return new LearnedRelativeAttention({ scores, dims, maxPositions, heads, inputs: 6, rng: new Rng(1) });
}

onCpu('state stands under the names of the release, and positions of one and three axes under theirs', () => {
  const tables = [['row'], ['col', 'row'], ['depth', 'col', 'row']];
  for (const [i, axes] of tables.entries()) {
    const layer = layerOf('position', i + 1);
    const expected = ['value.weight', 'value.bias', ...axes.map((axis) => `${axis}_embeddings.weight`)];
    assert.equal([...layer.parameters().keys()], [...expected, ...axes.map((axis) => `head_keys_${axis}.weight`)]);
    layer.dispose();
  }
  const later = layerOf('query-position-and-content', 3);
  const names = [...later.parameters().keys()].filter((name) => name.endsWith('embeddings.weight'));
  assert.equal(names, ['row_embeddings.weight', 'col_embeddings.weight', 'depth_embeddings.weight']);
  assert.equal([...(later.embeddings[0] as Tensor).shape], [11, 2]);
  const { scores, maxPositions, embedding, dims } = later.config;
  assert.equal([scores, maxPositions, embedding, dims], ['query-position-and-content', 6, 2, 3]);
  later.dispose();
});

onCpu('an image larger than maxPositions is an error that names the limit', () => {
  scope(() => {
    for (const scores of kinds) {
      const layer = layerOf(scores);
      const message = /axis 1 of extent 7 is larger than maxPositions 6/;
      assert.equal([...layer.forward(zeros([1, 6, 6, 6])).shape], [1, 6, 6, 6]);
      assertThrows(() => layer.forward(zeros([1, 6, 7, 6])), OptionError, message);
      assertThrows(() => layer.weightsFor(zeros([1, 6, 7, 6]), 0, 1), OptionError, message);
      layer.dispose();
    }
  });
});

onCpu('bad options and images are typed errors, and a constructor that fails leaves no tensor', () => {
  const before = memory().tensors;
  const good = { inputs: 6, heads: 1, rng: new Rng(0) };
  const refusals: [object, RegExp][] = [
    [{ scores: 'both' }, /LearnedRelativeAttention: scores must be one of position, content, .*"both"/],
    [{ maxPositions: 0 }, /maxPositions must be a whole number from 1, got 0/],
    [{ embedding: 2.5 }, /embedding must be a whole number from 1, got 2.5/],
    [{ inputs: 5, scores: 'query-position' }, /dims must divide 5 inputs|dims must divide/],
    [{ embedding: 4, scores: 'query-position' }, /embeddings of query parts have 3 channels, got 4/],
    [{ window: {} }, /window/],
    [{ outputs: 3 }, /outputs/],
  ];
  for (const [options, message] of refusals) {
    assertThrows(() => new LearnedRelativeAttention({ ...good, ...options } as never), OptionError, message);
  }
  assert.is(memory().tensors, before);
  scope(() => {
    for (const scores of kinds) {
      const layer = layerOf(scores);
      assertThrows(() => layer.forward(zeros([1, 3, 6])), ShapeError, /images must be \[batch, height, width, 6\]/);
      layer.dispose();
    }
  });
});

onCpu('what depends on content has no kernel, and says how it can be read', () => {
  for (const scores of kinds.slice(1)) {
    const layer = layerOf(scores);
    assertThrows(() => layer.probabilities(2), OptionError, /depend on the image: read them with alignedAttention/);
    assertThrows(() => layer.effectiveKernel(2), OptionError, /depend on the image/);
    layer.dispose();
  }
});

onCpu('of images of any extents, the weights of queries times values are the output', () => {
  const extent = fc.integer({ min: 1, max: 6 });
  const before = memory().tensors;
  fc.assert(
    fc.property(fc.constantFrom(...kinds), fc.array(extent, { minLength: 1, maxLength: 3 }), (scores, extents) => {
      scope(() => {
        const layer = layerOf(scores, extents.length);
        const x = new Rng(2).normal([2, ...extents, 6]);
        const flat = layer.forward(x).reshape([2, -1, 6]);
        const queries = flat.shape[1] as number;
        const from = Math.floor(queries / 3);
        const values = x.reshape([2, 1, -1, 6]).matmul(layer.maps());
        const sums = layer
          .weightsFor(x, from, queries)
          .matmul(values)
          .sum({ axis: 1 })
          .add(layer.bias as Tensor);
        assertClose(sums.dataSync(), flat.at(':', `${from}:`).dataSync(), { rtol: 1e-5, atol: 1e-5 }, scores);
        layer.dispose();
      });
    }),
    { numRuns: 60 },
  );
  assert.is(memory().tensors, before);
});

onCpu('tiles of queries give the gradients of a batch as the sums of those of its images', () => {
  scope(() => {
    // 8 x 9 x 256 x 256 scores are more than a tile, those of an image are less.
    const layer = layerOf('query-position-and-content', 2, 16, 8);
    const [x, cotangent] = [new Rng(2).normal([9, 16, 16, 6]), new Rng(3).normal([9, 16, 16, 6])];
    const all = pullBack(() => layer.forward(x), cotangent, layer.parameters());
    const one = (t: Tensor, i: number): Tensor => t.at(`${i}:${i + 1}`);
    const parts = Array.from({ length: 9 }, (_, i) =>
      pullBack(() => layer.forward(one(x, i)), one(cotangent, i), layer.parameters()),
    );
    for (const [i, { y }] of parts.entries()) assertClose(one(all.y, i).dataSync(), y.dataSync(), { atol: 1e-5 });
    for (const [name, gradient] of all.gradients) {
      const expected = parts
        .map((part) => part.gradients.get(name) as Tensor)
        .reduce((a, b) => a.add(b))
        .dataSync();
      const largest = expected.reduce((most: number, v: number) => Math.max(most, Math.abs(v)), 0);
      assertClose(gradient.dataSync(), expected, { rtol: 0, atol: 1e-6 + 1e-4 * largest }, name);
    }
    layer.dispose();
  });
});

for (const [dims, extents] of [[3], [3, 2], [2, 1, 3]].entries()) {
  onCpu(`along ${dims + 1} axes, gradients by images and all parameters are central differences`, async () => {
    for (const scores of kinds) {
      const layer = layerOf(scores, dims + 1, 3);
      const x = new Rng(2).normal([1, ...extents, 6]);
      await checkModuleGradients(layer, (t) => layer.forward(t), x);
      x.dispose();
      layer.dispose();
    }
  });
}

interface Case {
  readonly heads: number;
  readonly hidden: number;
  readonly max_position_embeddings: number;
  readonly position_encoding_size?: number;
  readonly use_attention_data?: boolean;
  readonly query_positional_score?: boolean;
}

const golden = cases<Case>('learned2d');

function scoresOf({ use_attention_data: content, query_positional_score: asks }: Case): LearnedScores {
  if (asks) return content ? 'query-position-and-content' : 'query-position';
  return content ? 'content' : 'position';
}

for (const [name, settings] of Object.entries(golden.scalars)) {
  test(`${name}: output, weights and all gradients are the release's`, async () => {
    const before = memory().tensors;
    await scope(async () => {
      const layer = new LearnedRelativeAttention({
        inputs: settings.hidden,
        heads: settings.heads,
        scores: scoresOf(settings),
        maxPositions: settings.max_position_embeddings,
        // Where a query asks for positions, its halves say how large their embeddings are.
        embedding: settings.query_positional_score ? undefined : settings.position_encoding_size,
        rng: new Rng(0),
      });
      fill(layer, golden, `${name}.param.`);
      const [x, cotangent] = [golden.tensor(`${name}.x`), golden.tensor(`${name}.G`)];
      const wanted = new Map<string, Tensor>([['x', x], ...layer.parameters()]);
      const { y, gradients } = pullBack(() => layer.forward(x), cotangent, wanted);
      await assertOutput(y, golden.values(`${name}.out`), `${name}.out`);
      await assertGradients(gradients, golden, `${name}.grad.`);
      await assertWeights(layer, x, golden.values(`${name}.probs`), { queriesFirst: true }, `${name}.probs`);
      layer.dispose();
    });
    assert.is(memory().tensors, before);
  });
}

test.run();
