/** Rotated MNIST: angles, pixels and files by the recipe, and the data itself where it stands. */
import { readIdx } from '@saccade/nn';
import { FormatError, init, loadSafetensors, memory, OptionError, SaccadeError, scope, tensor } from '@saccade/tensor';
import { assertClose, assertRejects, assertThrows, onTestDevice } from '@saccade/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { rotatePixels } from '../../src/data/rotate-pixels.js';
import { loadRotatedMnist } from '../../src/data/rotated-mnist.js';
import { rotationAngles } from '../../src/data/rotation-angles.js';
import { actOnImages } from '../../src/groups/act.js';
import { groups } from '../../src/groups/named-groups.js';
import { dataFolder, idx } from './support.js';

onTestDevice(test, init);

test('angles are those of NumPy’s RandomState', () => {
  assertClose(rotationAngles(2021, 2), [3.80747382, 4.60789559], { rtol: 0, atol: 5e-9 });
  assertClose(rotationAngles(2022, 2), [0.0588019, 3.1356727], { rtol: 0, atol: 5e-8 });
  assert.equal([...rotationAngles(7, 700).subarray(0, 5)], [...rotationAngles(7, 5)]);
  const all = rotationAngles(0, 20_000);
  assert.ok(all.every((angle) => angle >= 0 && angle < 2 * Math.PI));
  assert.ok(Math.abs(all.reduce((sum, angle) => sum + angle, 0) / 20_000 - Math.PI) < 0.05);
  assertThrows(
    () => rotationAngles(-1, 1),
    OptionError,
    /^rotationAngles: seed must be a whole number in \[0, 4294967295\], got -1$/,
  );
  assertThrows(() => rotationAngles(1, 1.5), OptionError, /^rotationAngles: count must be/);
});

test('quarter turns of pixels are exact, of several channels too', async () => {
  const pixels = Uint8Array.from({ length: 4 * 5 * 5 * 2 }, (_, i) => (i * 37) % 256);
  const angles = [0, 1, 2, 3].map((k) => (k * Math.PI) / 2);
  const turned = rotatePixels(pixels, { height: 5, width: 5, channels: 2, angles });
  for (let k = 0; k < 4; k++) {
    const own = (all: Uint8Array): Uint8Array => all.slice(k * 50, (k + 1) * 50);
    const expected = scope(() => actOnImages(tensor(own(pixels), { shape: [1, 5, 5, 2] }), groups.p4, k));
    assert.equal([...own(turned)], [...(await expected.data())], `${k} quarters`);
    expected.dispose();
  }
});

test('bytes and angles that do not fit are refused', () => {
  const pixels = new Uint8Array(18);
  const refused = (options: object, message: RegExp, what: unknown = pixels) =>
    assertThrows(() => rotatePixels(what as Uint8Array, options as never), OptionError, message);
  refused(
    { height: 3, width: 3, angles: [1] },
    /^rotatePixels: expected 9 bytes for each angle, got 18 bytes and 1 angles$/,
  );
  refused({ height: 3, width: 3, angles: [1, Number.NaN] }, /^rotatePixels: angle 1 must be a finite number, got NaN$/);
  refused({ height: 0, width: 3, angles: [] }, /^rotatePixels: height must be a whole number from 1, got 0$/);
  refused({ height: 3, width: 3, angles: [1, 2] }, /^rotatePixels: expected 9 bytes for each angle, got "a"$/, 'a');
  refused({ height: 3, width: 3 }, /^rotatePixels: expected 9 bytes for each angle/);
  refused({ size: 3 }, /^rotatePixels: no option 'size'/);
});

const files = {
  'train-images-idx3-ubyte': idx([3, 28, 28], (i) => (i * 7) % 256),
  'train-labels-idx1-ubyte': idx([3], (i) => i),
  't10k-images-idx3-ubyte': idx([2, 28, 28], (i) => (i * 11) % 256),
  't10k-labels-idx1-ubyte': idx([2], (i) => 9 - i),
};

const listed = (changes: Record<string, Uint8Array<ArrayBuffer> | undefined> = {}): File[] =>
  Object.entries({ ...files, ...changes }).flatMap(([name, bytes]) => (bytes ? [new File([bytes], name)] : []));

test('images are turned where there are only MNIST’s, and read where there are turned ones', async () => {
  const before = memory().tensors;
  await scope(async () => {
    const { train, test: held } = await loadRotatedMnist(listed());
    assert.equal([...train.images.shape, ...held.images.shape], [3, 28, 28, 1, 2, 28, 28, 1]);
    assert.equal([...(await held.labels.data())], [9, 8]);
    const expected = rotatePixels(files['train-images-idx3-ubyte'].slice(16), {
      height: 28,
      width: 28,
      angles: rotationAngles(2021, 3),
    });
    assertClose(
      await train.images.data(),
      Float32Array.from(expected, (value) => value / 255),
    );
    const own = await loadRotatedMnist(listed({ 'rot-t10k-images-idx3-ubyte': idx([2, 28, 28], () => 51) }), {
      limit: 1,
    });
    assert.equal([...own.test.images.shape], [1, 28, 28, 1]);
    assert.ok((await own.test.images.data()).every((value) => value === Math.fround(0.2)));
  });
  assert.is(memory().tensors, before);
});

test('files that are missing or of another kind are refused', async () => {
  const refused = (
    changes: Record<string, Uint8Array<ArrayBuffer> | undefined>,
    kind: typeof FormatError | typeof SaccadeError,
    message: RegExp,
  ) => assertRejects(() => scope(async () => void (await loadRotatedMnist(listed(changes)))), kind, message);
  await refused(
    { 't10k-labels-idx1-ubyte': undefined },
    SaccadeError,
    /^loadRotatedMnist: there is neither t10k-labels-idx1-ubyte nor t10k-labels-idx1-ubyte\.gz$/,
  );
  await refused(
    { 'train-images-idx3-ubyte': idx([3, 28, 27], () => 0) },
    FormatError,
    /train-images-idx3-ubyte: expected uint8 \[images, 28, 28\], got uint8 \[3, 28, 27\]$/,
  );
  await refused(
    { 'train-labels-idx1-ubyte': idx([3, 1], () => 0) },
    FormatError,
    /expected uint8 \[images\], got uint8 \[3, 1\]$/,
  );
  await refused(
    { 'train-labels-idx1-ubyte': idx([2], () => 0) },
    FormatError,
    /train: there are 3 images and 2 labels$/,
  );
  await refused(
    { 'train-labels-idx1-ubyte': idx([3], (i) => 9 + i) },
    FormatError,
    /byte 9: expected a label from 0 to 9, got 10$/,
  );
  await assertRejects(
    () => loadRotatedMnist(7 as unknown as string),
    OptionError,
    /^loadRotatedMnist: expected a folder, a URL object or files, got 7$/,
  );
  await assertRejects(
    () => loadRotatedMnist(listed(), { limit: 0 }),
    OptionError,
    /^loadRotatedMnist: limit must be a whole number from 1/,
  );
  await assertRejects(
    () => loadRotatedMnist('/no/such'),
    SaccadeError,
    /^loadRotatedMnist: \/no\/such: cannot be listed/,
  );
});

test('the data’s own angles and pixels are made again', async () => {
  const folder = dataFolder('mnist');
  if (folder === undefined) return;
  const { tensors } = await loadSafetensors(`${folder}/angles.safetensors`);
  for (const [part, seed, count] of [
    ['train', 2021, 12_000],
    ['t10k', 2022, 10_000],
  ] as const) {
    // biome-ignore format: a table
    const angles = rotationAngles(seed, count);
    assertClose(await tensors.get(`${part}_angles`)!.data(), Float32Array.from(angles), { rtol: 1e-7, atol: 0 });
    const [from, to] = [
      await readIdx(`${folder}/${part}-images-idx3-ubyte.gz`, { limit: count }),
      await readIdx(`${folder}/rot-${part}-images-idx3-ubyte.gz`),
    ];
    const made = rotatePixels(from.data as Uint8Array, { height: 28, width: 28, angles });
    let [different, most] = [0, 0];
    for (let i = 0; i < made.length; i++) {
      const apart = Math.abs(made[i]! - to.data[i]!);
      if (apart > 0) different += 1;
      most = Math.max(most, apart);
    }
    assert.equal([different, most], [0, 0]);
  }
  for (const t of tensors.values()) t.dispose();
  await scope(async () => {
    const { train, test: held } = await loadRotatedMnist(folder, { limit: 100 });
    assert.equal([...train.images.shape, ...held.labels.shape], [100, 28, 28, 1, 100]);
  });
});

test.run();
