/** Folders of labelled images: classes, tables, parts, and what is wrong with a folder. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { crc32, deflateSync } from 'node:zlib';
import { FormatError, memory, OptionError, Rng, SaccadeError } from '@saccade/tensor';
import { assertClose, assertRejects } from '@saccade/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type LabelledImagesOptions, type LabelledPart, labelledImages } from '../src/data/labelled-images.js';

const context = { rng: new Rng(1) };

/** A grey PNG of one value. */
function picture(value: number, height = 2, width = 3): Uint8Array {
  const chunk = (type: string, body: Uint8Array): Buffer => {
    const out = Buffer.alloc(12 + body.length);
    out.writeUInt32BE(body.length);
    out.write(type, 4, 'latin1');
    out.set(body, 8);
    out.writeUInt32BE(crc32(out.subarray(4, -4)), 8 + body.length);
    return out;
  };
  const lines = Buffer.concat(Array.from({ length: height }, () => Buffer.from([0, ...new Array(width).fill(value)])));
  return Buffer.concat([
    Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]),
    chunk('IHDR', Buffer.from([0, 0, 0, width, 0, 0, 0, height, 8, 0, 0, 0, 0])),
    chunk('IDAT', deflateSync(lines)),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

const text = (content: string): Uint8Array => new TextEncoder().encode(content);

/** Ten images of each of two classes: cats of 0 to 9, dogs of 100 to 109. */
const pets: Record<string, Uint8Array> = {};
for (let i = 0; i < 10; i++) {
  pets[`cat/${i}.png`] = picture(i);
  pets[`dog/${i}.png`] = picture(100 + i);
}

async function inFolder(files: Record<string, Uint8Array>, body: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'saccade-labelled-'));
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
function* pickedFiles(files: Record<string, Uint8Array>): Generator<File> {
  for (const [path, bytes] of Object.entries(files)) {
    const file = new File([new Uint8Array(bytes)], path.slice(path.lastIndexOf('/') + 1));
    yield Object.defineProperty(file, 'webkitRelativePath', { value: `picked/${path}` });
  }
}

/** First value, as a byte, and label of some rows. */
async function look(part: LabelledPart, rows: number[]): Promise<[number[], number[], number[]]> {
  const { images, labels } = await part.batch(Int32Array.from(rows), context);
  const values = await images.data();
  const result: [number[], number[], number[]] = [
    rows.map((_, i) => values[(i * values.length) / rows.length]! * 255),
    [...(await labels.data())],
    [...images.shape],
  ];
  images.dispose();
  labels.dispose();
  return result;
}

test('sub-folders are the classes; each gives a fifth of its images for validation', async () => {
  await inFolder(pets, async (folder) => {
    for (const source of [folder, pathToFileURL(folder), pickedFiles(pets)]) {
      const before = memory().tensors;
      const { classes, train, validation } = await labelledImages(source);
      assert.equal(classes, ['cat', 'dog']);
      assert.equal([train.size, validation!.size], [16, 4]);
      assert.equal([...train.files, ...validation!.files].sort(), Object.keys(pets).sort());
      assert.equal([...validation!.labels], [0, 0, 1, 1]);
      for (const part of [train, validation!]) {
        const rows = [3, 0, 3, 1];
        const expected = rows.map((row) => (part.labels[row] === 1 ? 100 : 0) + Number(part.files[row]![4]));
        const [values, labels, shape] = await look(part, rows);
        assertClose(values, expected, { atol: 1e-4 });
        assert.equal(
          labels,
          rows.map((row) => part.labels[row]),
        );
        assert.equal(shape, [4, 2, 3, 3]);
      }
      assert.is(memory().tensors, before);
    }
  });
});

test('labels.csv in the folder is found; another table, one channel and another size can be asked for', async () => {
  const table = 'label,file\n10,b.png\n9,in/a.png\n10,in/c.png\n';
  const files = {
    'b.png': picture(1),
    'in/a.png': picture(2, 4, 4),
    'in/c.png': picture(3),
    'labels.csv': text(table),
  };
  await inFolder(files, async (folder) => {
    for (const source of [folder, pickedFiles(files)]) {
      const { classes, train, validation } = await labelledImages(source, { validation: 0, size: [2, 2], channels: 1 });
      assert.is(validation, undefined);
      assert.equal(classes, ['9', '10']);
      assert.equal(train.files, ['b.png', 'in/a.png', 'in/c.png']);
      assert.equal([...train.labels], [1, 0, 1]);
      const [values, labels, shape] = await look(train, [1, 2]);
      assertClose(values, [2, 3], { atol: 1e-4 });
      assert.equal(
        [labels, shape],
        [
          [0, 1],
          [2, 2, 2, 1],
        ],
      );
    }
    const other = text('file,label\nb.png,x\n');
    const { train } = await labelledImages(folder, { labels: other, validation: 0 });
    assert.equal(train.files, ['b.png']);
  });
});

test('labels are positions in the classes that a model has', async () => {
  await inFolder(pets, async (folder) => {
    const classes = ['horse', 'dog', 'cat'];
    const data = await labelledImages(folder, { classes, validation: 0 });
    assert.equal(data.classes, classes);
    assert.equal((await look(data.train, [0, 19]))[1], [2, 1]);
    await assertRejects(
      () => labelledImages(folder, { classes: ['cat', 'horse'] }),
      OptionError,
      /labelledImages: "dog", the label of dog\/0.png, is none of the classes "cat", "horse"/,
    );
  });
});

test('the seed chooses the validation images', async () => {
  await inFolder(pets, async (folder) => {
    const kept = async (seed: number) => (await labelledImages(folder, { seed, validation: 0.5 })).validation!.files;
    assert.equal(await kept(1), await kept(1));
    assert.not.equal(await kept(1), await kept(2));
  });
});

test('options and sources that do not fit are refused', async () => {
  for (const [options, message] of [
    [{ validation: 1 }, /labelledImages: validation must be a share in \[0, 1\), got 1/],
    [{ validation: Number.NaN }, /validation/],
    [{ classes: [] }, /classes must be an array of distinct names, got \[\]/],
    [{ classes: ['a', 'a'] }, /classes/],
    [{ classes: 'cat' }, /classes/],
    [{ size: [2] }, /size must be \[height, width\]/],
    [{ channels: 2 }, /channels must be 1 or 3, got 2/],
    [{ seed: -1 }, /seed/],
    [{ folder: 1 }, /no option 'folder'/],
  ] as const) {
    await assertRejects(
      () => labelledImages(pickedFiles(pets), options as unknown as LabelledImagesOptions),
      OptionError,
      message,
    );
  }
  for (const source of [42, '', null, [null], new URL('http://localhost/')]) {
    await assertRejects(() => labelledImages(source as string), OptionError, /expected a (folder|list)/);
  }
  await assertRejects(() => labelledImages('/no/such/folder'), SaccadeError, /\/no\/such\/folder: cannot be listed/);
});

test('what is wrong with a folder is said', async () => {
  const rows = (content: string): LabelledImagesOptions => ({ labels: text(content) });
  const reject = (options: LabelledImagesOptions, kind: typeof SaccadeError | typeof FormatError, message: RegExp) =>
    assertRejects(() => labelledImages(pickedFiles(pets), options), kind as typeof SaccadeError, message);
  await reject(
    rows('file,label\ncat/99.png,cat\n'),
    FormatError,
    /line 2, column 1: expected an image file in the folder, got "cat\/99.png"/,
  );
  await reject(rows('file,class\ncat/1.png,cat\n'), SaccadeError, /no column "label"; there are "file", "class"/);
  await reject(
    rows('file,label\ncat/1.png,a\ncat/1.png,b\n'),
    FormatError,
    /one label for each file, got "cat\/1.png" again/,
  );
  await reject(
    rows('file,label\ncat/1.png,a\n'),
    SaccadeError,
    /0.2 of 1 images in 1 classes leaves none for validation/,
  );
  await reject(rows(''), FormatError, /expected a header row/);
  await assertRejects(() => labelledImages([]), OptionError, /expected images in sub-folders/);
});

test('images of different sizes are named by a batch, unless a size is given', async () => {
  const files = { 'a/1.png': picture(1), 'a/2.png': picture(1, 5, 6), 'a/3.png': text('no image') };
  const { train } = await labelledImages(pickedFiles(files), { validation: 0 });
  await assertRejects(
    () => look(train, [0, 1]),
    FormatError,
    /one size, got a\/1.png of 2 x 3 and a\/2.png of 5 x 6 \(height x width\); pass size/,
  );
  await assertRejects(() => look(train, [2]), FormatError, /a\/3.png: expected a PNG, got bytes of an unknown format/);
  const resized = await labelledImages(pickedFiles(files), { validation: 0, size: [3, 3] });
  assert.equal((await look(resized.train, [0, 1]))[2], [2, 3, 3, 3]);
});

test.run();
