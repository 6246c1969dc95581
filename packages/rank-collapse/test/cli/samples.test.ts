/** What goes through a model: states, images and ids of files, and random ones. */
import { join } from 'node:path';
import { UsageError } from '@saccade/command';
import {
  dispose,
  FormatError,
  init,
  memory,
  Rng,
  saveNpy,
  saveSafetensors,
  type Tensor,
  tensor,
} from '@saccade/tensor';
import { assertRejects, assertThrows, onTestDevice } from '@saccade/testing';
import { newFolder } from '@saccade/testing/new-folder';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type CommandModel, type ModelValues, withModel } from '../../src/cli/model.js';
import { type CommandSamples, oneSample, readSamples, requireSampleOptions } from '../../src/cli/samples.js';
import { bert, vit } from '../model/small-checkpoints.js';
import { writeModel } from './write-model.js';

onTestDevice(test, init);

const folder = newFolder();
const at = (name: string): string => join(folder, name);
const { signal } = new AbortController();

test.before(async () => {
  await writeModel(folder, 'bert', bert);
  await writeModel(folder, 'vit', vit);
  const save = async (name: string, t: Tensor): Promise<void> => {
    await saveNpy(at(name), t);
    t.dispose();
  };
  const rng = new Rng(1);
  await save('state.npy', rng.normal([5, 16]));
  await save('states.npy', rng.normal([2, 5, 16]));
  await save('image.npy', rng.normal([4, 6, 3]));
  await save('images.npy', rng.normal([2, 4, 6, 3]));
  await save('narrow.npy', rng.normal([5, 15]));
  await save('none.npy', rng.normal([0, 16]));
  await save('id.npy', tensor([1, 2, 3], { dtype: 'int32' }));
  await save('ids.npy', tensor([1, 2, 3, 4, 5, 6], { shape: [3, 2], dtype: 'int32' }));
  await save('no-ids.npy', tensor([], { shape: [0, 2], dtype: 'int32' }));
  await save('wrong-ids.npy', tensor([1, 13], { dtype: 'int32' }));
  await save('bytes.npy', tensor([1, 2], { dtype: 'uint8' }));
  const [a, b] = [rng.normal([5, 16]), rng.normal([3, 16])];
  await saveSafetensors(at('one.safetensors'), { whatever: a });
  await saveSafetensors(at('named.safetensors'), { other: a, tokens: b });
  await saveSafetensors(at('several.safetensors'), { a, b });
  await saveSafetensors(at('no.safetensors'), {});
  dispose([a, b]);
});

const withFile = <T>(name: string, use: (model: CommandModel) => Promise<T>, values: ModelValues = {}): Promise<T> =>
  withModel(at(`${name}.safetensors`), { threads: '1', ...values }, signal, use);

/** Shape, or texts. */
function told(samples: CommandSamples): unknown {
  if (!('shape' in samples)) return samples;
  const { shape } = samples;
  samples.dispose();
  return shape;
}

const read = (model: string, tokens: string): Promise<unknown> =>
  withFile(model, async (opened) => told(await readSamples(opened, { tokens: at(tokens) }, 1)));

test('files of tensors are ids, images or states, with an axis of samples', async () => {
  assert.equal(await read('bert', 'id.npy'), [[1, 2, 3]]);
  const texts = [
    [1, 2],
    [3, 4],
    [5, 6],
  ];
  assert.equal(await read('bert', 'ids.npy'), texts);
  assert.equal(await read('bert', 'state.npy'), [1, 5, 16]);
  assert.equal(await read('bert', 'states.npy'), [2, 5, 16]);
  assert.equal(await read('bert', 'one.safetensors'), [1, 5, 16]);
  assert.equal(await read('bert', 'named.safetensors'), [1, 3, 16]);
  assert.equal(await read('vit', 'states.npy'), [2, 5, 16]);
  assert.equal(await read('vit', 'image.npy'), [1, 4, 6, 3]);
  assert.equal(await read('vit', 'images.npy'), [2, 4, 6, 3]);
});

test('states are in the type that the model computes in', async () => {
  const dtype = await withFile(
    'bert',
    async (opened) => {
      const samples = (await readSamples(opened, { tokens: at('states.npy') }, 1)) as Tensor;
      samples.dispose();
      return samples.dtype;
    },
    { float64: true },
  );
  assert.is(dtype, 'float64');
});

test('files that the model cannot take are refused with what it takes and what came', async () => {
  const cases: readonly (readonly [model: string, tokens: string, problem: RegExp])[] = [
    [
      'bert',
      'narrow.npy',
      /narrow\.npy: expected whole numbers \[texts, tokens\], or states \[texts, tokens, 16\], got float32 \[5, 15\]$/,
    ],
    ['bert', 'images.npy', /got float32 \[2, 4, 6, 3\]$/],
    ['bert', 'none.npy', /got float32 \[0, 16\]$/],
    ['bert', 'bytes.npy', /got uint8 \[2\]$/],
    ['bert', 'no-ids.npy', /no-ids\.npy: text 0 must be a list of one token id or more, got \[\]$/],
    ['bert', 'wrong-ids.npy', /wrong-ids\.npy: text 0, token 1: ids must be whole numbers in \[0, 13\), got 13$/],
    ['vit', 'narrow.npy', /expected images \[images, height, width, colours\], or states \[texts, tokens, 16\], got/],
    ['vit', 'ids.npy', /ids\.npy: the model takes no token ids/],
    ['bert', 'several.safetensors', /expected a tensor 'tokens', or one tensor alone, got 2$/],
    ['bert', 'no.safetensors', /expected a tensor 'tokens', or one tensor alone, got 0$/],
  ];
  for (const [model, tokens, problem] of cases) {
    await assertRejects(() => read(model, tokens), FormatError, problem);
  }
  await assertRejects(() => read('bert', 'nothing.npy'), Error, /nothing\.npy: cannot be opened/);
});

test('random texts are the same for the same seed, with ids and lengths of the model', async () => {
  const draw = (seed: string, more = {}): Promise<unknown> =>
    withFile('bert', async (opened) => told(await readSamples(opened, { random: '3', seed, ...more }, 1)));
  const texts = (await draw('7')) as number[][];
  assert.equal(texts, await draw('7'));
  assert.not.equal(texts, await draw('8'));
  assert.equal(
    texts.map((text) => text.length),
    [12, 12, 12],
  );
  assert.ok(texts.flat().every((id) => Number.isInteger(id) && id >= 0 && id < 13));
  assert.equal(
    ((await draw('7', { 'random-length': '5' })) as number[][]).map((text) => text.length),
    [5, 5, 5],
  );
  await assertRejects(
    () => draw('7', { 'random-length': '13' }),
    UsageError,
    /--random-length must be at most 12, the positions of the model, got 13/,
  );
  assert.equal(
    await withFile('vit', async (opened) => told(await readSamples(opened, { 'random-length': '6' }, 2))),
    [2, 6, 16],
  );
});

test('one sample is chosen by its number', () => {
  const texts = [[1], [2, 3]];
  assert.equal(oneSample(texts, {}), { text: 0, tokens: [1] });
  assert.equal(oneSample(texts, { text: '1' }), { text: 1, tokens: [2, 3] });
  assertThrows(() => oneSample(texts, { text: '2' }), UsageError, /--text must be below 2, the number of texts, got 2/);
  const before = memory().tensors;
  const { tokens } = oneSample(tensor([1, 2, 3, 4], { shape: [2, 1, 2] }), { text: '1' });
  assert.equal((tokens as Tensor).shape, [1, 1, 2]);
  assert.equal(Array.from((tokens as Tensor).dataSync()), [3, 4]);
  dispose(tokens as Tensor);
  assert.is(memory().tensors, before);
});

test('options of random texts go with no file', () => {
  requireSampleOptions({ tokens: 'x', text: '0', seed: '1' });
  const refuse = (values: Parameters<typeof requireSampleOptions>[0], problem: RegExp): void => {
    assertThrows(() => requireSampleOptions(values), UsageError, problem);
  };
  refuse({ tokens: 'x', random: '1' }, /--random is for random texts: --tokens gives others/);
  refuse({ tokens: 'x', 'random-length': '1' }, /--random-length is for random texts/);
  refuse({ random: '0' }, /--random must be a whole number from 1, got 0/);
  refuse({ 'random-length': 'long' }, /--random-length must be a whole number from 1, got long/);
  refuse({ text: '-1' }, /--text must be a whole number from 0, got -1/);
  refuse({ seed: '0.5' }, /--seed must be a whole number from 0, got 0.5/);
});

test('a model leaves nothing behind, whether it was of use or not', async () => {
  const before = memory().tensors;
  await read('bert', 'states.npy');
  await read('vit', 'images.npy');
  for (const tokens of ['narrow.npy', 'wrong-ids.npy']) {
    await assertRejects(() => read('bert', tokens), FormatError, /./);
  }
  assert.is(memory().tensors, before);
});

test.run();
