/** Which pixels see which, and where they lie. */
import { OptionError, ShapeError } from '@saccade/tensor';
import { assertClose, assertThrows } from '@saccade/testing';
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { distinct } from '../../src/encoding/distinct.js';
import { groupPlan, groupPlanAt, liftingPlan, liftingPlanAt } from '../../src/encoding/encoded-plan.js';
import { globalNeighbourhood, localNeighbourhood } from '../../src/encoding/neighbourhood.js';
import { poseMatrices } from '../../src/encoding/pose.js';
import { exactPositions } from '../../src/encoding/positions.js';
import { sightOf } from '../../src/encoding/sight.js';
import { groups, rotations, rotationsAndMirrors } from '../../src/groups/named-groups.js';
import { Vectors } from '../reference.js';

const pairs = (offsets: Int32Array): string[] =>
  Array.from({ length: offsets.length / 2 }, (_, o) => `${offsets[2 * o]} ${offsets[2 * o + 1]}`);

test('a square has all offsets of its side, row by row', () => {
  const { offsets, reach, window } = localNeighbourhood('layer', 3, 'square');
  assert.equal(pairs(offsets), ['-1 -1', '-1 0', '-1 1', '0 -1', '0 0', '0 1', '1 -1', '1 0', '1 1']);
  assert.is(reach, 1);
  assert.is(window, undefined);
});

test('a disc has the offsets that are no longer than half of its patch', () => {
  for (const [patch, count] of [
    [1, 1],
    [3, 9],
    [5, 21],
    [7, 37],
    [9, 69],
  ] as const) {
    // biome-ignore format: pairs
    assert.is(localNeighbourhood('layer', patch, 'disc').offsets.length / 2, count, `${patch}`);
  }
  assert.not.ok(pairs(localNeighbourhood('layer', 5, 'disc').offsets).includes('2 2'));
});

test('a soft disc adds 2 log(1 - (r / (p / 2))^2), nothing in the middle', () => {
  const { offsets, window } = localNeighbourhood('layer', 5, 'soft');
  const at = (row: number, column: number): number => window![pairs(offsets).indexOf(`${row} ${column}`)]!;
  assert.is(at(0, 0), 0);
  assertClose([at(0, 1), at(-2, 1)], [2 * Math.log(1 - 1 / 6.25), 2 * Math.log(1 - 5 / 6.25)]);
});

test('a whole image has all offsets between two of its pixels', () => {
  const { offsets, reach } = globalNeighbourhood(2, 3, 3);
  assert.is(offsets.length / 2, 3 * 5);
  assert.is(reach, 2);
});

test('an even patch, and what is no patch, are refused', () => {
  for (const patch of [0, 2, 4, 1.5, -3, Number.NaN, '5']) {
    const message = new RegExp(`^layer: patch must be an odd number, got ${typeof patch === 'string' ? '"5"' : patch}`);
    assertThrows(() => localNeighbourhood('layer', patch as number, 'square'), OptionError, message);
  }
  assertThrows(
    () => localNeighbourhood('layer', 513, 'square'),
    OptionError,
    /patch must be a whole number in \[1, 511\]/,
  );
  assertThrows(
    () => localNeighbourhood('layer', 5, 'round' as 'disc'),
    OptionError,
    /neighbourhood must be one of square, disc, soft/,
  );
});

test('a sight is one of a patch, a size and a largest size', () => {
  assertThrows(() => sightOf('layer', {}), OptionError, /^layer: expected one of patch, size and maxSize, got none/);
  assertThrows(() => sightOf('layer', { patch: 3, size: 4 }), OptionError, /got patch and size/);
  assertThrows(
    () => sightOf('layer', { size: 4, neighbourhood: 'disc' }),
    OptionError,
    /neighbourhood is the form of a patch/,
  );
  assertThrows(
    () => sightOf('layer', { size: 1000 }),
    OptionError,
    /size must be a whole number in \[1, 256\], got 1000/,
  );
  assertThrows(
    () => sightOf('layer', { size: [3, 4, 5] as never }),
    OptionError,
    /size must be a side, or \[height, width\]/,
  );
  assertThrows(
    () => sightOf('layer', { maxSize: 0 }),
    OptionError,
    /maxSize must be a whole number in \[1, 256\], got 0/,
  );
});

test('images of another size than a layer was built for are refused with both sizes', () => {
  const exact = sightOf('layer', { size: [4, 6] });
  assert.is(exact.neighbourhood(4, 6).offsets.length / 2, 7 * 11);
  assertThrows(
    () => exact.neighbourhood(6, 4),
    ShapeError,
    /^layer: built for images of 4 x 6, got 6 x 4; maxSize takes smaller ones too$/,
  );
  const upTo = sightOf('layer', { maxSize: 5 });
  assert.is(upTo.neighbourhood(3, 5).reach, 4);
  assertThrows(() => upTo.neighbourhood(3, 6), ShapeError, /^layer: built for images of sides up to 5, got 3 x 6$/);
});

for (const name of ['exact_lift_p4', 'exact_lift_p4m', 'exact_lift_p8']) {
  test(`${name}: positions are the reference's, and exactly antisymmetric`, () => {
    const vectors = new Vectors(name);
    const [order, patch] = vectors.shape('positions') as [number, number];
    const group =
      name === 'exact_lift_p8' ? rotations(8) : name === 'exact_lift_p4m' ? rotationsAndMirrors(4) : rotations(4);
    const { rows, columns } = exactPositions(group, localNeighbourhood('layer', patch, 'square'));
    const expected = vectors.values('positions');
    assertClose(rows, expected.filter((_, i) => i % 2 === 0), { rtol: 0, atol: 1e-6 }); // biome-ignore format: one line
    assertClose(columns, expected.filter((_, i) => i % 2 === 1), { rtol: 0, atol: 1e-6 }); // biome-ignore format: one line
    const count = patch ** 2;
    for (let v = 0; v < order; v++) {
      const [own, back] = [rows.slice(v * count, (v + 1) * count), rows.slice(v * count, (v + 1) * count).reverse()];
      assert.equal(Array.from(own, (r) => r + 0), Array.from(back, (r) => 0 - r)); // biome-ignore format: one line
    }
  });
}

test('a patch of one pixel, and an image of one, have the coordinate 0', () => {
  for (const neighbourhood of [localNeighbourhood('layer', 1, 'square'), globalNeighbourhood(1, 1, 1)]) {
    const { plan, rows, columns } = liftingPlan('layer', { group: groups.p4m, encoding: 'exact', neighbourhood });
    assert.equal([plan.offsets.length, Array.from(rows), Array.from(columns)], [2, [0], [0]]);
    const old = liftingPlan('layer', { group: groups.p4m, encoding: 'paper2021', neighbourhood });
    assert.equal([Array.from(old.rows), Array.from(old.columns)], [[0], [0]]);
  }
});

test('numbers are merged where they are exactly equal, 0 and -0 among them', () => {
  const { values, index } = distinct(Float32Array.of(0, 1, -0, 0.1, 1, 0.1 + 1e-8));
  assert.equal(Array.from(values), [0, 1, Math.fround(0.1), Math.fround(0.1 + 1e-8)]);
  assert.ok(Object.is(values[0], 0));
  assert.equal(Array.from(index), [0, 1, 0, 2, 1, 3]);
});

test('quarter turns and mirrors read as few encodings as the patch has rows', () => {
  for (const name of ['p4', 'p4m', 'mz2'] as const) {
    const spec = {
      group: groups[name],
      encoding: 'exact',
      neighbourhood: localNeighbourhood('layer', 5, 'square'),
    } as const;
    const { rows, columns } = liftingPlan('layer', spec);
    assert.equal([rows.length, columns.length], [5, 5]);
  }
});

test('whatever the group, positions and group indices are those of the turned offset, output, query and key', () => {
  const choice = fc.record({
    group: fc.constantFrom(
      groups.p4,
      groups.p8,
      groups.p12,
      groups.p4m,
      groups.p8m,
      groups.mz2,
      rotationsAndMirrors(2),
      rotationsAndMirrors(3),
    ),
    patch: fc.constantFrom(1, 3, 5),
    shape: fc.constantFrom('square' as const, 'disc' as const, 'soft' as const),
    index: fc.constantFrom('keyPose' as const, 'relative' as const, 'pair' as const),
    numbers: fc.array(fc.nat(1000), { minLength: 5, maxLength: 5 }),
  });
  fc.assert(
    fc.property(choice, ({ group, patch, shape, index, numbers }) => {
      const neighbourhood = localNeighbourhood('layer', patch, shape);
      const { plan } = groupPlan('layer', { group, encoding: 'exact', neighbourhood }, { index, fourier: false });
      const count = plan.offsets.length / 2;
      const h = group.latticeElements[numbers[0]! % group.latticeElements.length]!;
      const [v, g, m] = numbers.slice(1, 4).map((n) => n % group.order) as [number, number, number];
      const o = numbers[4]! % count;
      const [[a, b], [c, d]] = group.matrices[h]!;
      const [y, x] = [plan.offsets[2 * o]!, plan.offsets[2 * o + 1]!];
      const there = pairs(plan.offsets).indexOf(`${a * y + b * x + 0} ${c * y + d * x + 0}`);
      const by = (element: number): number => group.multiply(h, element);
      assert.is(plan.rowIndex[by(v) * count + there], plan.rowIndex[v * count + o]);
      assert.is(plan.columnIndex[by(v) * count + there], plan.columnIndex[v * count + o]);
      const at = (i: number, j: number, k: number): number =>
        plan.groupIndex![(i * group.order + j) * group.order + k]!;
      assert.is(at(by(v), by(g), by(m)), at(v, g, m));
      assert.is(plan.window?.[there], plan.window?.[o]);
    }),
    { numRuns: 300 },
  );
});

test('a plan at the angles of a group is the plan of the group', () => {
  for (const name of ['p4', 'p8'] as const) {
    const group = groups[name];
    const spec = { group, encoding: 'exact', neighbourhood: localNeighbourhood('layer', 5, 'square') } as const;
    const angles = group.matrices.map((_, k) => (2 * Math.PI * k) / group.order);
    const [own, at] = [liftingPlan('layer', spec), liftingPlanAt(poseMatrices('layer', angles), spec.neighbourhood)];
    for (const [values, index] of [
      ['rows', 'rowIndex'],
      ['columns', 'columnIndex'],
    ] as const) {
      // biome-ignore format: pairs
      const all = [own, at].map((p) => Array.from(p.plan[index], (i) => p[values][i]!));
      assertClose(all[0]!, all[1]!, { rtol: 0, atol: 1e-6 });
    }
  }
});

test('poses seen from outputs at the elements of a group are the elements seen from elements', () => {
  const group = groups.p4m;
  const spec = { group, encoding: 'exact', neighbourhood: localNeighbourhood('layer', 3, 'square') } as const;
  const poses = group.matrices.map((_, k) => ({ angle: (Math.PI / 2) * (k % 4), mirrored: k >= 4 }));
  for (const index of ['keyPose', 'relative', 'pair'] as const) {
    const own = groupPlan('layer', spec, { index, fourier: true });
    const at = groupPlanAt('layer', spec, poseMatrices('layer', poses), { index, fourier: true });
    const width = index === 'pair' ? 6 : 3;
    const featuresOf = ({ plan, poses: all }: typeof own): number[] =>
      Array.from(plan.groupIndex!).flatMap((i) => Array.from(all!.subarray(i * width, (i + 1) * width)));
    assertClose(featuresOf(at), featuresOf(own), { rtol: 0, atol: 1e-6 });
  }
  const message =
    /^layer: a table of the elements of p4m has no row for other poses; build the layer with groupEncoding: 'fourier'/;
  for (const index of ['keyPose', 'pair'] as const) {
    assertThrows(
      () => groupPlanAt('layer', spec, poseMatrices('layer', [0.1]), { index, fourier: false }),
      OptionError,
      message,
    );
  }
});

test('angles are finite numbers', () => {
  assertThrows(
    () => poseMatrices('layer', []),
    OptionError,
    /^layer: expected angles such as \[0, Math.PI \/ 3\], got \[\]/,
  );
  assertThrows(
    () => poseMatrices('layer', [Number.NaN]),
    OptionError,
    /^layer: an angle must be a finite number, got NaN/,
  );
  assertThrows(
    () => poseMatrices('layer', ['a' as never]),
    OptionError,
    /an angle must be a finite number, got undefined/,
  );
});

test.run();
