import { memory, OptionError, type Tensor } from '@saccade/tensor';
import { assertClose, assertRejects } from '@saccade/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { modelOfLayers } from '../../src/model/rank-model.js';
import { enumeratePaths } from '../../src/paths/enumerate-paths.js';
import { followPaths } from '../../src/paths/follow-paths.js';
import { pathContributions } from '../../src/paths/path-contributions.js';
import type { Path } from '../../src/paths/path-sampler.js';
import { goldenLayers, stored } from './golden-network.js';

const numbers = async (t: Tensor): Promise<number[]> => Array.from((await t.data()) as ArrayLike<number>);
const model = modelOfLayers(goldenLayers(true, true));
const X = stored('X');

test('each path is what the enumeration makes of it', async () => {
  const [paths, expected]: [Path[], number[]] = [[], []];
  await enumeratePaths(model, X, (path, out) => {
    paths.push(path);
    expected.push(...Array.from(out.dataSync(), Number));
  });
  const before = memory().tensors;
  const followed = await followPaths(model, X, paths);
  assert.equal(followed.shape, [27, 6, 8]);
  assertClose(await numbers(followed), expected, { rtol: 1e-12, atol: 1e-13 });
  followed.dispose();
  assert.is(memory().tensors, before);
});

test('all heads at every layer are the paths of full length', async () => {
  const { sources } = await pathContributions(model, X);
  const all = await followPaths(model, X, [[-1, -1, -1]]);
  assertClose(await numbers(all.at(0)), await numbers(sources[0]!.byLength.at(3)), { rtol: 1e-12, atol: 1e-13 });
});

test('paths that are not there are refused, with the layer', async () => {
  const refused = (paths: unknown, message: RegExp): Promise<unknown> =>
    assertRejects(() => followPaths(model, X, paths as Path[]), OptionError, message);
  await refused([], /^followPaths: paths must be a list of at least one path/);
  await refused(
    [
      [0, 1, 1],
      [0, 1],
    ],
    /^followPaths: path 1 must have an entry for each of the 3 layers, got \[0, 1\]$/,
  );
  await refused(
    [[0, 3, 1]],
    /^followPaths: layer 1 of a path must be a head in \[0, 1\], 2 to pass them by, or -1 for all heads, got 3$/,
  );
});

test.run();
