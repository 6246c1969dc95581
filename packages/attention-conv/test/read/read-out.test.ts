/** Position-only layers read as kernels and heads: reference vectors, the way back to the convolution that a layer was made from, what cannot be read. */
import { memory, OptionError, Rng, scope, type Tensor, tensor } from '@saccade/tensor';
import { assertClose, assertThrows } from '@saccade/testing';
import { Golden } from '@saccade/testing/golden';
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { convToAttention } from '../../src/convert/conv-to-attention.js';
import { type Convolution, readConvolution } from '../../src/convolution/convolution.js';
import { convolve } from '../../src/convolution/convolve.js';
import { QuadraticAttention } from '../../src/layers/quadratic-attention.js';
import { headReport } from '../../src/read/head-report.js';
import { toConv } from '../../src/read/to-conv.js';

interface Readout {
  readonly isotropic: boolean;
  readonly radius: number;
  readonly mean_shift: readonly (readonly number[])[];
  readonly entropy: readonly number[];
  readonly argmax_shift: readonly (readonly number[])[];
  readonly max_prob: readonly number[];
  readonly degenerate?: readonly boolean[];
  readonly condition_number?: readonly number[];
}

const golden = new Golden<Record<string, Readout>, Tensor>(new URL('../golden/readout', import.meta.url), tensor);

/** The layer of a case. */
function layerOf(name: string, { isotropic }: Readout): QuadraticAttention {
  const heads = golden.shape(`${name}.param.attention_centers`)[0] as number;
  const [outputs, all] = golden.shape(`${name}.param.value.weight`) as [number, number];
  const covariance = isotropic ? 'isotropic' : 'full';
  const layer = new QuadraticAttention({ inputs: all / heads, outputs, heads, covariance, rng: new Rng(0) });
  const prefix = `${name}.param.`;
  const state = new Map(golden.names(prefix).map((own) => [own, golden.tensor(prefix + own)]));
  layer.loadStateDict(state);
  for (const t of state.values()) t.dispose();
  return layer;
}

for (const [name, c] of Object.entries(golden.scalars)) {
  test(`${name}: kernel and heads are those of the vectors`, () => {
    const before = memory().tensors;
    const layer = layerOf(name, c);
    scope(() => {
      const { effective_kernel, probs_center } = { effective_kernel: 'effective_kernel', probs_center: 'probs_center' };
      const kernel = layer.effectiveKernel(c.radius);
      assert.equal(kernel.shape, golden.shape(`${name}.${effective_kernel}`));
      assertClose(kernel.dataSync(), golden.values(`${name}.${effective_kernel}`), { rtol: 1e-5, atol: 1e-6 });
      const p = layer.probabilities(c.radius);
      assertClose(p.dataSync(), golden.values(`${name}.${probs_center}`), { rtol: 0, atol: 1e-6 });
    });
    for (const report of headReport(layer, { radius: c.radius })) {
      const { head, meanShift, entropy, argmaxShift, maxProb, degenerate, conditionNumber } = report;
      assertClose(meanShift, c.mean_shift[head]!, { rtol: 0, atol: 1e-5 });
      assertClose([entropy, maxProb], [c.entropy[head]!, c.max_prob[head]!], { rtol: 1e-5, atol: 1e-5 });
      const isDegenerate = c.degenerate?.[head] ?? false;
      assert.is(degenerate, isDegenerate);
      if (!isDegenerate) assert.equal(argmaxShift, c.argmax_shift[head]);
      if (isDegenerate) assert.is(report.status, 'degenerate');
      const expected = c.condition_number?.[head];
      if (expected !== undefined) assertClose([conditionNumber ?? 0], [expected], { rtol: 1e-4, atol: 0 });
    }
    layer.dispose();
    assert.is(memory().tensors, before);
  });
}

const forms = fc.record({
  seed: fc.nat(1e6),
  kernel: fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 3 }),
  stride: fc.integer({ min: 1, max: 3 }),
  dilation: fc.integer({ min: 1, max: 3 }),
  padding: fc.tuple(fc.nat(3), fc.nat(3)),
  paddingMode: fc.constantFrom('zeros' as const, 'replicate' as const),
  native: fc.boolean(),
  alpha: fc.constantFrom(20, 46, 128),
});

test('a converted convolution gives the same kernel back, or one that computes the same', () => {
  const property = fc.property(forms, ({ seed, kernel, stride, dilation, padding, paddingMode, native, alpha }) => {
    scope(() => {
      const rng = new Rng(seed);
      const weight = rng.normal([3, 2, ...kernel]);
      const widths = kernel.map(() => padding);
      const conv = { weight, bias: rng.normal([3]), stride, dilation, padding: widths, paddingMode };
      const border = native ? (paddingMode === 'zeros' ? 'sink' : 'native') : 'pad';
      const { layer, certificate: there } = convToAttention(conv, { alpha, border });
      const { certificate, ...back } = layer.toConv(1e-4);
      const span = (taps: number): number => dilation * (taps - 1) + 1;
      const extents = kernel.map((taps) => span(taps) + 3);
      const images = rng.normal([1, ...extents, 2]);
      const run = (one: Convolution): ArrayLike<number> => {
        const host = { batch: 1, extents, channels: 2, data: images.dataSync() };
        return convolve('test', host, readConvolution('test', one)).data;
      };
      const inside = padding[0] <= span(Math.min(...kernel)) && padding[1] <= span(Math.min(...kernel));
      // There by one certificate, and back by the other; normal values lie within 10 of each other, and sums are rounded.
      const atol = Math.max(...there.perChannelBound(10)) + 10 * certificate.errorBound + 1e-4;
      if (inside) assertClose(run(back), run(conv), { rtol: 0, atol });
      assert.ok(certificate.errorBound <= 1e-4);
      // At alpha 20 a sink takes e^-10 of every head's weight, which is more than hard attention allows.
      assert.is(certificate.bordersToo, alpha > 20 || layer.window.border.kind !== 'sink');
      if (padding[0] === 0 && padding[1] === 0) assert.equal(back.weight.shape.length, weight.shape.length);
      layer.dispose();
    });
  });
  fc.assert(property, { numRuns: 60 });
});

test('a filter with taps of zero comes back without them', () => {
  scope(() => {
    const edges = [[[[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]]]]; // biome-ignore format: a kernel
    for (const border of ['pad', 'sink'] as const) {
      const { layer } = convToAttention({ weight: edges, padding: 1 }, { border });
      const back = layer.toConv();
      assert.equal([...back.weight.dataSync()], [-1, 1, -2, 2, -1, 1]);
      assert.equal(back.dilation, [1, 2]);
      assert.equal(back.padding, [[1, 1], [1, 1]]); // biome-ignore format: pairs
      layer.dispose();
    }
    const nothing = convToAttention({ weight: [[[0, 0, 0]]], padding: 1 }).layer;
    assert.equal([...nothing.toConv().weight.dataSync()], [0]);
    nothing.dispose();
  });
});

test('a blur has a kernel as large as its tolerance asks for, which computes the same inside', () => {
  scope(() => {
    const layer = new QuadraticAttention({ inputs: 2, outputs: 3, heads: 3, centerDeviation: 1, rng: new Rng(5) });
    const sizes = [1e-1, 1e-3, 1e-5].map((tolerance) => {
      const { certificate, ...conv } = toConv(layer, tolerance, { range: 8 });
      assert.ok(certificate.errorBound <= tolerance && !certificate.bordersToo);
      const images = new Rng(6).normal([1, 32, 32, 2]);
      const y = layer.forward(images).dataSync();
      const host = { batch: 1, extents: [32, 32], channels: 2, data: images.dataSync() };
      const z = convolve('test', host, readConvolution('test', conv)).data;
      const middle = (values: ArrayLike<number>): number[] =>
        Array.from({ length: 3 * 64 }, (_, i) => {
          const [row, column, channel] = [12 + Math.floor(i / 24), 12 + (Math.floor(i / 3) % 8), i % 3];
          return values[(row * 32 + column) * 3 + channel] as number;
        });
      assertClose(middle(z), middle(y), { rtol: 0, atol: tolerance + 1e-5 });
      return conv.weight.shape[2] as number;
    });
    assert.ok(sizes[0]! < sizes[1]! && sizes[1]! < sizes[2]!, String(sizes));
    layer.dispose();
  });
});

test('heads that share a pixel are one tap: their maps add up', () => {
  scope(() => {
    const { layer } = convToAttention({ weight: [[[2]], [[3]]] });
    const twice = new QuadraticAttention({ dims: 1, inputs: 1, outputs: 2, heads: 2, bias: false, rng: new Rng(1) });
    twice.loadStateDict(
      new Map([
        ['attention_centers', tensor([[0], [0]])],
        ['attention_spreads', tensor([16, 16])],
        ['value.weight', tensor([[2, 1], [3, 1]])], // biome-ignore format: a matrix
      ]),
    );
    assert.equal([...twice.toConv().weight.dataSync()], [3, 4]);
    assert.equal([...layer.toConv().weight.dataSync()], [2, 3]);
    for (const one of [layer, twice]) one.dispose();
  });
});

test('a head that looks everywhere is no convolution', () => {
  const layer = new QuadraticAttention({ inputs: 1, heads: 2, rng: new Rng(1) });
  scope(() => layer.loadStateDict(new Map([...layer.stateDict(), ['attention_spreads', tensor([1, 0])]])));
  assertThrows(() => layer.toConv(), OptionError, /^toConv: head 1 looks further than \d+ pixels/);
  assertThrows(() => layer.toConv(0), OptionError, /tolerance must be a number above 0, got 0/);
  layer.dispose();
});

test('the kinds of heads: a shift, a blur, global, degenerate, and one between two pixels', () => {
  const layer = new QuadraticAttention({ inputs: 1, heads: 5, rng: new Rng(1) });
  scope(() =>
    layer.loadStateDict(
      new Map([
        ...layer.stateDict(),
        ['attention_centers', tensor([[1, -1], [0, 0], [0, 0], [0, 0], [0.5, 0]])], // biome-ignore format: pairs
        ['attention_spreads', tensor([-16, 1, 0.05, 0, 16])],
      ]),
    ),
  );
  const report = headReport(layer);
  assert.equal(
    report.map(({ status }) => status),
    ['shift', 'blur', 'global', 'degenerate', 'blur'],
  );
  assert.equal(
    report.map(({ tied }) => tied),
    [false, false, false, false, true],
  );
  assert.is(report[0]!.alpha, 128);
  assertClose([report[4]!.maxProb], [0.5], { rtol: 1e-6, atol: 0 });
  layer.dispose();
});

test.run();
