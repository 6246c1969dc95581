/** Attention by offset: what it comes to for heads that are known, how much content counts, and what cannot be averaged. */
import { assign, init, memory, OptionError, Rng, ShapeError, scope, tensor, zeros } from '@saccade/tensor';
import { assertClose, assertRejects, assertThrows, onTestDevice } from '@saccade/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { convToAttention } from '../../src/convert/conv-to-attention.js';
import { ContentAttention } from '../../src/layers/content-attention.js';
import { GatedPositionalAttention } from '../../src/layers/gated-positional-attention.js';
import { LearnedRelativeAttention } from '../../src/layers/learned-relative-attention.js';
import { QuadraticAttention } from '../../src/layers/quadratic-attention.js';
import { headsSvg } from '../../src/pictures/heads-picture.js';
import { alignedAttention } from '../../src/read/aligned-attention.js';
import { headReport } from '../../src/read/head-report.js';

onTestDevice(test, init);

const rng = new Rng(0);

test('heads that look at one pixel have it as their mean, and depend on no image', async () => {
  for (const stride of [1, 2]) {
    const { layer } = convToAttention({ weight: [[[[1, 2, 3], [4, 5, 6], [7, 8, 9]]]], stride, padding: 1 }); // biome-ignore format: a kernel
    const images = rng.normal([3, 5, 6, 1]);
    const aligned = await alignedAttention(layer, images, { radius: 2 });
    assert.equal([aligned.dims, aligned.heads, aligned.radius], [2, 9, 2]);
    const expected = Array.from({ length: 9 * 25 }, (_, i) => {
      const [head, row, column] = [Math.floor(i / 25), Math.floor((i % 25) / 5), i % 5];
      return Number(row === 1 + Math.floor(head / 3) && column === 1 + (head % 3));
    });
    assertClose(aligned.mean, expected, { rtol: 0, atol: 1e-6 });
    assertClose(aligned.contentVariance, new Array<number>(9).fill(0), { rtol: 0, atol: 1e-12 });
    images.dispose();
    layer.dispose();
  }
});

test('the mean is over the queries that have a key, as a plain loop finds it, for one axis and all layers', async () => {
  const before = memory().tensors;
  const layers = [
    new LearnedRelativeAttention({
      dims: 1,
      inputs: 4,
      heads: 2,
      scores: 'query-position-and-content',
      maxPositions: 8,
      rng,
    }),
    new GatedPositionalAttention({ dims: 1, channels: 4, heads: 2, rng }),
    new ContentAttention({ channels: 4, heads: 2, rng }),
    new QuadraticAttention({ dims: 1, inputs: 4, heads: 2, rng }),
  ];
  for (const layer of layers) {
    const images = rng.normal([3, 6, 4]);
    const weights = layer.weightsFor(images, 0, 6);
    const all = Array.from(await weights.data<'float32'>());
    const batch = weights.shape[0] as number;
    const { mean, contentVariance, radius } = await alignedAttention(layer, images);
    assert.is(radius, 5);
    const at = (i: number, h: number, q: number, k: number): number => all[((i * 2 + h) * 6 + q) * 6 + k] as number;
    for (let h = 0; h < 2; h++) {
      let variance = 0;
      for (let d = -5; d <= 5; d++) {
        const found: number[] = [];
        for (let q = 0; q < 6; q++) {
          if (q + d < 0 || q + d > 5) continue;
          const own = Array.from({ length: batch }, (_, i) => at(i, h, q, q + d));
          const middle = own.reduce((a, b) => a + b) / batch;
          variance += own.reduce((sum, p) => sum + (p - middle) ** 2, 0) / batch / 6;
          found.push(middle);
        }
        assertClose([mean[h * 11 + d + 5]!], [found.reduce((a, b) => a + b) / found.length], {
          rtol: 1e-6,
          atol: 1e-9,
        });
      }
      assertClose([contentVariance[h]!], [variance], { rtol: 1e-6, atol: 1e-12 });
    }
    for (const t of [weights, images, layer]) t.dispose();
  }
  assert.is(memory().tensors, before);
});

test('tiles of queries add up to the whole, and progress goes to 1', async () => {
  const layer = new ContentAttention({ channels: 2, heads: 1, rng });
  const images = rng.normal([6, 40, 40, 2]);
  const seen: number[] = [];
  const aligned = await alignedAttention(layer, images, { radius: 1, onProgress: (done) => seen.push(done) });
  assert.ok(seen.length > 1 && seen.at(-1) === 1, String(seen));
  assert.ok(aligned.mean.every((p) => p > 0 && p < 0.01));
  for (const t of [images, layer]) t.dispose();
});

test('reports and pictures take it like a layer', async () => {
  const layer = new LearnedRelativeAttention({ inputs: 2, heads: 2, scores: 'content', maxPositions: 8, rng });
  scope(() => assign(layer.weight, zeros(layer.weight.shape)));
  const images = rng.normal([2, 5, 5, 2]);
  const aligned = await alignedAttention(layer, images, { radius: 3 });
  assert.is(headReport(aligned, { radius: 2 }).length, 2);
  assert.match(headsSvg(aligned, { radius: 3 }), /^<svg /);
  assertThrows(() => aligned.probabilities(4), OptionError, /radius must be a whole number in \[0, 3\], got 4/);
  for (const t of [images, layer]) t.dispose();
});

test('what cannot be averaged is refused, and a signal stops it', async () => {
  const layer = new ContentAttention({ channels: 2, heads: 1, rng });
  for (const shape of [
    [0, 3, 3, 2],
    [3, 2],
    [1, 1, 1, 1, 1, 2],
  ]) {
    const images = zeros(shape);
    await assertRejects(
      () => alignedAttention(layer, images),
      ShapeError,
      /images must be \[batch, ...spatial, channels\]/,
    );
    images.dispose();
  }
  await assertRejects(() => alignedAttention(layer, undefined as never), ShapeError, /got no tensor/);
  const images = tensor([[[[1, 2]]]]);
  await assertRejects(
    () => alignedAttention(layer, images, { radius: 1.5 }),
    OptionError,
    /radius must be a whole number/,
  );
  await assertRejects(
    () => alignedAttention(layer, images, { radius: 2 ** 20 }),
    OptionError,
    /radius 1048576 is too large/,
  );
  const stop = AbortSignal.abort(new Error('enough'));
  await assertRejects(() => alignedAttention(layer, images, { signal: stop }), Error, /enough/);
  images.dispose();
  layer.dispose();
});

test.run();
