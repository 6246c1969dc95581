import { dispose, memory, OptionError, Rng, type Tensor } from '@saccade/tensor';
import { assertClose, assertRejects } from '@saccade/testing';
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { modelOfLayers } from '../../src/model/rank-model.js';
import { enumeratePaths } from '../../src/paths/enumerate-paths.js';
import { pathContributions } from '../../src/paths/path-contributions.js';
import { PathSampler } from '../../src/paths/path-sampler.js';
import { samplePaths } from '../../src/paths/sample-paths.js';
import { studentQuantile } from '../../src/paths/student-quantile.js';
import { goldenLayers, stored } from './golden-network.js';

const numbers = async (t: Tensor): Promise<number[]> => Array.from((await t.data()) as ArrayLike<number>);
const model = modelOfLayers(goldenLayers(true, true));
const X = stored('X');

test('a sample tells its paths, their norms, an estimate, its error and how far the interval reaches', async () => {
  const found = await samplePaths(model, X, { length: 2, samples: 40, rng: new Rng(1) });
  assert.equal(found.estimate.shape, [6, 8]);
  assert.equal(found.standardError!.shape, [6, 8]);
  assert.is(found.paths.length, 40);
  for (const path of found.paths) assert.is(path.filter((head) => head < 2).length, 2);
  assert.ok(found.norms.every((norm) => norm > 0));
  assert.ok(Math.abs(found.reach! - 2.0227) < 1e-3, `${found.reach}`);
});

test('one sample has no standard error', async () => {
  const { standardError, reach } = await samplePaths(model, X, { length: 1, samples: 1, rng: new Rng(1) });
  assert.is(standardError, undefined);
  assert.is(reach, undefined);
});

test('the only path of length 0 is known exactly', async () => {
  const { estimate, standardError } = await samplePaths(model, X, { length: 0, samples: 3, rng: new Rng(1) });
  assertClose(await numbers(estimate), await numbers(X), { rtol: 1e-15, atol: 0 });
  assert.ok((await numbers(standardError!)).every((value) => value < 1e-15));
});

test('lengths that no path has and counts that make no sense are refused', async () => {
  const rng = new Rng(1);
  const refused = async (options: object, message: RegExp): Promise<void> => {
    await assertRejects(() => samplePaths(model, X, { length: 2, samples: 5, rng, ...options }), OptionError, message);
  };
  await refused({ length: 4 }, /^samplePaths: length must be an integer in \[0, 3\], got 4$/);
  await refused({ length: -1 }, /^samplePaths: length must be an integer in \[0, 3\], got -1$/);
  await refused({ variant: 'san' }, /^samplePaths: without skips all paths have length 3, got 2$/);
  await refused({ samples: 0 }, /^samplePaths: samples must be/);
  await refused({ importance: 'norm' }, /^samplePaths: importance must be one of uniform, norms, got "norm"$/);
  await refused({ confidence: 1 }, /^samplePaths: confidence must be between 0 and 1, got 1$/);
  await refused({ rng: 3 }, /^samplePaths: needs a source of random numbers/);
});

for (const importance of ['uniform', 'norms'] as const) {
  test(`intervals of 95 % cover the exact value in 90 to 99 % of 200 repetitions, ${importance}`, async () => {
    const { sources } = await pathContributions(model, X);
    const exact = await numbers(sources[0]!.byLength.at(2));
    const rng = new Rng(importance === 'uniform' ? 5 : 6);
    let covered = 0;
    for (let repetition = 0; repetition < 200; repetition++) {
      const found = await samplePaths(model, X, { length: 2, samples: 50, rng, importance });
      const [estimate, error] = [await numbers(found.estimate), await numbers(found.standardError!)];
      // One entry a repetition, as all entries of one move together.
      const at = repetition % exact.length;
      if (Math.abs(estimate[at]! - exact[at]!) <= found.reach! * error[at]!) covered++;
      dispose(found);
    }
    assert.ok(covered >= 180 && covered <= 198, `${covered} of 200`);
  });
}

test('a functional is estimated as the entries are', async () => {
  const all = await samplePaths(model, X, { length: 2, samples: 20, rng: new Rng(9) });
  const sums = await samplePaths(model, X, {
    length: 2,
    samples: 20,
    rng: new Rng(9),
    functional: (y) => y.sum({ axis: 1 }),
  });
  assertClose(await numbers(sums.estimate), await numbers(all.estimate.sum({ axis: 0 })), { rtol: 1e-12, atol: 1e-13 });
});

test('paths are drawn in proportion to the products of their weights, and know their probability', () => {
  const heads = [
    [1, 3],
    [2, 0],
    [0.5, 0.5],
  ];
  const sampler = new PathSampler('test', heads, 2, false);
  const rng = new Rng(3);
  const products = new Map<string, number>();
  for (const a of [0, 1, 2]) {
    for (const b of [0, 1, 2]) {
      for (const c of [0, 1, 2]) {
        const path = [a, b, c];
        if (path.filter((head) => head < 2).length !== 2) continue;
        const product = path.reduce((all, head, layer) => all * (head === 2 ? 1 : heads[layer]![head]!), 1);
        if (product > 0) products.set(path.join(), product);
      }
    }
  }
  const whole = [...products.values()].reduce((a, b) => a + b, 0);
  const counts = new Map<string, number>();
  for (let i = 0; i < 20_000; i++) {
    const { path, weight } = sampler.draw(rng);
    const expected = products.get(path.join())!;
    assert.ok(Math.abs(weight * (expected / whole) - 1) < 1e-12);
    counts.set(path.join(), (counts.get(path.join()) ?? 0) + 1);
  }
  for (const [path, product] of products) {
    const share = product / whole;
    const spread = Math.sqrt((share * (1 - share)) / 20_000);
    assert.ok(Math.abs(counts.get(path)! / 20_000 - share) < 5 * spread, path);
  }
});

test('a layer whose heads weigh nothing is never used, and a length that needs it is refused', () => {
  const sampler = new PathSampler(
    'test',
    [
      [1, 1],
      [0, 0],
      [1, 1],
    ],
    2,
    false,
  );
  const rng = new Rng(4);
  for (let i = 0; i < 200; i++) assert.is(sampler.draw(rng).path[1], 2);
  assert.throws(() => new PathSampler('test', [[1], [0]], 2, false), /no path of length 2 has a weight above 0/);
});

test('weights are one over probabilities: they add up to the number of paths', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 12 }),
      fc.integer({ min: 1, max: 12 }),
      fc.nat(1e6),
      (layers, heads, seed) => {
        const length = seed % (layers + 1);
        const sampler = new PathSampler('test', new Array(layers).fill(new Array(heads).fill(1)), length, false);
        let count = heads ** length;
        for (let i = 1; i <= length; i++) count *= (layers - i + 1) / i;
        assert.ok(Math.abs(sampler.draw(new Rng(seed)).weight / count - 1) < 1e-10);
      },
    ),
  );
});

test("quantiles are those of Student's distribution", () => {
  // From tables.
  for (const [confidence, freedom, t] of [
    [0.95, 1, 12.7062],
    [0.95, 2, 4.3027],
    [0.95, 10, 2.2281],
    [0.95, 1000, 1.9623],
    [0.99, 30, 2.75],
    [0.5, 8, 0.7064],
  ] as const) {
    assert.ok(
      Math.abs(studentQuantile(confidence, freedom) / t - 1) < 2e-3,
      `${studentQuantile(confidence, freedom)}, ${t}`,
    );
  }
});

test('more paths than the limit are refused, with what to do instead', async () => {
  await assertRejects(
    () => enumeratePaths(model, X, () => undefined, { limit: 26 }),
    OptionError,
    /^enumeratePaths: there are 27\.0 paths, more than the limit of 26: pathContributions sums them exactly/,
  );
  const seen: string[] = [];
  assert.is(await enumeratePaths(model, X, (path) => seen.push(path.join())), 27);
  assert.is(new Set(seen).size, 27);
});

test('nothing is left behind but the result', async () => {
  const before = memory().tensors;
  dispose(await samplePaths(model, X, { length: 2, samples: 7, rng: new Rng(1), importance: 'norms' }));
  await enumeratePaths(model, X, () => undefined);
  assert.is(memory().tensors, before);
});

test.run();
