/** Folders of images: classes, tables, sizes, paths, browsers' file lists, leaks. */
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { FormatError, IndexError, memory, OptionError, Rng, SaccadeError, scope } from '@saccade/tensor';
import { assertClose, assertRejects } from '@saccade/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type ImageFolder, type ImageFolderOptions, imageFolder } from '../../src/data/image-folder.js';
import { writePng } from './png-writer.js';
import { bytesOf, seeded } from './support.js';

const random = seeded(20);
const context = { rng: new Rng(1) };

/** A grey picture of one value. */
function picture(value: number, height = 2, width = 3): Buffer {
  return writePng({ width, height, depth: 8, colorType: 0, samples: new Array(width * height).fill(value), random });
}

const pictures: Record<string, Uint8Array> = {
  'dog/b.png': picture(51),
  'cat/2.png': picture(102),
  'cat/deep/1.PNG': picture(204),
  'cat/readme.txt': bytesOf('no image'),
  'stray.png': picture(0),
};

async function inFolder(files: Record<string, Uint8Array>, body: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'saccade-images-'));
  try {
    for (const [name, bytes] of Object.entries(files)) {
      await mkdir(dirname(join(folder, name)), { recursive: true });
      await writeFile(join(folder, name), bytes);
    }
    await body(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Files as a browser gives them for a picked folder. */
function pickedFiles(files: Record<string, Uint8Array>): File[] {
  return Object.entries(files).map(([path, bytes]) => {
    const file = new File([new Uint8Array(bytes)], path.slice(path.lastIndexOf('/') + 1));
    return Object.defineProperty(file, 'webkitRelativePath', { value: `picked/${path}` });
  });
}

/** First value of every image, labels and shape; the tensors are freed. */
async function look(
  data: ImageFolder,
  rows: number[],
): Promise<{ first: number[]; labels: number[]; shape: number[] }> {
  return scope(async () => {
    const { images, labels } = await data.batch(Int32Array.from(rows), context);
    const values = await images.data();
    const stride = values.length / rows.length;
    return {
      first: rows.map((_, i) => values[i * stride]!),
      labels: [...(await labels.data<'int32'>())],
      shape: [...images.shape],
    };
  });
}

test('sub-folders are the classes, sorted; images come in any order asked for', async () => {
  await inFolder(pictures, async (folder) => {
    for (const source of [folder, `${folder}/`, pathToFileURL(folder), pickedFiles(pictures)]) {
      const data = await imageFolder(source, { channels: 1 });
      assert.is(data.size, 3);
      assert.equal(data.classes, ['cat', 'dog']);
      assert.equal(data.files, ['cat/2.png', 'cat/deep/1.PNG', 'dog/b.png']);
      const { first, labels, shape } = await look(data, [2, 0, 1, 2]);
      assertClose(first, [0.2, 0.4, 0.8, 0.2]);
      assert.equal(labels, [1, 0, 0, 1]);
      assert.equal(shape, [4, 2, 3, 1]);
    }
    assert.equal((await look(await imageFolder(folder), [0])).shape, [1, 2, 3, 3]);
  });
});

test('a table names files and labels, in its order; whole numbers are sorted by value', async () => {
  await inFolder(pictures, async (folder) => {
    const table = new File(['label,file\n10,stray.png\n9,dog/b.png\n10,cat/2.png\n'], 'labels.csv');
    for (const source of [folder, pickedFiles(pictures)]) {
      const data = await imageFolder(source, { labels: table });
      assert.equal(data.classes, ['9', '10']);
      assert.equal(data.files, ['stray.png', 'dog/b.png', 'cat/2.png']);
      assert.equal((await look(data, [0, 1, 2])).labels, [1, 0, 1]);
    }
  });
});

test('images of several sizes are resized if a size is given', async () => {
  const files = { 'a/1.png': picture(51, 4, 4), 'a/2.png': picture(102, 2, 3) };
  const data = await imageFolder(pickedFiles(files), { size: [2, 3], channels: 1 });
  const { first, shape } = await look(data, [0, 1]);
  assertClose(first, [0.2, 0.4]);
  assert.equal(shape, [2, 2, 3, 1]);
});

test('without a size, images of several sizes are refused with both names and sizes', async () => {
  const data = await imageFolder(pickedFiles({ 'a/1.png': picture(1, 4, 5), 'a/2.png': picture(1, 2, 3) }));
  const problem =
    /^imageFolder: expected images of one size, got a\/1\.png of 4 x 5 and a\/2\.png of 2 x 3 .*pass size/;
  await look(data, [0]);
  await assertRejects(async () => data.batch(Int32Array.of(1), context), FormatError, problem);
});

test('bad options and empty folders are refused', async () => {
  const refuse = (options: object, problem: RegExp) =>
    assertRejects(() => imageFolder(pickedFiles(pictures), options as ImageFolderOptions), OptionError, problem);
  await refuse({ channels: 4 }, /^imageFolder: channels must be 1 or 3, got 4/);
  await refuse({ size: 28 }, /^imageFolder: size must be \[height, width\], got 28/);
  await refuse({ size: [28, 0] }, /^imageFolder: size must be a whole number from 1, got 0/);
  await refuse({ shape: [1, 1] }, /^imageFolder: no option 'shape'/);
  await refuse({ labels: bytesOf('file,label\n') }, /expected images in the table, found none/);
  await assertRejects(
    () => imageFolder([]),
    OptionError,
    /expected images in sub-folders named after classes, found none/,
  );
  await assertRejects(
    () => imageFolder(['a' as unknown as File]),
    OptionError,
    /expected a list of File, got "a" in it/,
  );
  await assertRejects(
    () => imageFolder(7 as unknown as string),
    OptionError,
    /expected a folder's path or a list of File/,
  );
  await inFolder({}, async (folder) => {
    await assertRejects(() => imageFolder(folder), OptionError, /found none/);
    await assertRejects(() => imageFolder(`${folder}/no`), SaccadeError, /\/no\/: cannot be listed/);
    const signal = AbortSignal.abort(new Error('enough'));
    await assertRejects(() => imageFolder(folder, { signal }), Error, /enough/);
  });
});

test('paths stay within the folder', async () => {
  await inFolder({ ...pictures, 'inner/cat/a.png': picture(1) }, async (folder) => {
    await symlink(join(folder, 'dog'), join(folder, 'inner', 'link'));
    await symlink(join(folder, 'dog', 'b.png'), join(folder, 'inner', 'cat', 'link.png'));
    assert.equal((await imageFolder(join(folder, 'inner'))).files, ['cat/a.png']);
    for (const path of ['../stray.png', '/etc/a.png', 'cat/../../stray.png', '..\\stray.png', 'C:\\a.png']) {
      const table = new File([`file,label\n${path},1\n`], 'labels.csv');
      const problem =
        /^imageFolder: labels\.csv, line 2, column 1: expected a path that stays within the folder, got "/;
      await assertRejects(() => imageFolder(join(folder, 'inner'), { labels: table }), FormatError, problem);
    }
    const missing = bytesOf('label,file\n1,cat/no.png\n');
    const problem = /^imageFolder, line 2, column 2: expected an image file in the folder, got "cat\/no\.png"/;
    await assertRejects(() => imageFolder(join(folder, 'inner'), { labels: missing }), FormatError, problem);
    const nameless = bytesOf('path,label\n1,2\n');
    await assertRejects(
      () => imageFolder(folder, { labels: nameless }),
      OptionError,
      /no column "file"; there are "path"/,
    );
  });
});

test('rows that are not there, damaged files and aborts are refused', async () => {
  const data = await imageFolder(
    pickedFiles({ 'a/1.png': picture(1), 'a/2.png': bytesOf('junk'), 'a/3.jpg': picture(1) }),
  );
  const batch = (row: number, signal?: AbortSignal) => () => data.batch(Int32Array.of(row), { ...context, signal });
  await assertRejects(async () => batch(3)(), IndexError, /^imageFolder: expected rows in \[0, 2\], got 3/);
  await assertRejects(async () => batch(-1)(), IndexError, /got -1/);
  await assertRejects(
    async () => batch(1)(),
    FormatError,
    /^imageFolder: a\/2\.png: expected a PNG, got bytes of an unknown/,
  );
  await assertRejects(async () => batch(0, AbortSignal.abort(new Error('enough')))(), Error, /enough/);
});

test('batches belong to the caller, and failed ones leave nothing', async () => {
  const data = await imageFolder(pickedFiles({ 'a/1.png': picture(1, 9, 9), 'a/2.png': bytesOf('junk') }), {
    size: [2, 2],
  });
  const before = memory();
  const { images, labels } = await data.batch(Int32Array.of(0, 0), context);
  assert.is(memory().tensors, before.tensors + 2);
  images.dispose();
  labels.dispose();
  await assertRejects(async () => data.batch(Int32Array.of(0, 1), context), FormatError);
  assert.equal(memory().tensors, before.tensors);
});

test.run();
