/** How the taps' weights are shared out: products that are the weights, of as many channels as it takes, and what is known of them. */
import { Rng, scope } from '@saccade/tensor';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { productsOf, type ValueKind, type ValueMaps, valueMaps } from '../../src/convert/value-maps.js';
import { type DenseConvolution, readConvolution } from '../../src/convolution/convolution.js';

/** A convolution along one axis with these weights [outputs, inputs, taps]. */
const convolution = (weight: number[][][]): DenseConvolution => scope(() => readConvolution('test', { weight }));

const random = (outputs: number, inputs: number, taps: number): DenseConvolution => {
  const rng = new Rng(outputs + 10 * inputs);
  const row = (): number[] => Array.from({ length: taps }, () => rng.number() - 0.5);
  return convolution(Array.from({ length: outputs }, () => Array.from({ length: inputs }, row)));
};

/** The weight from input c to output o through head h. */
function product(maps: ValueMaps, conv: DenseConvolution, h: number, c: number, o: number): number {
  const { headChannels = conv.inputs, projection, weight } = maps;
  const width = weight.length / conv.outputs;
  let sum = 0;
  for (let r = 0; r < headChannels; r++) {
    const own = projection === undefined ? Number(r === c) : projection[(h * conv.inputs + c) * headChannels + r]!;
    sum += own * weight[o * width + h * headChannels + r]!;
  }
  return sum;
}

for (const kind of ['identity', 'project', 'lowrank'] satisfies ValueKind[]) {
  test(`${kind}: products of the maps are the weights of the taps`, () => {
    for (const [outputs, inputs, taps] of [
      [3, 2, 4],
      [2, 5, 3],
      [1, 1, 1],
    ] as const) {
      // biome-ignore format: sizes
      const conv = random(outputs, inputs, taps);
      const maps = valueMaps(conv, kind);
      const products = productsOf(conv, kind, maps);
      for (let i = 0; i < conv.weight.length; i++) {
        const [h, c, o] = [Math.floor(i / (inputs * outputs)), Math.floor(i / outputs) % inputs, i % outputs];
        const off = Math.abs(product(maps, conv, h, c, o) - conv.weight[i]!);
        assert.ok(off <= (products?.off[c * outputs + o] ?? 0), `${i}: ${off}`);
        assert.ok(off < 1e-14);
      }
    }
  });
}

test('taps of rank one take one channel a head, and what is told of products sums over taps', () => {
  const conv = convolution([[[1, 0], [2, 0]], [[2, 3], [4, 1]]]); // biome-ignore format: [outputs, inputs, taps]
  const maps = valueMaps(conv, 'lowrank');
  assert.is(maps.headChannels, 1);
  const { sizes, off } = productsOf(conv, 'lowrank', maps)!;
  const sums = [1, 2 + 3, 2, 4 + 1];
  for (const [i, sum] of sums.entries()) assert.ok(Math.abs(sizes[i]! - sum) < 1e-14);
  assert.ok(off.every((o) => o > 0 && o < 1e-14));
  assert.equal(productsOf(conv, 'lowrank'), { sizes, off });
  assert.is(productsOf(conv, 'identity'), undefined);
  assert.is(productsOf(conv, 'project'), undefined);
});

test('a kernel of zeros has one channel, and is exact', () => {
  const conv = convolution([[[0, 0], [0, 0]]]); // biome-ignore format: a kernel
  const { headChannels, weight, projection } = valueMaps(conv, 'lowrank');
  assert.is(headChannels, 1);
  assert.ok(projection!.every((v) => v === 0) && weight.every(Number.isFinite));
  assert.equal(productsOf(conv, 'lowrank')!.off, new Float64Array(2));
});

test.run();
