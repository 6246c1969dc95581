/** Why a selector decided as it did. */
import { inference } from '@saccade/nn';
import { memory, OptionError, Rng, ShapeError, scope, softmax, tensor } from '@saccade/tensor';
import { assertClose, assertRejects } from '@saccade/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { PatchSelector } from '../../src/model/patch-selector.js';
import { patchBox } from '../../src/patches/patch-grid.js';
import { type Explanation, explain } from '../../src/pictures/explain.js';
import { picturePng } from '../../src/pictures/picture-png.js';
import { scoreOverlay } from '../../src/pictures/score-overlay.js';

const [height, width] = [48, 40];

function selector(channels = 3): PatchSelector {
  return new PatchSelector({
    ...{ height, width, channels, classes: 4, patches: 3, patchSize: 12, downscale: 2 },
    rng: new Rng(1),
    scorer: { kind: 'conv', channels: [2, 2, 2], pool: 2 },
    features: 'conv',
  });
}

/** Made when the tests run: files before this one may choose another device. */
let model: PatchSelector;
test.before(() => {
  model = selector();
});

const bytes = Uint8Array.from({ length: height * width * 3 }, (_, i) => (i * 89) % 256);
const image = { height, width, channels: 3, data: bytes };

/** What the selector itself sees, by values. */
function seen(): { probabilities: number[]; scores: number[]; chosen: number[] } {
  return inference(model, () => {
    const x = tensor(
      Float32Array.from(bytes, (value) => value / 255),
      { shape: [1, height, width, 3] },
    );
    const { logits, scores, selection } = model.look(x);
    const chosen = [...selection.indices.dataSync()];
    return { probabilities: [...softmax(logits).dataSync()], scores: [...scores.dataSync()], chosen };
  });
}

test('it gives the probabilities, the patches with boxes and scores, and pictures of one look', async () => {
  const { classes, patches, look, overlay, strip } = await explain(model, image);
  const own = seen();
  assert.equal(classes.map(({ name }) => name).sort(), ['0', '1', '2', '3']);
  for (const { name, probability } of classes) assertClose(probability, own.probabilities[Number(name)]!);
  assert.ok(classes.every(({ probability }, i) => i === 0 || probability <= classes[i - 1]!.probability));
  assert.equal(
    patches.map(({ cell }) => cell),
    own.chosen,
  );
  for (const { cell, row, column, score, top, left } of patches) {
    assert.is(row * model.grid.columns + column, cell);
    assert.is(score, own.scores[cell]);
    const box = patchBox(model.grid, cell);
    assert.equal([top, left], [box.top, box.left]);
  }
  assert.equal(overlay.data, scoreOverlay(look).data);
  assert.is(strip.width, 3 * 156 + 2 * 8);
});

test('a tensor is as good as pixels, and stays its owner’s', async () => {
  const x = tensor(
    Float32Array.from(bytes, (value) => value / 255),
    { shape: [1, height, width, 3] },
  );
  const [a, b] = [await explain(model, x), await explain(model, image)];
  assert.equal(a.classes, b.classes);
  assert.equal(a.overlay.data, b.overlay.data);
  assert.is(x.size, bytes.length);
});

test('a model in training is looked at as in evaluation, and trains on', async () => {
  model.train();
  const first = await explain(model, image);
  assert.equal((await explain(model, image)).classes, first.classes);
  assert.ok(model.training);
  model.eval();
});

test('the PNG holds overlay and patches, the SVG the same patches', async () => {
  const explained: Explanation = await explain(model, image, { classes: ['a', 'b', 'c', 'd'], opacity: 0.2 });
  const png = await explained.png();
  const view = new DataView(png.buffer, png.byteOffset);
  const { overlay, strip } = explained;
  assert.equal(
    [view.getUint32(20), view.getUint32(16)],
    [overlay.height + 8 + strip.height, Math.max(overlay.width, strip.width)],
  );
  assert.is((await explained.svg()).split('<title>patch ').length, 4);
  assert.equal(explained.classes.map(({ name }) => name).sort(), ['a', 'b', 'c', 'd']);
});

test('wrong images and options are refused', async () => {
  const wrong = { ...image, height: width, width: height };
  await assertRejects(
    () => explain(model, wrong),
    ShapeError,
    /images must be \[batch, 48, 40, 3\], got \[1, 40, 48, 3\]/,
  );
  await assertRejects(
    () => explain(model, { ...image, width: 39 }),
    ShapeError,
    /explain: .* got 5760 for 48 x 39 x 3/,
  );
  await assertRejects(() => explain(model, image, { classes: ['a'] }), OptionError, /expected 4 classes, got 1/);
  await assertRejects(() => explain(model, image, { opacity: 3 }), OptionError, /opacity/);
  await assertRejects(() => explain(model, image, { size: 3 } as never), OptionError, /no option 'size'/);
  await scope(async () => {
    const two = tensor(new Float32Array(2 * bytes.length), { shape: [2, height, width, 3] });
    await assertRejects(() => explain(model, two), ShapeError, /expected one image/);
  });
});

test('grey images work', async () => {
  const grey = { ...image, channels: 1, data: bytes.slice(0, height * width) };
  const { strip } = await explain(selector(1), grey);
  assert.ok((await picturePng(strip)).length > 0);
});

test('nothing is left behind', async () => {
  await explain(model, image);
  const before = memory().tensors;
  await (await explain(model, image)).png();
  await explain(model, { ...image, height: 3 }).catch(() => {});
  await explain(model, image, { classes: [] }).catch(() => {});
  assert.is(memory().tensors, before);
});

test.run();
