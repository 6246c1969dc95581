/** `rank-collapse paths`, as a person starts it. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Ended } from '@saccade/testing/command';
import { newFolder } from '@saccade/testing/new-folder';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { SampledLength } from '../../src/cli/sample-lengths.js';
import type { PathContributions } from '../../src/paths/contribution-report.js';
import { bert, gpt2 } from '../model/small-checkpoints.js';
import { rankCollapse } from './command.js';
import { deepBert, writeModel } from './write-model.js';

const folder = newFolder();
const run = (...args: string[]): Promise<Ended> => rankCollapse(['paths', ...args, '--threads', '1'], folder);

/** What `--json` prints. */
interface PathsJson extends Omit<PathContributions, 'lengths' | 'byLength' | 'output'> {
  readonly text: number;
  readonly variant: string;
  readonly lengths: readonly (PathContributions['lengths'][number] & { paths: string; proportion: number })[];
  readonly sampled?: readonly SampledLength[];
}

const parsed = ({ code, stdout, stderr }: Ended): PathsJson => {
  assert.is(code, 0, stderr);
  return JSON.parse(stdout) as PathsJson;
};

const sum = (list: readonly { readonly share: number }[] | undefined): number =>
  (list ?? []).reduce((total, { share }) => total + share, 0);

test.before(async () => {
  await writeModel(folder, 'bert', bert);
  await writeModel(folder, 'gpt2', gpt2);
  await writeModel(folder, 'deep', deepBert(6));
  writeFileSync(join(folder, 'ids.json'), '[[1, 2, 3, 4], [5, 6, 7]]');
});

test('lengths with the share of paths, other ways to cut the sum, and whether it is the output', async () => {
  const { code, stdout, stderr } = await run(
    ...['deep.safetensors', '--tokens', 'ids.json', '--text', '1', '--by', 'layer,first', '--by', 'last'],
    ...['--by', 'head', '--sources', '--svg', 'paths.svg'],
  );
  assert.is(code, 0, stderr);
  assert.match(stdout, /^deep\.safetensors: bert: 6 layers of 2 heads, 16 channels; text 1, transformer\n\n/);
  assert.match(
    stdout,
    /\nlength +paths +of all paths +norm +residual +share of output\n0 +1 +0\.137 % .*\n1 +12 +1\.65 % /,
  );
  assert.match(stdout, /\n6 +64 +8\.78 % /);
  assert.match(stdout, /\nsource +norm .*\ntokens .*\nattention bias .*\nmlp .*\nnorm shift .*\n/);
  assert.match(stdout, /\nthrough +norm .*\nlayer \d head \d .*\n/);
  assert.match(stdout, /\nthrough layer +norm .*\n0 .*\n1 /);
  assert.match(stdout, /\nfirst layer +norm .*\nno head at all .*\n0 .*/);
  assert.match(stdout, /\nlast layer +norm .*\nno head at all .*\n0 .*/);
  assert.match(
    stdout,
    /\nthe lengths add up to the output: the largest difference is \S+ of its largest value, at most 1\.00e-5 may be\npicture: paths\.svg\n$/,
  );
  assert.match(readFileSync(join(folder, 'paths.svg'), 'utf8'), /^<svg .*share of all paths.*<\/svg>\n$/s);
});

test('in JSON shares add up to one, in every cut', async () => {
  const by = ['--by', 'first,last,head', '--sources-by-layer', '--float64', '--json'];
  const ended = await run('gpt2.safetensors', '--random', '1', ...by);
  assert.is(ended.stderr.includes('1 random text of 12 tokens'), true);
  const { text, variant, lengths, sources, heads, layers, first, last, check } = parsed(ended);
  assert.equal([text, variant], [0, 'transformer']);
  assert.equal(
    lengths.map(({ paths }) => paths),
    ['1', '4', '4'],
  );
  assert.ok(Math.abs(lengths.reduce((total, { proportion }) => total + proportion, 0) - 1) < 1e-12);
  for (const list of [lengths, sources, first, last]) assert.ok(Math.abs(sum(list) - 1) < 1e-9);
  assert.equal([heads?.length, layers, first?.length], [4, undefined, 3]);
  assert.ok(sources.some(({ source, layer }) => source === 'norm shift' && layer === -1));
  assert.ok(check?.holds && check.error < 1e-12);
});

test('without skips all paths go through every layer', async () => {
  const { lengths } = parsed(await run('bert.safetensors', '--variant', 'san', '--tokens', 'ids.json', '--json'));
  assert.equal(
    lengths.map(({ paths, proportion }) => [paths, proportion]),
    [
      ['0', 0],
      ['0', 0],
      ['4', 1],
    ],
  );
});

test('random paths estimate each length, with an interval and the same for the same seed', async () => {
  const args = ['deep.safetensors', '--tokens', 'ids.json', '--sample', '300'];
  const [text, json, again, other] = await Promise.all([
    run(...args, '--svg', 'sample.svg'),
    run(...args, '--json', '--seed', '4'),
    run(...args, '--json', '--seed', '4', '--length', '2'),
    run(...args, '--json', '--seed', '4', '--length', '2', '--importance', 'norms'),
  ]);
  assert.is(text.code, 0, text.stderr);
  assert.match(
    text.stdout,
    /\nfrom the tokens alone, and estimated from 300 random paths of each length\nlength +exact norm +estimate +95 % interval .*\n0 .*\n1 +\S+ +\S+ +\S+ to \S+ /,
  );
  assert.match(readFileSync(join(folder, 'sample.svg'), 'utf8'), /95 % of estimates from 300 random paths/);
  const { sampled = [] } = parsed(json);
  assert.equal(
    sampled.map(({ length, paths }) => [length, paths]),
    [0, 1, 2, 3, 4, 5, 6].map((length) => [length, 300]),
  );
  for (const { length, exact, estimate, standardError, onePath } of sampled) {
    assert.ok(
      standardError !== undefined && Math.abs(estimate - exact) <= 4 * standardError + 1e-5 * exact,
      `${length}`,
    );
    assert.ok(onePath.mean <= onePath.largest);
  }
  assert.equal(parsed(again).sampled, [sampled[2]]);
  const [weighted] = parsed(other).sampled as [SampledLength];
  assert.is(weighted.exact, sampled[2]?.exact);
  assert.not.equal(weighted.estimate, sampled[2]?.estimate);
});

test('one random path tells no error', async () => {
  const args = ['bert.safetensors', '--tokens', 'ids.json', '--sample', '1', '--length', '1'];
  const [text, json] = await Promise.all([run(...args), run(...args, '--json')]);
  assert.match(text.stdout, /estimated from 1 random path of each length\n.*\n1 +\S+ +\S+ +- +- +\S+ +\S+\n/);
  const [only] = parsed(json).sampled as [SampledLength];
  assert.equal(Object.keys(only), ['length', 'exact', 'estimate', 'paths', 'onePath']);
});

test('a length that no path has is refused before anything runs', async () => {
  const sample = ['bert.safetensors', '--tokens', 'none.json', '--sample', '3', '--length'];
  const [long, short] = await Promise.all([run(...sample, '3'), run(...sample, '1', '--variant', 'san')]);
  assert.equal([long.code, short.code], [2, 2]);
  assert.match(long.stderr, /--length: paths have lengths from 0 to 2, got 3\n/);
  assert.match(short.stderr, /--length: paths have length 2, got 1\n/);
});

test.run();
