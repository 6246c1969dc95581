/** Maps of attention: what they sum, and how they turn. */
import { inference } from '@saccade/nn';
import { dispose, memory, OptionError, Rng, ShapeError, scope } from '@saccade/tensor';
import { assertRejects } from '@saccade/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { actOnFeatures, actOnImages, attentionIn, attentionMaps, attentionsIn, groups } from '../../src/index.js';
import { movedPixels } from '../../src/layers/pixel-grid.js';
import { behind, images, lifting, network } from './pictured.js';

const pixel = { row: 1, column: 4 };

function assertNear(one: ArrayLike<number>, other: ArrayLike<number>, message: string): void {
  assert.is(one.length, other.length);
  const apart = Array.from(one, (value, i) => Math.abs(value - (other[i] as number)));
  assert.ok(Math.max(...apart) < 1e-6, `${message}: ${Math.max(...apart)} apart`);
}

test('a map for each element, which sums to 1 over the patch around the pixel', async () => {
  const all = images();
  for (const [layer, input] of [
    [lifting('p4m'), all],
    [behind('p4m'), new Rng(2).normal([2, 8, 6, 6, 8])],
  ] as const) {
    const { maps, height, width } = await attentionMaps(layer, input, pixel);
    assert.equal([maps.length, height, width], [8, 6, 6]);
    for (const map of maps) {
      assert.ok(Math.abs(map.reduce((a, b) => a + b) - 1) < 1e-6);
      const seen = [...map.keys()].filter((i) => (map[i] as number) > 0);
      assert.equal(seen, [3, 4, 5, 9, 10, 11, 15, 16, 17]);
    }
    layer.dispose();
  }
  all.dispose();
});

test('maps are the weights of the layer, of one head and of the image that is asked for, or the mean of the heads', async () => {
  const [layer, all] = [behind('p4'), new Rng(2).normal([2, 4, 5, 5, 8])];
  const corner = { row: 0, column: 0 };
  const { weights, offsets } = layer.attentionAt(all, corner);
  const values = weights.dataSync();
  const heads = [];
  for (const head of [0, 1]) {
    const { maps } = await attentionMaps(layer, all, corner, { head, index: 1 });
    heads.push(maps);
    const expected = new Float64Array(25);
    for (let g = 0; g < 4; g++) {
      for (let m = 0; m < 4; m++) {
        for (let o = 0; o < 9; o++) {
          const [y, x] = [offsets[2 * o] as number, offsets[2 * o + 1] as number];
          // Image 1, output element 2.
          const at = (((((1 * 2 + head) * 4 + 2) * 4 + g) * 4 + m) * 9 + o) as number;
          if (y >= 0 && x >= 0) expected[5 * y + x] = (expected[5 * y + x] as number) + (values[at] as number) / 4;
        }
      }
    }
    assertNear(maps[2] as Float32Array, expected, `head ${head}`);
  }
  const { maps } = await attentionMaps(layer, all, corner, { index: 1 });
  const [one, other] = heads.map((found) => found[3] as Float32Array) as [Float32Array, Float32Array];
  assertNear(
    maps[3] as Float32Array,
    one.map((value, i) => (value + (other[i] as number)) / 2),
    'mean',
  );
  dispose([weights, all]);
  layer.dispose();
});

test('turning the input by h turns each map and puts that of v in the place of h v', async () => {
  const group = groups.p4m;
  const [lift, next] = [lifting('p4m'), behind('p4m')];
  const all = images();
  const features = new Rng(2).normal([1, 8, 6, 6, 8]);
  for (let h = 0; h < 8; h++) {
    const places = movedPixels(group.matrices[h] as (typeof group.matrices)[number], { height: 6, width: 6 });
    const place = places[6 * pixel.row + pixel.column] as number;
    const moved = { row: Math.floor(place / 6), column: place % 6 };
    for (const [layer, input, act] of [
      [lift, all, actOnImages],
      [next, features, actOnFeatures],
    ] as const) {
      const turned = act(input, group, h);
      const [before, after] = [await attentionMaps(layer, input, pixel), await attentionMaps(layer, turned, moved)];
      turned.dispose();
      for (const [v, map] of before.maps.entries()) {
        const found = after.maps[group.multiply(h, v)] as Float32Array;
        assertNear(
          map,
          Float32Array.from(places, (to) => found[to] as number),
          `element ${h}, output ${v}`,
        );
      }
    }
  }
  dispose([all, features]);
  lift.dispose();
  next.dispose();
});

test('the layers inside a network are found with what they are given', async () => {
  const [net, all] = [network(), images(8)];
  assert.equal(
    attentionsIn(net).map(({ name }) => name),
    ['lifting', 'blocks.0.0', 'blocks.1.0'],
  );
  const shapes = attentionsIn(net).map(({ input }) => scope(() => input(all).shape));
  assert.equal(shapes, [
    [2, 8, 8, 1],
    [2, 4, 8, 8, 8],
    [2, 4, 4, 4, 8],
  ]);
  const { layer, input } = attentionIn(net, 'blocks.1.0');
  const fed = input(all);
  const given: Float32Array[] = [];
  // What the layer inside gets when the network runs.
  const inner = layer as ReturnType<typeof behind>;
  const forward = inner.forward.bind(inner);
  inner.forward = (x) => {
    given.push(x.dataSync());
    return forward(x);
  };
  inference(net, () => net.forward(all));
  assertNear(given[0] as Float32Array, fed.dataSync(), 'input');
  assert.is((await attentionMaps(layer, fed, { row: 3, column: 3 })).maps.length, 4);
  dispose([all, fed]);
  net.dispose();
  try {
    attentionIn(net, 'head');
    assert.unreachable();
  } catch (error) {
    assert.match(
      (error as Error).message,
      'attentionIn: the network attends in lifting, blocks.0.0, blocks.1.0, got "head"',
    );
  }
});

test('pixels, heads, images and inputs that are not there are refused, and nothing leaks', async () => {
  const [layer, all] = [lifting('p4'), images()];
  const before = memory().tensors;
  const refused = (options: object, message: RegExp): Promise<Error> =>
    assertRejects(() => attentionMaps(layer, all, pixel, options), OptionError, message);
  await refused({ head: 2 }, /attentionMaps: head must be a whole number in \[0, 1\], got 2/);
  await refused({ index: 2 }, /attentionMaps: index/);
  await refused({ heads: 1 }, /attentionMaps: no option 'heads'/);
  for (const bad of [{ row: 6, column: 0 }, { row: 0, column: -1 }, undefined]) {
    await assertRejects(
      () => attentionMaps(layer, all, bad as typeof pixel),
      OptionError,
      /the pixel must be in an image/,
    );
  }
  const wrong = images(6, 6, 2);
  await assertRejects(() => attentionMaps(layer, wrong, pixel), ShapeError, /images must be/);
  wrong.dispose();
  await attentionMaps(layer, all, pixel);
  assert.is(memory().tensors, before);
  all.dispose();
  layer.dispose();
});

test.run();
