/** Groups: what they tell, the reference vectors, every axiom as a property, and what is refused and why. */
import { OptionError } from '@saccade/tensor';
import { assertClose, assertThrows } from '@saccade/testing';
import { Golden } from '@saccade/testing/golden';
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Group, type GroupOptions } from '../../src/groups/group.js';
import { type GroupName, groupOf, groups, rotations, rotationsAndMirrors } from '../../src/groups/named-groups.js';
import { product, transposed } from '../../src/groups/plane-matrix.js';

const names = Object.keys(groups) as GroupName[];

/** Any rotation group, with or without mirrors. */
const anyGroup = fc
  .record({ n: fc.integer({ min: 1, max: 24 }), mirrors: fc.boolean() })
  .map(({ n, mirrors }) => (mirrors ? rotationsAndMirrors(n) : rotations(n)));

/** A group with up to three elements of it. */
const groupAndElements = anyGroup.chain((group) => {
  const element = fc.nat(group.order - 1);
  return fc.tuple(fc.constant(group), element, element, element);
});

test('the named groups have the orders of the paper, and those of their elements that map pixels to pixels', () => {
  const told = names.map((name) => [name, groups[name].order, groups[name].latticeElements.length]);
  assert.equal(told, [
    ['z2', 1, 1],
    ['p4', 4, 4],
    ['p8', 8, 4],
    ['p12', 12, 4],
    ['p16', 16, 4],
    ['mz2', 2, 2],
    ['p4m', 8, 8],
    ['p8m', 16, 8],
  ]);
  assert.equal(rotations(6).latticeElements, [0, 3]);
  for (const name of names) assert.is(groups[name].name, name);
});

const golden = new Golden<object>(new URL('../golden/exact_groups', import.meta.url));

const references = { C1: 'z2', C4: 'p4', C8: 'p8', C12: 'p12', C16: 'p16', D1: 'mz2', D4: 'p4m', D8: 'p8m' } as const;

for (const [name, its] of Object.entries(references)) {
  test(`${its}: table, inverses and matrices are those of the reference`, () => {
    const group = groups[its];
    const elements = group.matrices.map((_, a) => a);
    assert.equal(
      elements.flatMap((a) => elements.map((b) => group.multiply(a, b))),
      golden.values(`${name}.mul`),
    );
    assert.equal(
      elements.map((a) => group.inverse(a)),
      golden.values(`${name}.inv`),
    );
    assertClose(group.matrices.flat(2), golden.values(`${name}.matrix`), { rtol: 0, atol: 1e-15 });
  });
}

test('every axiom holds of every group', () => {
  fc.assert(
    fc.property(groupAndElements, ([group, a, b, c]) => {
      const { identity: e } = group;
      const inverse = group.inverse(a);
      assert.ok(group.multiply(a, b) < group.order);
      assert.is(group.multiply(group.multiply(a, b), c), group.multiply(a, group.multiply(b, c)));
      assert.equal([group.multiply(e, a), group.multiply(a, e)], [a, a]);
      assert.equal([group.multiply(inverse, a), group.multiply(a, inverse)], [e, e]);
      const [x, y] = [group.matrices[a]!, group.matrices[b]!];
      assertClose(product(x, y).flat(), group.matrices[group.multiply(a, b)]!.flat(), { rtol: 0, atol: 1e-14 });
      assertClose(product(x, transposed(x)).flat(), [1, 0, 0, 1], { rtol: 0, atol: 1e-14 });
    }),
  );
});

test('elements that map pixels to pixels multiply with others exactly', () => {
  fc.assert(
    fc.property(groupAndElements, ([group, a]) => {
      for (const h of group.latticeElements) {
        assert.equal(product(group.matrices[h]!, group.matrices[a]!), group.matrices[group.multiply(h, a)]);
        assert.equal(product(group.matrices[a]!, group.matrices[h]!), group.matrices[group.multiply(a, h)]);
      }
    }),
  );
});

test('a group of its own by table and matrices, with another element first', () => {
  const half = Math.cos(Math.PI);
  const group = new Group({
    name: 'half turns',
    table: [
      [1, 0],
      [0, 1],
    ],
    // cos(pi / 2) is not quite 0, and becomes it.
    matrices: [
      [
        [half, Math.cos(Math.PI / 2)],
        [0, half],
      ],
      [
        [1, 0],
        [0, 1],
      ],
    ],
  });
  assert.equal([group.identity, group.order, group.inverse(0)], [1, 2, 0]);
  assert.equal(group.latticeElements, [0, 1]);
  assert.equal(group.matrices[0], [
    [-1, 0],
    [0, -1],
  ]);
});

test('JSON and back', () => {
  fc.assert(
    fc.property(anyGroup, (group) => {
      const again = groupOf(JSON.parse(JSON.stringify(group)) as GroupOptions);
      assert.ok(again.equals(group) && group.equals(again));
      assert.equal([again.name, again.identity], [group.name, group.identity]);
    }),
    { numRuns: 20 },
  );
  assert.is(groupOf('p4m'), groups.p4m);
  assert.is(groupOf(groups.p8), groups.p8);
  assert.not(groups.p4.equals(groups.p8));
  assert.not(groups.p4.equals(rotationsAndMirrors(2)));
});

test('subgroups know their elements in the group that they were taken from', () => {
  const { p8m } = groups;
  const p4m = p8m.subgroup([0, 2, 4, 6, 8, 10, 12, 14]);
  assert.is(p4m.order, 8);
  assert.ok(p4m.equals(groups.p4m));
  assert.equal(p4m.within?.elements, [0, 2, 4, 6, 8, 10, 12, 14]);
  const half = p4m.subgroup([2, 0], 'half');
  assert.is(half.name, 'half');
  assert.equal(half.numbersIn(p8m), [0, 4]);
  assert.equal(half.numbersIn(p4m), [0, 2]);
  assert.equal(groups.p4.numbersIn(groups.p16), [0, 4, 8, 12]);
  assert.is(groups.p8.numbersIn(groups.p4), undefined);
  assert.ok(p8m.isSubgroup([0, 4]));
  assert.not(p8m.isSubgroup([0, 1]));
  assert.not(p8m.isSubgroup([]));
});

test('what is no subgroup and no element is refused', () => {
  const { p4 } = groups;
  const refused = (f: () => unknown, message: RegExp) => assertThrows(f, OptionError, message);
  refused(() => p4.subgroup([0, 1]), /^Group.subgroup: expected elements of p4 that .* got \[0, 1\]: 1 1 is 2$/);
  refused(() => p4.subgroup([]), /got \[\]: none$/);
  refused(() => p4.subgroup([4]), /^Group: p4 has elements 0 to 3, got 4$/);
  refused(() => p4.multiply(0, 1.5), /^Group: p4 has elements 0 to 3, got 1.5$/);
  refused(() => p4.inverse(-1), /got -1/);
  refused(() => rotations(0), /^rotations: n must be a whole number in \[1, 256\], got 0$/);
  refused(() => rotationsAndMirrors(1e9), /^rotationsAndMirrors: n must be a whole number in \[1, 128\], got/);
  refused(
    () => groupOf('p5' as GroupName),
    /^groupOf: there is no group "p5"; there are z2, p4, p8, p12, p16, mz2, p4m, p8m/,
  );
  refused(() => groupOf('toString' as GroupName), /there is no group/);
  refused(() => groupOf(7 as unknown as Group), /^Group: expected options/);
});

/** p4 with something changed. */
const changed = (change: Partial<Record<keyof GroupOptions, unknown>>): GroupOptions =>
  ({ ...groups.p4.toJSON(), name: 'mine', ...change }) as unknown as GroupOptions;

/** The table of p4 with one entry changed. */
const withEntry = (a: number, b: number, value: unknown): unknown =>
  groups.p4.toJSON().table.map((row, i) => row.map((c, j) => (i === a && j === b ? value : c)));

// biome-ignore format: a table
/** Everything but associative. */
const loop = [[0, 1, 2, 3, 4], [1, 0, 3, 4, 2], [2, 4, 0, 1, 3], [3, 2, 4, 0, 1], [4, 3, 1, 2, 0]];

const unit = [
  [1, 0],
  [0, 1],
];

// biome-ignore format: a table
const refusals: readonly (readonly [what: string, options: GroupOptions, message: RegExp])[] = [
  ['a table that is none', changed({ table: 'p4' }), /^Group: mine: expected a table of products, got "p4"$/],
  ['an empty table', changed({ table: [] }), /^Group: mine: expected a table of products, got \[\]$/],
  ['a table that is not square', changed({ table: [[0, 1], [1]] }), /^Group: mine: the table must be square, its row 1 must have 2 entries, got \[1\]$/],
  ['products outside', changed({ table: withEntry(1, 2, 4) }), /^Group: mine: not closed: the product of 1 and 2 is 4, no element from 0 to 3$/],
  ['products that are no numbers', changed({ table: withEntry(3, 3, null) }), /not closed: the product of 3 and 3 is null/],
  ['holes', changed({ table: [new Array(2), [1, 0]] }), /not closed: the product of 0 and 0 is undefined/],
  ['no identity', changed({ table: [[1, 1], [1, 1]] }), /^Group: mine: no element is the identity$/],
  ['no inverse', changed({ table: [[0, 1], [1, 1]] }), /^Group: mine: element 1 has no inverse$/],
  ['products that are not associative', changed({ table: loop }), /^Group: mine: not associative: \(1 1\) 2 is 2, 1 \(1 2\) is 4$/],
  ['too few matrices', changed({ matrices: [unit] }), /^Group: mine: expected 4 matrices, one an element, got/],
  ['a matrix that is none', changed({ matrices: [unit, unit, [1, 0, 0, 1], unit] }), /^Group: mine: matrix 2 must be \[\[a, b\], \[c, d\]\] on \(row, column\), got/],
  ['matrices with NaN', changed({ matrices: [unit, unit, unit, [[Number.NaN, 0], [0, 1]]] }), /^Group: mine: matrix 3 must be/],
  ['a matrix that is not orthogonal', changed({ matrices: [unit, unit, [[1, 1e-6], [0, 1]], unit] }), /^Group: mine: matrix 2 is not orthogonal$/],
  ['matrices that do not multiply as their elements do', changed({ matrices: [...groups.p4.matrices].reverse() }), /^Group: mine: matrices 0 and 0 do not multiply to matrix 0, that of their product, within 1e-12$/],
  ['angles of float32', changed({ matrices: [0, 1, 2, 3].map((k) => turn(Math.fround((k * Math.PI) / 2))) }), /do not multiply/],
  ['no name', changed({ name: '' }), /^Group: expected a name of 1 to 200 letters, got ""$/],
  ['an option that there is not', { ...changed({}), order: 4 } as GroupOptions, /^Group: no option 'order'/],
];

for (const [what, options, message] of refusals) {
  test(`${what}: refused, with the reason`, () => {
    assertThrows(() => new Group(options), OptionError, message);
  });
}

function turn(angle: number): number[][] {
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  return [
    [cos, -sin],
    [sin, cos],
  ];
}

test('a table of hostile size is refused before anything is computed', () => {
  const row = new Array<number>(1e5).fill(0);
  const table = new Array(1e5).fill(row);
  const started = performance.now();
  assertThrows(() => new Group(changed({ table })), OptionError, /a group may have 256 elements, got 100000/);
  assert.ok(performance.now() - started < 1000);
  assert.is(rotations(256).order, 256);
});

test('whatever JSON holds is a group or an OptionError', () => {
  const table = fc.oneof(fc.anything(), fc.array(fc.array(fc.integer({ min: -1, max: 3 }))));
  const value = fc.record({ name: fc.anything(), table, matrices: fc.anything() }, { requiredKeys: [] });
  fc.assert(
    fc.property(value, (options) => {
      try {
        new Group(options as GroupOptions);
      } catch (error) {
        assert.instance(error, OptionError);
      }
    }),
    { numRuns: 500 },
  );
});

test.run();
