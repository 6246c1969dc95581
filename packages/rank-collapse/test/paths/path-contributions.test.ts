import { dispose, memory, OptionError, Rng, type Tensor, tensor } from '@saccade/tensor';
import { assertClose, assertRejects } from '@saccade/testing';
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { modelOfLayers, type RankModel } from '../../src/model/rank-model.js';
import { runLayer } from '../../src/model/run-layer.js';
import { enumeratePaths } from '../../src/paths/enumerate-paths.js';
import { pathContributions } from '../../src/paths/path-contributions.js';
import { type LayerKind, normals, randomLayer } from '../random-layers.js';
import { cases, golden, goldenLayers, stored } from './golden-network.js';

const numbers = async (t: Tensor): Promise<number[]> => Array.from((await t.data()) as ArrayLike<number>);
const largest = (list: readonly number[]): number => list.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
const differ = (a: readonly number[], b: readonly number[]): number => largest(a.map((value, i) => value - b[i]!));

/** Kinds of layers that occur, and the mixtures of their parts. */
const kinds: fc.Arbitrary<LayerKind> = fc.record({
  order: fc.constantFrom('pre' as const, 'post' as const),
  heads: fc.constant(4),
  keyValueHeads: fc.constantFrom(1, 2, 4),
  dims: fc.constantFrom(2, 3),
  width: fc.constant(6),
  skip: fc.boolean(),
  mlp: fc.boolean(),
  gate: fc.boolean(),
  norms: fc.constantFrom('none' as const, 'layer' as const, 'rms' as const),
  bias: fc.boolean(),
  causal: fc.boolean(),
});

async function randomNetwork(
  kind: LayerKind,
  depth: number,
  seed: number,
): Promise<{ model: RankModel; x: Tensor; layers: unknown }> {
  const rng = new Rng(seed);
  const layers = Array.from({ length: depth }, () => randomLayer(kind, rng));
  const finalNorm = kind.norms === 'none' ? undefined : randomLayer(kind, rng).norms?.attention;
  return {
    model: modelOfLayers(layers, { finalNorm }),
    x: normals(rng, [5, kind.width], 1),
    layers: [layers, finalNorm],
  };
}

test('the lengths of a network without heads to choose are its only path', async () => {
  const kind = {
    order: 'post',
    heads: 1,
    dims: 6,
    width: 6,
    skip: false,
    mlp: false,
    norms: 'none',
    bias: false,
  } as const;
  const { model, x } = await randomNetwork(kind, 3, 1);
  const { lengths } = await pathContributions(model, x);
  assert.equal(
    lengths.map(({ length }) => length),
    [0, 1, 2, 3],
  );
  assert.equal(
    lengths.slice(0, 3).map(({ norm }) => norm),
    [0, 0, 0],
  );
  assert.ok(Math.abs(lengths[3]!.share - 1) < 1e-12);
});

test('options and texts that make no sense are refused', async () => {
  const model = modelOfLayers(goldenLayers(true, true));
  const x = stored('X');
  const refused = async (options: object, message: RegExp): Promise<unknown> =>
    assertRejects(() => pathContributions(model, x, options), OptionError, message);
  await refused({ by: ['heads'] }, /^pathContributions: by must be one of head, layer, first, last, got "heads"$/);
  await refused({ heads: [[0], [1]] }, /^pathContributions: heads must be a list of heads for each of 3 layers, got/);
  await refused({ heads: [[0], [2], [1]] }, /^pathContributions: layer 1: heads must be in \[0, 2\), got 2$/);
  await refused(
    { variant: 'fnn' },
    /^pathContributions: variant must be one of transformer, san, san\+mlp, san\+skip, got "fnn"$/,
  );
  await assertRejects(
    () => pathContributions(model, stored('X').reshape([2, 3, 8])),
    OptionError,
    /^pathContributions: expected one text, got states \[2, 3, 8\]$/,
  );
});

for (const { name, skip, bias } of cases) {
  test(`lengths, biases and the output are those of the reference, ${name}`, async () => {
    const { sources, output, check } = await pathContributions(modelOfLayers(goldenLayers(skip, bias)), stored('X'));
    const tokens = sources.find(({ source }) => source === 'tokens')!;
    assertClose(await numbers(output), golden.values(`${name}.out`), { rtol: 1e-12, atol: 1e-14 });
    assertClose(await numbers(tokens.byLength), golden.values(`${name}.by_length`), { rtol: 1e-12, atol: 1e-14 });
    const biases = sources.find(({ source }) => source === 'attention bias');
    assert.is(biases !== undefined, bias);
    const row = biases === undefined ? new Array(8).fill(0) : await numbers(biases.byLength.sum({ axis: 0 }).at(0));
    assertClose(row, golden.values(`${name}.bias`), { rtol: 1e-12, atol: 1e-14 });
    assert.ok(check!.holds && check!.error <= 1e-13, `${check!.error}`);
    const counted = (golden.scalars[name] as { composite_by_length: number[] }).composite_by_length;
    const norms = sources.find(({ source }) => source === 'tokens')!.lengths.map(({ norm }) => norm);
    assertClose(norms, counted, { rtol: 1e-12, atol: 1e-14 });
  });

  test(`lengths hold in float32 too, ${name}`, async () => {
    const model = modelOfLayers(goldenLayers(skip, bias, 'float32'));
    const { sources, check } = await pathContributions(model, stored('X', 'float32'));
    assertClose(await numbers(sources[0]!.byLength), golden.values(`${name}.by_length`), { rtol: 1e-5, atol: 1e-6 });
    assert.ok(check!.holds, `${check!.error}`);
  });
}

test('in networks of all kinds all sums are the output, and each length is what its paths come to', async () => {
  await fc.assert(
    fc.asyncProperty(kinds, fc.integer({ min: 1, max: 3 }), fc.nat(1e6), async (kind, depth, seed) => {
      const { model, x, layers } = await randomNetwork(kind, depth, seed);
      const found = await pathContributions(model, x, { by: ['first', 'last'], sourcesByLayer: seed % 2 === 0 });
      const scale = largest(await numbers(found.output));
      // Parts that cancel are larger than their sum.
      const parts = found.lengths.reduce((sum, { norm }) => sum + norm, 0);
      assert.ok(found.check!.error * scale <= 1e-13 * (scale + parts), `${found.check!.error}`);
      const sums = new Map<number, number[]>();
      await enumeratePaths(model, x, (path, out) => {
        const length = path.filter((head) => head < kind.heads).length;
        const before = sums.get(length) ?? new Array(out.size).fill(0);
        const values = out.dataSync();
        sums.set(
          length,
          before.map((value, i) => value + Number(values[i])),
        );
      });
      const tokens = found.sources[0]!;
      for (const [length, expected] of sums) {
        const got = await numbers(tokens.byLength.at(length));
        assert.ok(differ(got, expected) <= 1e-13 * (largest(expected) + parts), `${length}: ${differ(got, expected)}`);
      }
      dispose([found, x, layers]);
    }),
    { numRuns: 60 },
  );
});

test('the output is that of the forward pass', async () => {
  await fc.assert(
    fc.asyncProperty(kinds, fc.nat(1e6), async (kind, seed) => {
      const { model, x, layers } = await randomNetwork(kind, 2, seed);
      const { output } = await pathContributions(model, x, { finalNorm: false });
      let states: Tensor = x.reshape([1, 5, 6]);
      for (let i = 0; i < 2; i++) states = await model.withLayer(i, (layer) => runLayer(states, layer));
      const expected = await numbers(states);
      assert.ok(differ(await numbers(output), expected) <= 1e-12 * (1 + largest(expected)));
      dispose(layers);
    }),
    { numRuns: 40 },
  );
});

test('through each head goes each path as often as it has heads', async () => {
  await fc.assert(
    fc.asyncProperty(kinds, fc.nat(1e6), async (kind, seed) => {
      const { model, x, layers } = await randomNetwork(kind, 3, seed);
      const { heads, layers: through, lengths } = await pathContributions(model, x, { by: ['head', 'layer'] });
      const parts = lengths.reduce((sum, { share }) => sum + Math.abs(share), 0);
      const weighted = lengths.reduce((sum, { length, share }) => sum + length * share, 0);
      const byHead = heads!.reduce((sum, { share }) => sum + share, 0);
      const byLayer = through!.reduce((sum, { share }) => sum + share, 0);
      assert.ok(Math.abs(byHead - weighted) <= 1e-12 * (1 + parts), `${byHead} and ${weighted}`);
      assert.ok(Math.abs(byLayer - weighted) <= 1e-12 * (1 + parts), `${byLayer} and ${weighted}`);
      dispose([x, layers]);
    }),
    { numRuns: 40 },
  );
});

test('a subset of heads leaves the paths through others out', async () => {
  const model = modelOfLayers(goldenLayers(true, false));
  const x = stored('X');
  const allowed = [[0], [0, 1], []];
  const { byLength, check } = await pathContributions(model, x, { heads: allowed });
  const sum = new Array(4 * 48).fill(0);
  await enumeratePaths(model, x, (path, out) => {
    if (!path.every((head, layer) => head === 2 || allowed[layer]!.includes(head))) return;
    const length = path.filter((head) => head < 2).length;
    for (const [i, value] of Array.from(out.dataSync()).entries()) sum[length * 48 + i] += Number(value);
  });
  assertClose(await numbers(byLength), sum, { rtol: 0, atol: 1e-12 });
  assert.is(check, undefined);
});

test('progress is told, and a signal ends it', async () => {
  const model = modelOfLayers(goldenLayers(true, true));
  const done: number[] = [];
  await pathContributions(model, stored('X'), { onProgress: ({ layer, layers }) => done.push(layer, layers) });
  assert.equal(done, [0, 3, 1, 3, 2, 3]);
  await assertRejects(
    () => pathContributions(model, stored('X'), { signal: AbortSignal.abort() }),
    DOMException,
    /aborted/,
  );
});

test('nothing is left behind but the result', async () => {
  const model = modelOfLayers(goldenLayers(true, true));
  const x = tensor(golden.values('X'), { shape: [6, 8], dtype: 'float64' });
  const before = memory().tensors;
  dispose(await pathContributions(model, x, { by: ['head', 'layer', 'first', 'last'] }));
  assert.is(memory().tensors, before);
});

test.run();
