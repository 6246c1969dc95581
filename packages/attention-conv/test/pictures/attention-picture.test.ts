/** Attention on an image. */
import { memory, OptionError, Rng, ShapeError, type Tensor, tensor } from '@saccade/tensor';
import { assertRejects } from '@saccade/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { attentionSvg, ContentAttention, convToAttention, drawAttention, UnsupportedError } from '../../src/index.js';
import { recordingCanvas } from './recording-canvas.js';

const rng = new Rng(2);
const weight = [
  [
    [
      [1, 2, 3],
      [4, 5, 6],
      [7, 8, 9],
    ],
  ],
];
const grey = (batch: number, height: number, width: number): Tensor =>
  tensor(
    Float32Array.from({ length: batch * height * width }, (_, i) => i / (batch * height * width)),
    {
      shape: [batch, height, width, 1],
    },
  );

/** Where the path of the heat of each panel begins: the upper left of the first cell with weight. */
const heats = (svg: string): string[] =>
  [...svg.matchAll(/class="f-0" fill-opacity="1" d="M([\d.]+ [\d.]+)h/g)].map(([, at]) => at as string).slice(1);

test('the image, then a panel a head with its largest weight and where that lies from the query', async () => {
  const { layer } = convToAttention({ weight, padding: 1, paddingMode: 'replicate' }, { border: 'native' });
  const images = grey(1, 4, 5);
  const svg = await attentionSvg(layer, images, [2, 2]);
  images.dispose();
  assert.match(svg, '>4 x 5 pixels<');
  assert.match(svg, '>1.00 at (−1, −1)<');
  assert.match(svg, '>1.00 at (1, 0)<');
  assert.is(heats(svg).length, 9);
  assert.match(svg, '#000000');
  assert.match(svg, '#ffffff');
});

test('at the border a native layer looks at the nearest pixel, a padded one beyond the image, one with a sink into it', async () => {
  const images = grey(1, 4, 4);
  const shown = async (border: 'native' | 'pad' | 'sink'): Promise<string> => {
    const paddingMode = border === 'native' ? 'replicate' : 'zeros';
    return attentionSvg(convToAttention({ weight, padding: 1, paddingMode }, { border }).layer, images, [0, 0]);
  };
  assert.match(await shown('native'), /head 0<.*\n.*>1.00 at \(0, 0\)</);
  assert.match(await shown('pad'), /head 0<.*\n.*>1.00 at \(−1, −1\)</);
  assert.match(await shown('sink'), /head 0<.*\n.*sink 1.0</);
  images.dispose();
});

test('content layers are shown on the image of the batch that is asked for', async () => {
  const layer = new ContentAttention({ channels: 1, heads: 1, rng });
  const images = grey(2, 3, 3);
  const steep = images.mul(20);
  const weights = layer.weightsFor(steep, 4, 5);
  const largest = [0, 1].map((index) => Math.max(...Array.from(weights.dataSync()).slice(9 * index, 9 * index + 9)));
  const texts = largest.map((value) => `>${value.toPrecision(3)} at `);
  assert.is.not(texts[0], texts[1]);
  for (const index of [0, 1]) assert.match(await attentionSvg(layer, steep, [1, 1], { index }), texts[index] as string);
  for (const t of [images, steep, weights]) t.dispose();
});

test('queries stand at whole strides, and may stand beyond the image', async () => {
  const images = grey(1, 6, 6);
  const strided = convToAttention({ weight, stride: 2 }).layer;
  const from = async (query: number[]): Promise<string> => attentionSvg(strided, images, query);
  assert.match(await from([1, 1]), /head 8<.*\n.*>1.00 at \(2, 2\)</);
  const [first, second] = [heats(await from([0, 0]))[0], heats(await from([0, 1]))[0]].map((at) => at?.split(' ')[0]);
  // 29 pixels are cut to 24 a key.
  assert.is(Number(second) - Number(first), 48);
  const wide = convToAttention({ weight: [[[[1]]]], padding: 2 }, { border: 'sink' }).layer;
  assert.match(await attentionSvg(wide, images, [9, 9]), 'beyond the image');
  images.dispose();
});

test('signals are one row, and three channels are colours', async () => {
  const { layer } = convToAttention({
    weight: [
      [
        [1, 2],
        [1, 2],
        [1, 2],
      ],
    ],
    padding: 1,
  });
  const signal = tensor([
    [
      [1, 0, 0],
      [0, 1, 0],
      [0, 0, 1],
    ],
  ]);
  const svg = await attentionSvg(layer, signal, [1]);
  signal.dispose();
  for (const color of ['#ff0000', '#00ff00', '#0000ff', '>1.00 at −1<']) assert.match(svg, color);
});

test('images that are all alike or hold NaN are drawn', async () => {
  const layer = new ContentAttention({ channels: 1, heads: 1, rng });
  const images = tensor([
    [
      [[Number.NaN], [1]],
      [[1], [1]],
    ],
  ]);
  const svg = await attentionSvg(layer, images, [0, 0]);
  images.dispose();
  assert.not.match(svg, 'NaN');
});

test('volumes, large images, and queries and options that do not fit are refused', async () => {
  const layer = new ContentAttention({ channels: 1, heads: 1, rng });
  const images = grey(1, 3, 4);
  const volume = tensor(new Float32Array(8), { shape: [1, 2, 2, 2, 1] });
  const large = tensor(new Float32Array(129 * 2), { shape: [1, 2, 129, 1] });
  await assertRejects(() => attentionSvg(layer, volume, [0, 0, 0]), UnsupportedError, /one or two axes, got 3/);
  await assertRejects(
    () => attentionSvg(layer, large, [0, 0]),
    OptionError,
    /at most 128 pixels along an axis, got 129/,
  );
  const query = /attentionSvg: query must be a place among 3 x 4 queries, got/;
  for (const bad of [[3, 0], [0, -1], [0], [0.5, 0], undefined]) {
    await assertRejects(() => attentionSvg(layer, images, bad as number[]), OptionError, query);
  }
  await assertRejects(() => attentionSvg(layer, images, [0, 0], { index: 1 }), OptionError, /attentionSvg: index/);
  await assertRejects(
    () => attentionSvg(layer, images, [0, 0], { range: [1, 1] }),
    OptionError,
    /range must be \[low, high\]/,
  );
  await assertRejects(() => attentionSvg(layer, [1] as never, [0, 0]), ShapeError, /attentionSvg: images must be/);
  for (const t of [images, volume, large]) t.dispose();
});

test('a canvas shows the same panels', async () => {
  const layer = new ContentAttention({ channels: 1, heads: 1, rng: new Rng(1) });
  const images = grey(1, 3, 3);
  const { canvas, calls } = recordingCanvas();
  await drawAttention(canvas, layer, images, [1, 1]);
  images.dispose();
  const texts = calls.filter(([name]) => name === 'fillText').map(([, text]) => text);
  assert.ok(texts.includes('head 0') && texts.includes('the image'), String(texts));
});

test('nothing leaks', async () => {
  const { layer } = convToAttention({ weight, padding: 1 });
  const images = grey(1, 4, 4);
  const before = memory().tensors;
  await attentionSvg(layer, images, [0, 0]);
  await drawAttention(recordingCanvas().canvas, layer, images, [3, 3]);
  await assertRejects(() => attentionSvg(layer, images, [0, 0], { range: [1, 1] }), OptionError, /range/);
  assert.is(memory().tensors, before);
  images.dispose();
});

test.run();
