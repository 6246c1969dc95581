/** MNIST: the four files from a folder or a list, checks of what they hold, the real data. */
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';
import { FormatError, memory, OptionError, SaccadeError, scope } from '@saccade/tensor';
import { assertClose, assertRejects } from '@saccade/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { loadMnist, type MnistFolder } from '../../src/data/mnist.js';
import { dataPath } from './support.js';

/** An IDX file of bytes. */
function idx(shape: readonly number[], value: (i: number) => number): Uint8Array<ArrayBuffer> {
  const start = 4 + 4 * shape.length;
  const count = shape.reduce((product, n) => product * n, 1);
  const view = new DataView(new ArrayBuffer(start + count));
  view.setUint8(2, 8);
  view.setUint8(3, shape.length);
  for (const [axis, extent] of shape.entries()) view.setUint32(4 + 4 * axis, extent);
  for (let i = 0; i < count; i++) view.setUint8(start + i, value(i));
  return new Uint8Array(view.buffer);
}

const files: Record<string, Uint8Array<ArrayBuffer>> = {
  'train-images-idx3-ubyte': idx([3, 28, 28], (i) => i % 256),
  'train-labels-idx1-ubyte.gz': new Uint8Array(gzipSync(idx([3], (i) => i))),
  't10k-images-idx3-ubyte.gz': new Uint8Array(gzipSync(idx([2, 28, 28], () => 255))),
  't10k-labels-idx1-ubyte': idx([2], (i) => 9 - i),
};

const listed = (changes: Record<string, Uint8Array<ArrayBuffer>> = {}): File[] =>
  Object.entries({ ...files, ...changes }).map(([name, bytes]) => new File([bytes], name));

/** Loads in a scope that frees. */
const refuse = (folder: MnistFolder, kind: typeof FormatError | typeof SaccadeError, problem: RegExp) =>
  assertRejects(() => scope(async () => void (await loadMnist(folder))), kind, problem);

test('images from 0 to 1 and labels, from a path, a URL or files, packed or not', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'saccade-mnist-'));
  try {
    for (const [name, bytes] of Object.entries(files)) await writeFile(join(folder, name), bytes);
    for (const source of [folder, pathToFileURL(folder), listed()]) {
      await scope(async () => {
        const { train, test: held } = await loadMnist(source);
        assert.equal([...train.images.shape, ...train.labels.shape], [3, 28, 28, 1, 3]);
        assert.equal([...held.images.shape, ...held.labels.shape], [2, 28, 28, 1, 2]);
        const pixels = await train.images.data();
        assertClose(
          pixels,
          Float32Array.from(pixels, (_, i) => (i % 256) / 255),
        );
        assert.equal([...(await held.labels.data<'int32'>())], [9, 8]);
        assert.is(held.labels.dtype, 'int32');
        assert.equal([...(await loadMnist(source, { limit: 1 })).train.images.shape], [1, 28, 28, 1]);
      });
    }
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('missing files and bad options are refused', async () => {
  await refuse(
    listed().slice(1),
    SaccadeError,
    /^loadMnist: the list of files has neither train-images-idx3-ubyte nor/,
  );
  await refuse('/no/such', SaccadeError, /^loadMnist: \/no\/such: cannot be listed/);
  await refuse(tmpdir(), SaccadeError, /has neither train-images-idx3-ubyte nor train-images-idx3-ubyte\.gz/);
  await assertRejects(() => loadMnist(7 as unknown as string), OptionError, /^loadMnist: expected a folder, .* got 7/);
  await assertRejects(
    () => loadMnist('a', { limit: 0 }),
    OptionError,
    /^loadMnist: limit must be a whole number from 1/,
  );
  const signal = AbortSignal.abort(new Error('enough'));
  await assertRejects(() => loadMnist(listed(), { signal }), Error, /enough/);
});

test('files that do not hold what their names say are refused, and leave no tensors', async () => {
  const before = memory().tensors;
  const bad = (name: string, bytes: Uint8Array<ArrayBuffer>, problem: RegExp) =>
    refuse(listed({ [name]: bytes }), FormatError, problem);
  const images = 'train-images-idx3-ubyte';
  await bad(
    images,
    idx([3, 28, 27], () => 0),
    /loadMnist: train-images-idx3-ubyte: expected uint8 \[images, 28, 28\], got/,
  );
  await bad(
    images,
    idx([3], () => 0),
    /got uint8 \[3\]/,
  );
  await bad(images, files[images]!.slice(0, 99), /^readIdx: train-images-idx3-ubyte, byte 99: expected/);
  const labels = 't10k-labels-idx1-ubyte';
  await bad(
    labels,
    idx([3], () => 0),
    /^loadMnist: t10k-labels-idx1-ubyte: expected uint8 \[2\], got uint8 \[3\]/,
  );
  await bad(
    labels,
    idx([2], (i) => 9 + i),
    /byte 9: expected a label from 0 to 9, got 10/,
  );
  assert.is(memory().tensors, before);
});

test('the real data has the counts, classes and mean that its description says', async () => {
  const folder = dataPath('mnist');
  if (!existsSync(folder)) {
    console.log(`${folder} is not there: left out`);
    return;
  }
  await scope(async () => {
    const { train, test: held } = await loadMnist(folder);
    assert.equal([...train.images.shape], [20_000, 28, 28, 1]);
    assert.equal([...held.images.shape], [10_000, 28, 28, 1]);
    const count = async (part: typeof train): Promise<number[]> => {
      const counts: number[] = new Array(10).fill(0);
      for (const label of await part.labels.data<'int32'>()) counts[label]!++;
      return counts;
    };
    assert.equal(await count(train), [1994, 2281, 1929, 2076, 1945, 1775, 1971, 2093, 1922, 2014]);
    assert.equal(await count(held), [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]);
    assertClose(train.images.mean().item(), 0.13158, { rtol: 1e-4 });
    assertClose(held.images.mean().item(), 0.13251, { rtol: 1e-4 });
  });
});

test('the tensors are the caller’s', async () => {
  const before = memory().tensors;
  const { train, test: held } = await loadMnist(listed());
  assert.is(memory().tensors, before + 4);
  for (const t of [train.images, train.labels, held.images, held.labels]) t.dispose();
});

test.run();
