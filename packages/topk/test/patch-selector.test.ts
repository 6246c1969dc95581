/** The whole network. */
import { Conv2d, crossEntropy, type Layer, Module } from '@saccade/nn';
import {
  at,
  maxPool,
  memory,
  OptionError,
  Rng,
  relu,
  ShapeError,
  scope,
  type Tensor,
  tensor,
  valueAndGradOf,
  zeros,
} from '@saccade/tensor';
import { assertClose, assertThrows } from '@saccade/testing';
import { Golden } from '@saccade/testing/golden';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { PatchConvNet } from '../src/model/patch-conv-net.js';
import { PatchSelector } from '../src/model/patch-selector.js';
import type { PatchSelectorOptions, SelectionOptions } from '../src/model/patch-selector-options.js';
import type { Scorer } from '../src/model/scorer.js';
import { assertNear, fill, type Names } from './golden-modules.js';

interface Case {
  readonly D: number;
  readonly S: number;
  readonly aggregation: 'mean' | 'transformer';
  readonly channels: readonly number[];
  readonly classes: number;
  readonly downscale: number;
  readonly entropyWeight: number;
  readonly grid: readonly [number, number];
  readonly heads?: number;
  readonly layers?: number;
  readonly k: number;
  readonly normalization: string;
  readonly patchSize: number;
  readonly pool: number;
  readonly shape: readonly [number, number, number, number];
  readonly sigma: number;
}

const golden = new Golden<Readonly<Record<string, Case>>, Tensor>(new URL('golden/patchnet', import.meta.url), tensor);

/** The reference's feature network: two convolutions, a pooling between them, and the mean over all positions, which the selector takes. */
class Features extends Module {
  readonly outSize: number;
  readonly convs: readonly Layer[];

  constructor(inputs: number, outputs: number, rng: Rng) {
    super();
    this.outSize = outputs;
    this.convs = [
      new Conv2d(inputs, 5, 3, { rng, padding: 'same' }),
      new Conv2d(5, outputs, 3, { rng, padding: 'same' }),
    ];
  }

  override forward(x: Tensor): Tensor {
    const [first, second] = this.convs as readonly [Layer, Layer];
    return scope(() => relu(second.forward(maxPool(relu(first.forward(x)), { size: 2 }))));
  }
}

function selectorOf(name: string, one: Case, selection: SelectionOptions): PatchSelector {
  const { shape, k, D, heads = 1, layers = 1, channels, pool, aggregation } = one;
  const [, height, width, inputs] = shape;
  const rng = new Rng(1);
  const selector = new PatchSelector({
    height,
    width,
    channels: inputs,
    classes: one.classes,
    patches: k,
    patchSize: one.patchSize,
    downscale: one.downscale,
    rng,
    scorer: { kind: 'conv', channels, pool },
    features: new Features(inputs, D, rng),
    aggregation: aggregation === 'mean' ? 'mean' : { kind: 'transformer', heads, layers, dropout: 0 },
    normalization: one.normalization,
    selection,
    entropyWeight: one.entropyWeight,
  });
  fill(selector, golden, `${name}.param.`, namesOf(one));
  return selector;
}

/** Our names and the reference's. */
function namesOf({ channels, aggregation, layers = 0 }: Case): Names {
  const names: [string, string | string[]][] = [
    ['classification_dense1.weight', 'd1.w'],
    ['classification_dense1.bias', 'd1.b'],
    ['final.weight', 'final.w'],
    ['final.bias', 'final.b'],
  ];
  [...channels, 1].forEach((_, i) => {
    names.push([`scorer.convs.${i}.weight`, `conv${i}.w`], [`scorer.convs.${i}.bias`, `conv${i}.b`]);
  });
  for (const i of [0, 1]) {
    names.push([`features.convs.${i}.weight`, `feat.w${i}`], [`features.convs.${i}.bias`, `feat.b${i}`]);
  }
  if (aggregation === 'mean') return new Map(names);
  names.push(['aggregation.tokens.position.weight', 'pos.w'], ['aggregation.tokens.position.bias', 'pos.b']);
  for (let i = 0; i < layers; i++) {
    for (const [own, theirs] of [
      ['self_attn.out_proj.weight', 'wo'],
      ['self_attn.out_proj.bias', 'bo'],
      ['feed_forward.linear1.weight', 'w1'],
      ['feed_forward.linear1.bias', 'b1'],
      ['feed_forward.linear2.weight', 'w2'],
      ['feed_forward.linear2.bias', 'b2'],
      ['norm1.weight', 'ln1.s'],
      ['norm1.bias', 'ln1.b'],
      ['norm2.weight', 'ln2.s'],
      ['norm2.bias', 'ln2.b'],
    ]) {
      names.push([`aggregation.layers.${i}.${own}`, `l${i}.${theirs}`]);
    }
    for (const kind of ['weight', 'bias']) {
      const parts = ['q', 'k', 'v'].map((map) => `l${i}.${kind[0] === 'w' ? 'w' : 'b'}${map}`);
      names.push([`aggregation.layers.${i}.self_attn.in_proj_${kind}`, parts]);
    }
  }
  return new Map(names);
}

/** The gradients of the loss with given noise. */
function gradientsOf(name: string, selector: PatchSelector): { loss: number; gradients: Map<string, Tensor> } {
  const [images, labels] = [golden.tensor(`${name}.x`), golden.tensor(`${name}.labels`)];
  const [loss, gradients] = valueAndGradOf(selector.parameters(), () => selector.loss(images, labels));
  return { loss: loss.item(), gradients };
}

for (const [name, one] of Object.entries(golden.scalars)) {
  const noise = (grad: 'plain' | 'diag'): SelectionOptions => ({
    method: 'perturbed',
    sigma: one.sigma,
    noise: golden.tensor(`${name}.noise`),
    grad,
  });

  test(`${name}: training with given noise sees, and loses, what the reference does`, () => {
    scope(() => {
      const selector = selectorOf(name, one, noise('plain'));
      assert.equal([selector.grid.rows, selector.grid.columns], one.grid);
      const seen = selector.look(golden.tensor(`${name}.x`));
      assertNear(seen.scores, golden.values(`${name}.scores_normalized`), 5e-5, 'scores');
      assertNear(seen.selection.toDense(), golden.values(`${name}.indicators`), 1e-5, 'indicators');
      assertNear(seen.patches, golden.values(`${name}.patches`), 1e-5, 'patches');
      assertNear(seen.logits, golden.values(`${name}.logits`), 1e-4, 'logits');
      const { loss } = gradientsOf(name, selector);
      const [, entropy, total] = golden.values(`${name}.loss`) as [number, number, number];
      assertClose(seen.entropyBefore.item(), entropy, { atol: 1e-4 });
      assertClose(loss, total, { atol: 1e-4 });
      selector.dispose();
    });
  });

  for (const [grad, prefix] of [
    ['plain', 'grad'],
    ['diag', 'grad_diag'],
  ] as const) {
    test(`${name}: gradients '${grad}' are the reference's`, () => {
      scope(() => {
        const selector = selectorOf(name, one, noise(grad));
        const { gradients } = gradientsOf(name, selector);
        const known = new Set(golden.names(`${name}.${prefix}.`));
        let compared = 0;
        for (const [own, theirs] of namesOf(one)) {
          if (!known.has([theirs].flat()[0] as string)) continue;
          const [value, expected] = [gradients.get(own) as Tensor, expectedOf(`${name}.${prefix}.`, theirs)];
          const largest = Math.max(...expected.map(Math.abs));
          // The last bias of the scorer shifts all scores: nothing but rounding is left of its gradient.
          assertClose(value.dataSync(), expected, { rtol: 0, atol: 1e-3 * largest + 1e-5 }, own);
          compared += [theirs].flat().length;
        }
        assert.is(compared, known.size);
        selector.dispose();
      });
    });
  }

  test(`${name}: in evaluation the choice is hard, in the order of positions`, () => {
    scope(() => {
      const selector = selectorOf(name, one, noise('plain')).eval();
      const seen = selector.look(golden.tensor(`${name}.x`));
      assert.equal(Array.from(seen.selection.indices.dataSync()), golden.values(`${name}.hard_indices`));
      assertNear(seen.logits, golden.values(`${name}.hard_logits`), 1e-4, 'logits');
      selector.dispose();
    });
  });
}

/** Values of a reference in our layout. */
function expectedOf(prefix: string, names: string | readonly string[]): number[] {
  return [names].flat().flatMap((name) => {
    const values = golden.values(`${prefix}${name}`);
    const [rows, columns, ...more] = golden.shape(`${prefix}${name}`) as readonly [number, number];
    if (columns === undefined || more.length > 0) return values;
    return Array.from(
      { length: rows * columns },
      (_, i) => values[(i % rows) * columns + Math.floor(i / rows)] as number,
    );
  });
}

const small = {
  height: 32,
  width: 36,
  channels: 2,
  classes: 3,
  patches: 2,
  patchSize: 8,
  downscale: 1,
  scorer: { kind: 'conv', channels: [3], pool: 7 },
  features: { kind: 'conv', channels: [3, 4], outSize: 5 },
} as const;

function build(options: Partial<PatchSelectorOptions> = {}): PatchSelector {
  return new PatchSelector({ ...small, rng: new Rng(3), ...options });
}

const images = (seed: number, batch = 2): Tensor => new Rng(seed).uniform([batch, 32, 36, 2]);
const labels = (): Tensor => tensor(Int32Array.of(2, 0));

test('what it sees has the shapes that it says, and leaves nothing else', () => {
  const selector = build();
  const [x, y] = [images(1), labels()];
  const before = memory().tensors;
  scope(() => {
    const seen = selector.look(x);
    assert.equal([...seen.logits.shape], [2, 3]);
    assert.equal([...seen.scores.shape], [2, 4, 4]);
    assert.equal([...seen.patches.shape], [2, 2, 8, 8, 2]);
    assert.equal([...seen.representations.shape], [2, 2, 5]);
    assert.equal([seen.entropy.size, seen.entropyBefore.size], [1, 1]);
    const { selection } = seen;
    assert.equal([selection.batch, selection.rows, selection.n], [2, 2, 16]);
  });
  selector.forward(x).dispose();
  selector.loss(x, y).dispose();
  assert.is(memory().tensors, before);
  for (const one of [selector, x, y]) one.dispose();
});

test('evaluation takes running statistics, leaves no dropout, and is the same every time', () => {
  scope(() => {
    const selector = build({ aggregation: { kind: 'transformer', layers: 1, heads: 1, dropout: 0.5 } });
    const x = images(1);
    selector.forward(x);
    selector.eval();
    const [first, second] = [selector.forward(x), selector.forward(x)];
    assert.equal(first.dataSync(), second.dataSync());
    // Running statistics: an image does not depend on the others of its batch.
    assertClose(selector.forward(at(x, '1:')).dataSync(), at(first, '1:').dataSync(), { atol: 1e-6 });
    selector.dispose();
  });
});

test('logits and score map from outside are those of the whole', () => {
  scope(() => {
    const selector = build({ aggregation: { kind: 'cross-attention', heads: 1 }, appendPosition: true }).eval();
    const x = images(2);
    const seen = selector.look(x);
    assertClose(selector.scoreMap(x).dataSync(), seen.scores.dataSync());
    assertClose(selector.classify(seen.patches, seen.selection.toDense()).dataSync(), seen.logits.dataSync());
    selector.dispose();
  });
});

test('positions are appended once, to patches only', () => {
  scope(() => {
    const [plain, placed] = [build(), build({ appendPosition: true })];
    assert.is((placed.scorer as Scorer).inChannels, 2);
    assert.is((placed.features as PatchConvNet).inChannels, 4);
    assert.is((plain.features as PatchConvNet).inChannels, 2);
    for (const one of [plain, placed]) one.dispose();
  });
});

test('uint8 images are those of floats from 0 to 1', () => {
  scope(() => {
    const bytes = new Rng(4).integers([2, 32, 36, 2], 0, 256).cast('uint8');
    const selector = build().eval();
    const expected = selector.forward(bytes.cast('float32').div(255));
    assertClose(selector.forward(bytes).dataSync(), expected.dataSync(), { atol: 1e-5 });
    selector.dispose();
  });
});

test('all methods with k rows train', () => {
  for (const method of [
    'exact',
    'perturbed',
    'hard',
    'straight-through',
    'neuralsort',
    'softsort',
    'sinkhorn',
    'random',
  ] as const) {
    scope(() => {
      const selector = build({ selection: { method, samples: 20, iterations: 50 }, inferenceMethod: method });
      const [loss, gradients] = valueAndGradOf(selector.parameters(), () => selector.loss(images(5), labels()));
      assert.ok(Number.isFinite(loss.item()), method);
      const byScorer = gradients.get('scorer.convs.0.weight')?.abs().max().item() as number;
      assert.is(byScorer > 0, method !== 'random', method);
      selector.eval();
      assert.equal([...selector.forward(images(5)).shape], [2, 3]);
      selector.dispose();
    });
  }
});

test('the hard choice in training learns by the entropy alone', () => {
  scope(() => {
    const selector = build({ selection: { method: 'hard' }, entropyWeight: 0 });
    const [, gradients] = valueAndGradOf(selector.parameters(), () => selector.loss(images(5), labels()));
    assert.is(gradients.get('scorer.convs.0.weight')?.abs().max().item(), 0);
    selector.dispose();
  });
});

test('the entropy in the loss is that before or after the normalisation', () => {
  scope(() => {
    for (const entropyOf of ['before', 'after'] as const) {
      const selector = build({ entropyOf, entropyWeight: 10 });
      const [x, y] = [images(6), labels()];
      const seen = selector.look(x);
      const entropy = entropyOf === 'before' ? seen.entropyBefore : seen.entropy;
      const expected = crossEntropy(seen.logits, y).item() + 10 * entropy.item();
      assertClose(selector.loss(x, y).item(), expected, { rtol: 1e-5 });
      selector.dispose();
    }
  });
});

test('with sigma 0 the soft choice is the hard one', () => {
  scope(() => {
    const selector = build();
    const x = images(7);
    selector.sigmaMultiplier = 0;
    assert.is(selector.sigmaMultiplier, 0);
    const soft = selector.look(x);
    selector.eval();
    assertClose(soft.selection.toDense().dataSync(), selector.look(x).selection.toDense().dataSync());
    selector.dispose();
  });
});

test('patches can have the centres of what their scores saw', () => {
  const selector = build({ align: 'receptive-field', downscale: 2, height: 64, width: 72 });
  // A score sees 11 pixels of the small picture, and is 7 from the next.
  assert.equal([selector.grid.strideY, selector.grid.padTop], [14, Math.floor((8 - 22) / 2)]);
  selector.dispose();
});

test('an empty batch has empty logits in evaluation', () => {
  scope(() => {
    const selector = build().eval();
    assert.equal([...selector.forward(zeros([0, 32, 36, 2])).shape], [0, 3]);
    selector.dispose();
  });
});

test('bad options are typed errors, and a constructor that fails leaves no tensor', () => {
  const before = memory().tensors;
  const refusals: [Partial<Record<keyof PatchSelectorOptions, unknown>>, RegExp][] = [
    [{ rng: undefined }, /PatchSelector: needs a source of random numbers/],
    [{ patches: 17 }, /patches must be at most 16, the cells of a grid of 4 x 4, got 17/],
    [{ patches: 0 }, /patches must be a whole number from 1, got 0/],
    [{ hardProbability: 1.5 }, /hardProbability must be a number in \[0, 1\], got 1.5/],
    [{ randomProbability: -0.1 }, /randomProbability must be a number in \[0, 1\], got -0.1/],
    [{ scorer: 'cnn' }, /scorer must be a module, one of conv, torch-resnet18, or options with such a kind; got "cnn"/],
    [{ features: { kind: 'ats', filter: 3 } }, /AtsNetwork: no option 'filter'/],
    [{ aggregation: { kind: 'transformer', heads: 3 } }, /TransformerAggregation: heads must divide 5 channels, got 3/],
    [{ aggregation: new Conv2d(1, 1, 1, { rng: new Rng(0) }) }, /the aggregation's outSize must be a whole number/],
    [{ scorer: new Conv2d(2, 1, 1, { rng: new Rng(0) }) }, /a scorer needs gridOf/],
    [{ selection: { method: 'lapsum' } }, /selection.method must be one of exact, .*random, got "lapsum"/],
    [{ selection: { rng: new Rng(1) } }, /no option 'rng'/],
    [{ normalization: 'eval(1)' }, /is no normalisation/],
    [{ head: 'none' }, /head must be one of dense, linear, got "none"/],
    [{ entropyWeight: Number.NaN }, /entropyWeight must be a number/],
    [{ sizes: 3 } as never, /PatchSelector: no option 'sizes'/],
  ];
  for (const [options, message] of refusals) {
    assertThrows(() => build(options as never), OptionError, message);
    for (const part of Object.values(options)) if (part instanceof Module) part.dispose();
  }
  const tooSmall = /Scorer: images must be at least 33 x 33 pixels/;
  assertThrows(() => build({ height: 20, downscale: 3 }), ShapeError, tooSmall);
  assert.is(memory().tensors, before);
});

test('images and patches of another shape are ShapeErrors', () => {
  scope(() => {
    const selector = build();
    const expected = /PatchSelector: images must be \[batch, 32, 36, 2\], got \[1, 36, 32, 2\]/;
    assertThrows(() => selector.forward(zeros([1, 36, 32, 2])), ShapeError, expected);
    assertThrows(
      () => selector.classify(zeros([1, 2, 8, 9, 2]), zeros([1, 2, 16])),
      ShapeError,
      /patches must be \[batch, k, 8, 8, 2\]/,
    );
    selector.dispose();
  });
});

test.run();
