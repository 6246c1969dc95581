/** ConViT's layer: its start, its vectors, and what is read from it. */
import { assign, init, memory, OptionError, Rng, ShapeError, scope, type Tensor, zeros } from '@saccade/tensor';
import { assertClose, assertThrows, onTestDevice, testDevice } from '@saccade/testing';
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { GatedPositionalAttention } from '../../src/layers/gated-positional-attention.js';
import { checkModuleGradients } from '../gradients.js';
import { assertGradients, assertOutput, assertWeights, cases, fill, pullBack } from '../reference.js';

onTestDevice(test, init);

/** Tests that read at once. */
const onCpu = (name: string, body: () => void | Promise<void>): void => {
  if (testDevice === 'wasm') test(name, body);
};

const rng = new Rng(0);

onCpu('heads start as the taps of a kernel, values pass as they are, and gates are open to places', () => {
  for (const [dims, heads, expected] of [
    [1, 3, [-1, 1]],
    [2, 9, [-1, 1]],
    [2, 4, [-0.5, 0.5]],
    [3, 8, [-0.5, 0.5]],
    [2, 11, [-1, 1]],
  ] as const) {
    const layer = new GatedPositionalAttention({ dims, channels: 2 * heads, heads, localityStrength: 3, rng });
    const taps = Math.floor(heads ** (1 / dims) + 1e-9) ** dims;
    const facts = layer.headFacts().slice(0, taps);
    const centers = facts.map(({ center }) => center as readonly number[]);
    assert.is(new Set(centers.map(String)).size, taps);
    assert.equal([Math.min(...centers.flat()), Math.max(...centers.flat())], expected);
    for (const { alpha, positionShare } of facts) {
      assertClose([alpha as number, positionShare as number], [3, 1 / (1 + Math.exp(-1))]);
    }
    // From head to head the first axis moves first.
    assert.equal(centers[1]!.slice(1), centers[0]!.slice(1));
    assert.is(layer.v.bias, undefined);
    layer.dispose();
  }
});

onCpu('without a local start heads are where they were drawn', () => {
  const layer = new GatedPositionalAttention({ channels: 4, heads: 4, localInit: false, rng });
  assert.ok(layer.posProj.weight.dataSync().every((w) => Math.abs(w) <= 1 / Math.sqrt(3)));
  assert.not.equal(layer.v.weight.dataSync()[0], 1);
  assert.equal(layer.config, { dims: 2, channels: 4, heads: 4, qkvBias: false });
  layer.dispose();
});

onCpu('a head whose weights grow with distance has no centre, and is degenerate', () => {
  scope(() => {
    const layer = new GatedPositionalAttention({ channels: 4, heads: 4, rng });
    assign(layer.posProj.weight, layer.posProj.weight.neg());
    for (const facts of layer.headFacts()) assert.equal([facts.center, facts.degenerate], [undefined, true]);
    layer.dispose();
  });
});

onCpu('bad options and images are typed errors, and a constructor that fails leaves no tensor', () => {
  const before = memory().tensors;
  const good = { channels: 4, heads: 2, rng };
  const refusals: [object, RegExp][] = [
    [{ heads: 3 }, /GatedPositionalAttention: heads must divide 4 channels, got 3/],
    [{ dims: 0 }, /dims must be a whole number in \[1, 3\], got 0/],
    [{ localityStrength: -1 }, /localityStrength must be a number from 0, got -1/],
    [{ qkvBias: 1 }, /qkvBias must be true or false, got 1/],
    [{ rng: undefined }, /needs a source of random numbers/],
  ];
  for (const [options, message] of refusals) {
    assertThrows(() => new GatedPositionalAttention({ ...good, ...options } as never), OptionError, message);
  }
  assert.is(memory().tensors, before);
  scope(() => {
    const layer = new GatedPositionalAttention(good);
    const message = /images must be \[batch, height, width, 4\], got \[1, 4, 3, 3\]/;
    assertThrows(() => layer.forward(zeros([1, 4, 3, 3])), ShapeError, message);
    layer.dispose();
  });
});

onCpu('of images of any extents, the weights of queries add up to 1, and times the values are the output', () => {
  const extent = fc.integer({ min: 1, max: 5 });
  const before = memory().tensors;
  fc.assert(
    fc.property(fc.array(extent, { minLength: 1, maxLength: 3 }), fc.boolean(), (extents, localInit) => {
      scope(() => {
        const options = { dims: extents.length, channels: 6, heads: 3, localInit, rng };
        const layer = new GatedPositionalAttention(options);
        const x = rng.normal([2, ...extents, 6]);
        const flat = layer.forward(x).reshape([2, -1, 6]);
        const weights = layer.weightsFor(x, 0, flat.shape[1] as number);
        assertClose(weights.sum({ axis: -1 }).dataSync(), new Array<number>(weights.size / weights.shape[3]!).fill(1));
        const values = x.reshape([2, 1, -1, 6]).matmul(layer.maps());
        const sums = weights
          .matmul(values)
          .sum({ axis: 1 })
          .add(layer.proj.bias as Tensor);
        assertClose(sums.dataSync(), flat.dataSync(), { rtol: 1e-5, atol: 1e-5 });
        layer.dispose();
      });
    }),
    { numRuns: 40 },
  );
  assert.is(memory().tensors, before);
});

for (const [dims, extents] of [[4], [3, 2], [2, 1, 3]].entries()) {
  onCpu(`along ${dims + 1} axes, gradients by images and all parameters are central differences`, async () => {
    for (const qkvBias of [false, true]) {
      const layer = new GatedPositionalAttention({
        dims: dims + 1,
        channels: 4,
        heads: 2,
        qkvBias,
        localInit: false,
        rng,
      });
      const x = rng.normal([1, ...extents, 4]);
      await checkModuleGradients(layer, (t) => layer.forward(t), x);
      x.dispose();
      layer.dispose();
    }
  });
}

interface Case {
  readonly dim: number;
  readonly heads: number;
  readonly grid: number;
  readonly locality_strength: number;
  readonly local_init: boolean;
  readonly read_alpha: readonly number[];
  readonly read_shift_x: readonly number[];
  readonly read_shift_y: readonly number[];
}

const golden = cases<Case>('gpsa');

/** With the reference's weights. */
function layerOf(name: string): GatedPositionalAttention {
  const { dim, heads } = golden.scalars[name] as Case;
  const qkvBias = golden.names(`${name}.param.`).includes('qk.bias');
  const layer = new GatedPositionalAttention({ channels: dim, heads, qkvBias, rng });
  fill(layer, golden, `${name}.param.`);
  return layer;
}

for (const [name, { dim, grid }] of Object.entries(golden.scalars)) {
  test(`${name}: output, weights and all gradients are ConViT's`, async () => {
    const before = memory().tensors;
    await scope(async () => {
      const layer = layerOf(name);
      const [tokens, cotangent] = [golden.tensor(`${name}.x`), golden.tensor(`${name}.G`)];
      const images = (): Tensor => tokens.reshape([tokens.shape[0] as number, grid, grid, dim]);
      const wanted = new Map<string, Tensor>([['x', tokens], ...layer.parameters()]);
      const { y, gradients } = pullBack(() => layer.forward(images()).reshape(tokens.shape), cotangent, wanted);
      await assertOutput(y, golden.values(`${name}.out`), `${name}.out`);
      await assertGradients(gradients, golden, `${name}.grad.`);
      const x = images();
      await assertWeights(layer, x, golden.values(`${name}.attn`), { queriesFirst: false }, `${name}.attn`);
      layer.dispose();
    });
    assert.is(memory().tensors, before);
  });
}

for (const [name, { dim, heads, read_alpha, read_shift_x, read_shift_y, ...start }] of Object.entries(golden.scalars)) {
  onCpu(`${name}: alpha and shifts are read from the weights, and a layer starts with them`, () => {
    scope(() => {
      const own = { localInit: start.local_init, localityStrength: start.locality_strength };
      const started = new GatedPositionalAttention({ channels: dim, heads, ...own, rng });
      for (const layer of start.local_init ? [layerOf(name), started] : [layerOf(name)]) {
        const facts = layer.headFacts();
        assertClose(
          facts.map(({ alpha }) => alpha as number),
          read_alpha,
        );
        // x is the column, the image's last axis.
        assertClose(
          facts.map(({ center }) => center?.[1] as number),
          read_shift_x,
        );
        assertClose(
          facts.map(({ center }) => center?.[0] as number),
          read_shift_y,
        );
        layer.dispose();
      }
      started.dispose();
    });
  });
}

test.run();
