/** Actions on images and features: quarter turns as numpy has them, group actions, gradients, interpolation, memory. */
import {
  checkGradients,
  DTypeError,
  init,
  memory,
  OptionError,
  Rng,
  ShapeError,
  scope,
  type Tensor,
  tensor,
} from '@saccade/tensor';
import { assertClose, assertThrows, onTestDevice, testDevice } from '@saccade/testing';
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { actOnFeatures, actOnImages } from '../../src/groups/act.js';
import { type GroupName, groups, rotations } from '../../src/groups/named-groups.js';
import { restrictFeatures } from '../../src/groups/restrict.js';

onTestDevice(test, init);

const host = async (t: Tensor): Promise<number[]> => Array.from(await t.data());

/** One image of one channel. */
const image = (rows: readonly (readonly number[])[]): Tensor =>
  scope(() => tensor(rows as number[][]).reshape([1, rows.length, rows[0]!.length, 1]));

/** The rows of one. */
async function rowsOf(t: Tensor): Promise<number[][]> {
  const [values, width] = [await host(t), t.shape[2] as number];
  return Array.from({ length: t.shape[1] as number }, (_, i) => values.slice(i * width, (i + 1) * width));
}

test('a quarter turn is counter-clockwise, a mirror exchanges columns, sides are exchanged where they differ', async () => {
  const given = [
    [1, 2, 3],
    [4, 5, 6],
  ];
  // biome-ignore format: images
  const expected: Record<number, number[][]> = {
    0: given,
    1: [[3, 6], [2, 5], [1, 4]],
    2: [[6, 5, 4], [3, 2, 1]],
    3: [[4, 1], [5, 2], [6, 3]],
    4: [[3, 2, 1], [6, 5, 4]],
    5: [[1, 4], [2, 5], [3, 6]],
    6: [[4, 5, 6], [1, 2, 3]],
    7: [[6, 3], [5, 2], [4, 1]],
  };
  const x = image(given);
  for (let h = 0; h < 8; h++) {
    const y = actOnImages(x, groups.p4m, h);
    assert.equal(await rowsOf(y), expected[h], `element ${h}`);
    y.dispose();
  }
  // What the identity gives is another tensor.
  actOnImages(x, groups.p4, 0).dispose();
  assert.equal(await rowsOf(x), given);
  x.dispose();
});

test('whole numbers are moved as they are, and refused where they would be interpolated', async () => {
  const x = new Rng(1).integers([2, 3, 4, 2], 0, 256);
  const y = actOnImages(x, groups.p8, 2);
  assert.equal([y.dtype, ...y.shape], ['int32', 2, 4, 3, 2]);
  assertThrows(() => actOnImages(x, groups.p8, 1), DTypeError);
  for (const t of [x, y]) t.dispose();
});

const lattice = ['p4', 'mz2', 'p4m', 'p8', 'p8m'] as const;

const drawn = fc.constantFrom<GroupName>(...lattice).chain((name) => {
  const element = fc.constantFrom(...groups[name].latticeElements);
  return fc.record({
    name: fc.constant(name),
    a: element,
    b: element,
    seed: fc.nat(1e6),
    height: fc.integer({ min: 1, max: 6 }),
    width: fc.integer({ min: 1, max: 6 }),
  });
});

test('T_a T_b is T_ab, exactly, on images and on features, of any size', async () => {
  const property = fc.asyncProperty(drawn, async ({ name, a, b, seed, height, width }) => {
    const group = groups[name];
    const before = memory().tensors;
    const rng = new Rng(seed);
    const x = rng.normal([2, height, width, 3]) as Tensor;
    const f = rng.normal([2, group.order, height, width, 2]) as Tensor;
    const pooled = rng.normal([2, group.order, 3]) as Tensor;
    for (const [t, act] of [
      [x, actOnImages],
      [f, actOnFeatures],
      [pooled, actOnFeatures],
    ] as const) {
      const [once, twice] = scope(
        () => [act(t, group, group.multiply(a, b)), act(act(t, group, b), group, a)] as const,
      );
      assert.equal(once.shape, twice.shape);
      assert.equal(await host(once), await host(twice));
      const back = scope(() => act(act(t, group, a), group, group.inverse(a)));
      assert.equal(await host(back), await host(t));
      for (const made of [t, once, twice, back]) made.dispose();
    }
    assert.is(memory().tensors, before);
  });
  await fc.assert(property, { numRuns: testDevice === 'wasm' ? 60 : 5 });
});

test('features move as is written: (T_h F)(x, g) = F(matrix(h)^-1 x, h^-1 g)', async () => {
  const { p8m } = groups;
  const f = new Rng(2).normal([1, 16, 4, 4, 2]) as Tensor;
  for (const h of p8m.latticeElements) {
    const acted = actOnFeatures(f, p8m, h);
    for (const g of [0, 3, 9]) {
      const [own, there] = scope(() => [
        acted.at(':', g),
        actOnImages(f.at(':', p8m.multiply(p8m.inverse(h), g)), p8m, h),
      ]) as [Tensor, Tensor];
      assert.equal(await host(own), await host(there));
      for (const t of [own, there]) t.dispose();
    }
    acted.dispose();
  }
  f.dispose();
});

const onCpu = testDevice === 'wasm' ? test : test.skip;

onCpu('gradients are those of central differences', async () => {
  const rng = new Rng(3);
  // biome-ignore format: a table
  const cases = [['p4m', 5, {}], ['p8', 1, {}], ['p8m', 11, {}], ['p8', 3, { interpolation: 'cubic' }]] as const;
  for (const [name, h, options] of cases) {
    const group = groups[name];
    await checkGradients((x) => actOnImages(x, group, h, options), [rng.normal([1, 3, 4, 2])]);
    await checkGradients((x) => actOnFeatures(x, group, h, options), [rng.normal([1, group.order, 2, 3, 1])]);
  }
  const { p4 } = groups;
  await checkGradients((x) => restrictFeatures(x, p4, p4.subgroup([0, 2])), [rng.normal([1, 4, 2, 2, 1])]);
});

/** A smooth function of the place, and its picture turned by an angle. */
const smooth = (row: number, column: number): number =>
  Math.exp(-((row - 2) ** 2 + (column + 1) ** 2) / 18) - 0.5 * Math.exp(-((row + 3) ** 2 + (column - 3) ** 2) / 24);

function picture(side: number, angle: number, mirrored: boolean): Tensor {
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  const rows = Array.from({ length: side }, (_, i) =>
    Array.from({ length: side }, (_, j) => {
      const [y, x] = [i - (side - 1) / 2, j - (side - 1) / 2];
      return smooth(cos * y + sin * x, (mirrored ? -1 : 1) * (cos * x - sin * y));
    }),
  );
  return image(rows);
}

test('off the lattice a smooth picture comes near to itself turned, nearer by cubic interpolation', async () => {
  const worst: Record<string, number> = {};
  for (const interpolation of ['bilinear', 'cubic'] as const) {
    for (const [name, h, angle, mirrored] of [
      ['p8', 1, Math.PI / 4, false],
      ['p8', 5, 1.25 * Math.PI, false],
      ['p12', 1, Math.PI / 6, false],
      ['p8m', 9, Math.PI / 4, true],
    ] as const) {
      const [x, expected] = [picture(25, 0, false), picture(25, angle, mirrored)];
      const y = actOnImages(x, groups[name], h, { interpolation });
      const [got, wanted] = [await host(y), await host(expected)];
      for (let i = 0; i < got.length; i++) {
        const [row, column] = [Math.floor(i / 25) - 12, (i % 25) - 12];
        if (Math.hypot(row, column) > 10) continue;
        worst[interpolation] = Math.max(worst[interpolation] ?? 0, Math.abs(got[i]! - wanted[i]!));
      }
      for (const t of [x, expected, y]) t.dispose();
    }
  }
  assert.ok(worst.bilinear! < 0.03, `${worst.bilinear}`);
  assert.ok(worst.cubic! < 0.003, `${worst.cubic}`);
});

test('cubic interpolation of what maps pixels to pixels is exact, and outside is 0', async () => {
  const x = new Rng(4).normal([1, 5, 5, 2]) as Tensor;
  const [plain, same] = [actOnImages(x, groups.p4, 1), actOnImages(x, groups.p4, 1, { interpolation: 'cubic' })];
  assert.equal(await host(plain), await host(same));
  const ones = image([
    [1, 1],
    [1, 1],
  ]);
  // A corner comes from outside of the square: sqrt(1/2) - 1/2 from a pixel's centre, with another pixel beside it.
  const turned = actOnImages(ones, rotations(8), 1);
  assertClose(await host(turned), new Array<number>(4).fill(1.5 - Math.SQRT1_2), { rtol: 1e-6 });
  for (const t of [x, plain, same, ones, turned]) t.dispose();
});

test('restricted features keep all values, and are turned as features over the subgroup', async () => {
  const { p4m } = groups;
  const half = p4m.subgroup([0, 2, 4, 6]);
  const f = new Rng(5).normal([2, 8, 3, 3, 2]) as Tensor;
  const small = restrictFeatures(f, p4m, half);
  assert.equal([...small.shape], [2, 4, 3, 3, 4]);
  assert.equal((await host(small)).sort(), (await host(f)).sort());
  for (const [k, h] of half.within!.elements.entries()) {
    const [first, second] = scope(() => [
      actOnFeatures(small, half, k),
      restrictFeatures(actOnFeatures(f, p4m, h), p4m, half),
    ]) as [Tensor, Tensor];
    assert.equal(await host(first), await host(second));
    for (const t of [first, second]) t.dispose();
  }
  assertThrows(
    () => restrictFeatures(f, p4m, groups.p8),
    OptionError,
    /^restrictFeatures: p8 is no subgroup of p4m; make it by group.subgroup/,
  );
  for (const t of [f, small]) t.dispose();
});

test('what does not fit is refused', () => {
  scope(() => {
    const { p4 } = groups;
    const x = new Rng(6).normal([1, 4, 4, 1]) as Tensor;
    const f = new Rng(6).normal([1, 3, 4, 4, 1]) as Tensor;
    const refused = (
      body: () => unknown,
      kind: typeof OptionError | typeof ShapeError | typeof DTypeError,
      message: RegExp,
    ) => assertThrows(body, kind, message);
    refused(() => actOnImages(x, p4, 4), OptionError, /^Group: p4 has elements 0 to 3, got 4$/);
    refused(
      () => actOnImages(f, p4, 1),
      ShapeError,
      /^actOnImages: images must be \[batch, height, width, channels\], got/,
    );
    refused(
      () => actOnFeatures(f, p4, 1),
      ShapeError,
      /^actOnFeatures: features over p4 must be \[batch, 4, height, width, channels\], got \[1, 3, 4, 4, 1\]$/,
    );
    refused(
      () => actOnFeatures(x.at(0, ':', '0:3'), p4, 1),
      ShapeError,
      /must be \[batch, 4, channels\], got \[4, 3, 1\]$/,
    );
    refused(() => actOnImages([[1]] as unknown as Tensor, p4, 1), DTypeError, /^actOnImages: images must be a tensor/);
    refused(
      () => actOnFeatures(undefined as unknown as Tensor, p4, 1),
      DTypeError,
      /^actOnFeatures: features over p4 must be a tensor/,
    );
    refused(
      () => actOnImages(x, p4, 1, { interpolation: 'nearest' as 'cubic' }),
      OptionError,
      /interpolation must be one of bilinear, cubic, got "nearest"/,
    );
    refused(() => actOnImages(x, p4, 1, { kind: 'cubic' } as object), OptionError, /^actOnImages: no option 'kind'/);
  });
});

test.run();
