/** Masks and biases of attention in each shape that broadcasts to the scores, and masks of padding. */
import { Rng, scope, type Tensor, tensor } from '@saccade/tensor';
import { assertClose } from '@saccade/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { MultiHeadAttention, paddingMask, TransformerEncoder } from '../src/index.js';

const [batch, heads, length, channels] = [2, 2, 4, 6];
const forms: [string, number[]][] = [
  ['[batch, 1, 1, key]', [batch, 1, 1, length]],
  ['[query, key]', [length, length]],
  ['[heads, query, key]', [heads, length, length]],
  ['[batch, heads, query, key]', [batch, heads, length, length]],
];

/** Uneven, and every query sees its own place. */
const visible = (i: number): boolean => (i * 7919) % 5 < 3 || i % length === Math.floor(i / length) % length;

/** An array of `shape` as a function of all four positions. */
function reader<T>(values: readonly T[], shape: readonly number[]): (...at: number[]) => T {
  return (...at) => {
    const own = at.slice(4 - shape.length);
    return values[own.reduce((flat, p, axis) => flat * shape[axis]! + (shape[axis] === 1 ? 0 : p), 0)] as T;
  };
}

type At = (b: number, h: number, q: number, k: number) => number;

/** Attention of a layer without biases, written out; `added` says what is added to a score. */
async function plain(layer: MultiHeadAttention, x: Tensor, added: At): Promise<number[]> {
  const state = layer.stateDict();
  const tokens = await x.data();
  const into = await (state.get('in_proj_weight') as Tensor).data();
  const out = await (state.get('out_proj.weight') as Tensor).data();
  const dot = (a: (i: number) => number, b: (i: number) => number, count: number): number =>
    Array.from({ length: count }, (_, i) => a(i) * b(i)).reduce((total, one) => total + one, 0);
  const project = (row: number, b: number, t: number): number =>
    dot(
      (c) => into[row * channels + c]!,
      (c) => tokens[(b * length + t) * channels + c]!,
      channels,
    );
  const width = channels / heads;
  const mixed = (b: number, q: number, c: number): number => {
    const h = Math.floor(c / width);
    const scores = Array.from({ length }, (_, k) => {
      const product = dot(
        (i) => project(h * width + i, b, q),
        (i) => project(channels + h * width + i, b, k),
        width,
      );
      return Math.exp(product / Math.sqrt(width) + added(b, h, q, k));
    });
    const total = scores.reduce((sum, one) => sum + one, 0);
    return dot(
      (k) => scores[k]! / total,
      (k) => project(2 * channels + c, b, k),
      length,
    );
  };
  return Array.from({ length: batch * length * channels }, (_, i) => {
    const [b, q, c] = [Math.floor(i / channels / length), Math.floor(i / channels) % length, i % channels];
    return dot(
      (j) => out[c * channels + j]!,
      (j) => mixed(b, q, j),
      channels,
    );
  });
}

for (const [name, shape] of forms) {
  test(`attention takes a mask ${name} and a bias ${name}`, async () => {
    await scope(async () => {
      const layer = new MultiHeadAttention(channels, heads, { rng: new Rng(1), bias: false });
      const x = new Rng(2).normal([batch, length, channels]);
      const count = shape.reduce((product, extent) => product * extent, 1);
      const seen = Array.from({ length: count }, (_, i) => (shape[1] === 1 ? i % length < 3 : visible(i)));
      const numbers = Array.from({ length: count }, (_, i) => ((i * 31) % 11) / 4);
      const mask = tensor(Uint8Array.from(seen, Number), { shape, dtype: 'bool' });
      const bias = tensor(Float32Array.from(numbers), { shape });
      const hide = reader(seen, shape);
      const add = reader(numbers, shape);
      const tolerance = { rtol: 1e-4, atol: 1e-5 };
      const hidden: At = (...at) => (hide(...at) ? 0 : -Infinity);
      assertClose(await layer.forward(x, { mask }).data(), await plain(layer, x, hidden), tolerance);
      assertClose(await layer.forward(x, { bias }).data(), await plain(layer, x, add), tolerance);
      const both = await plain(layer, x, (...at) => hidden(...at) + add(...at));
      assertClose(await layer.forward(x, { mask, bias }).data(), both, tolerance);
      const infinite = tensor(
        Float32Array.from(seen, (s) => (s ? 0 : -Infinity)),
        { shape },
      );
      assertClose(
        await layer.forward(x, { bias: infinite }).data(),
        await layer.forward(x, { mask }).data(),
        tolerance,
      );
      layer.dispose();
    });
  });
}

test('with a padding mask an encoder gives for each sequence what it gives for the sequence alone', async () => {
  await scope(async () => {
    const encoder = new TransformerEncoder(2, channels, heads, { rng: new Rng(1) }).eval();
    const x = new Rng(2).normal([batch, length, channels]);
    const mask = paddingMask([4, 2], length);
    const y = encoder.forward(x, { mask });
    const keyMask = tensor([[true, true, true, true], [true, true, false, false]]); // biome-ignore format: a table
    assert.equal(await y.data(), await encoder.forward(x, { keyMask }).data());
    const alone = encoder.forward(x.at('1:', ':2'));
    assertClose(await y.at('1:', ':2').data(), await alone.data(), { rtol: 1e-5, atol: 1e-5 });
    encoder.dispose();
  });
});

test.run();
