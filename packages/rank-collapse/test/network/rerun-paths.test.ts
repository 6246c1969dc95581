/** Paths of a network that is run again along each of them, against the release's evaluation. */
import { init, memory, OptionError, Rng, ShapeError, scope, zeros } from '@saccade/tensor';
import { assertClose, assertThrows, onTestDevice } from '@saccade/testing';
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { createPaths, rerunPaths } from '../../src/network/rerun-paths.js';
import { SelfAttentionNetwork } from '../../src/network/self-attention-network.js';
import type { Path } from '../../src/paths/path-sampler.js';
import { goldenNetwork, type NetworkGolden, networkGolden } from './golden-network.js';

onTestDevice(test, init);

const make = (): SelfAttentionNetwork =>
  new SelfAttentionNetwork({ vocabulary: 7, positions: 5, labels: 3, width: 8, depth: 3, heads: 2, rng: new Rng(1) });

/** The rows of an int32 array of the vectors. */
function rows(golden: NetworkGolden, name: string): Path[] {
  const [count, depth] = golden.shape(name) as [number, number];
  const values = golden.values(name);
  return Array.from({ length: count }, (_, i) => values.slice(i * depth, (i + 1) * depth));
}

test('wrong counts and lengths are OptionErrors', () => {
  const options = { depth: 6, heads: 2, length: 3, rng: new Rng(0) };
  const bad = (wrong: object, message: RegExp): void => {
    assertThrows(() => createPaths({ ...options, ...wrong } as never), OptionError, message);
  };
  bad({ length: 7 }, /^createPaths: length must be a whole number in \[0, 6\], got 7$/);
  bad({ length: -1 }, /length must be a whole number in \[0, 6\], got -1/);
  bad({ depth: 0 }, /depth must be a whole number from 1, got 0/);
  bad({ heads: 1.5 }, /heads must be a whole number from 1, got 1.5/);
  bad({ count: 0 }, /count must be a whole number from 1, got 0/);
  bad({ rng: 1 }, /source of random numbers/);
});

test('wrong paths are OptionErrors that name path and layer', () => {
  const network = make();
  const before = memory().tensors;
  scope(() => {
    const ids = zeros([1, 4], { dtype: 'int32' });
    const bad = (paths: unknown, message: RegExp, options = {}): void => {
      assertThrows(() => rerunPaths(network, ids, paths as never, options), OptionError, message);
    };
    bad([], /^rerunPaths: paths must be a list of at least one path, got \[\]$/);
    bad([[0, 1]], /^rerunPaths: path 0 must have an entry for each of the 3 layers, got \[0, 1\]$/);
    bad([[0, 1, 0, 1]], /path 0 must have an entry for each of the 3 layers/);
    const head =
      /^rerunPaths: layer 1 of path 1 must be a head in \[0, 1\], 2 to pass the layer by, or -1 for all heads, got 3$/;
    bad([[0, 1, 0], [0, 3, 0]], head); // biome-ignore format: a row
    bad([[0, -2, 0]], /layer 1 of path 0 must be a head in \[0, 1\]/);
    bad([[0, 0.5, 0]], /layer 1 of path 0/);
    bad([[0, 0, 0]], /skip must be true or false, got 1/, { skip: 1 });
    bad([[0, 0, 0]], /no option 'mode'; there are skip/, { mode: 1 });
    assertThrows(() => rerunPaths(network, zeros([4], { dtype: 'int32' }), [[0, 0, 0]]), ShapeError);
  });
  assert.is(memory().tensors, before);
  network.dispose();
});

for (const name of ['san_sort', 'san_hull_mlp'] as const) {
  const golden = networkGolden(name);
  for (const set of golden.names('paths.')) {
    test(`${name}: the paths '${set}' answer as in the release, with skips and without`, async () => {
      const before = memory().tensors;
      await scope(async () => {
        const network = goldenNetwork(golden);
        const input = golden.tensor('input');
        for (const skip of [false, true]) {
          const logits = rerunPaths(network, input, rows(golden, `paths.${set}`), { skip });
          const expected = golden.values(`path_logits.${set}.${skip ? 'skip' : 'noskip'}`);
          const largest = Math.max(...expected.map(Math.abs));
          assertClose(await logits.data(), expected, { rtol: 0, atol: 2e-5 * largest }, `skip ${skip}`);
        }
        network.dispose();
      });
      assert.is(memory().tensors, before);
    });
  }
}

test('paths go through as many layers as they are long, and the same seed draws the same', () => {
  fc.assert(
    fc.property(fc.nat(6), fc.integer({ min: 1, max: 4 }), fc.nat(1000), (length, heads, seed) => {
      const options = { depth: 6, heads, length, count: 5 };
      const paths = createPaths({ ...options, rng: new Rng(seed) });
      assert.is(paths.length, 5);
      for (const path of paths) {
        assert.is(path.length, 6);
        assert.ok(path.every((head) => head >= 0 && head <= heads));
        assert.is(path.filter((head) => head < heads).length, length);
      }
      assert.equal(paths, createPaths({ ...options, rng: new Rng(seed) }));
    }),
  );
});

test('all layers and heads are drawn equally often', () => {
  const paths = createPaths({ depth: 4, heads: 2, length: 1, count: 4000, rng: new Rng(5) });
  for (let layer = 0; layer < 4; layer++) {
    for (let head = 0; head < 2; head++) {
      const share = paths.filter((path) => path[layer] === head).length / paths.length;
      // 1 / 8 within five standard deviations.
      assert.ok(Math.abs(share - 1 / 8) < 5 * Math.sqrt((1 / 8) * (7 / 8) * (1 / 4000)), `${layer}, ${head}: ${share}`);
    }
  }
});

test('the order of paths does not matter, nor does training mode', async () => {
  const network = make();
  await scope(async () => {
    const ids = new Rng(2).integers([2, 5], 0, 7);
    const paths = createPaths({ depth: 3, heads: 2, length: 2, count: 4, rng: new Rng(3) });
    const one = await rerunPaths(network, ids, paths).data();
    const other = await rerunPaths(network.eval(), ids, [...paths].reverse()).data();
    assertClose(other, one, { rtol: 1e-5, atol: 1e-7 });
  });
  network.dispose();
});

test.run();
