import { type Tensor, zeros } from '@saccade/tensor';
import { assertThrows } from '@saccade/testing';
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type Group, groupsOf } from '../src/distributed/groups.js';
import { byGroup, byTensor, stored } from '../src/distributed/memory-by-tensor.js';
import type { Settings } from '../src/distributed/settings.js';

const parameters = new Map(
  Object.entries({ a: [4, 5], b: [3], c: [2, 3, 4], d: [] }).map(([name, shape]) => [name, zeros(shape) as Tensor]),
);
const groups = (settings: Partial<Settings>, given = parameters): Group[] =>
  groupsOf(given, { group: 'layer', denseBelow: 0, feedback: 'memory', powerRank: 2, ...settings } as Settings);
/** `name[from, to)` of each part, and ! for uncompressed. */
const texts = (list: readonly Group[]): string[] =>
  list.map(
    ({ parts, dense }) =>
      (dense ? '!' : '') + parts.map(({ name, from, length }) => `${name}[${from},${from + length})`).join(' '),
  );

test('by layer each tensor is a group, with its last axis as columns', () => {
  assert.equal(texts(groups({})), ['a[0,20)', 'b[0,3)', 'c[0,24)', 'd[0,1)']);
  assert.equal(groups({})[2]!.matrix, { rows: 6, columns: 4 });
});

test('small tensors go together, uncompressed, at the end', () => {
  assert.equal(texts(groups({ denseBelow: 4 })), ['a[0,20)', 'c[0,24)', '!b[0,3) d[0,1)']);
});

test('globally all tensors are one group', () => {
  assert.equal(texts(groups({ group: 'global' })), ['a[0,20) b[0,3) c[0,24) d[0,1)']);
  assert.equal(texts(groups({ group: 'global', denseBelow: 4 })), ['a[0,20) c[0,24)', '!b[0,3) d[0,1)']);
});

test('buckets are cut without regard to tensors', () => {
  assert.equal(texts(groups({ group: { bucket: 21 } })), ['a[0,20) b[0,1)', 'b[1,3) c[0,19)', 'c[19,24) d[0,1)']);
});

test('PowerSGD takes matrices that are larger than two thin ones', () => {
  const given = new Map(
    Object.entries({ a: [8, 8], b: [4, 4], c: [100] }).map(([name, shape]) => [name, zeros(shape) as Tensor]),
  );
  assert.equal(texts(groups({ feedback: 'power' }, given)), ['a[0,64)', '!b[0,16) c[0,100)']);
});

test('tensors without entries are in no group, and a model of such has nothing to train', () => {
  const empty = zeros([0, 3]) as Tensor;
  assert.equal(
    texts(
      groups(
        {},
        new Map([
          ['a', empty],
          ['b', zeros([3]) as Tensor],
        ]),
      ),
    ),
    ['b[0,3)'],
  );
  assertThrows(() => groups({}, new Map([['a', empty]])), Error, /no parameter has entries/);
});

test('every entry is in one group, and what is remembered comes back from its tensors', () => {
  const grouping = fc.oneof(
    fc.constant('layer' as const),
    fc.constant('global' as const),
    fc.record({ bucket: fc.integer({ min: 1, max: 60 }) }),
  );
  fc.assert(
    fc.property(grouping, fc.nat(30), (group, denseBelow) => {
      const list = groups({ group, denseBelow });
      let next = 0;
      const records = list.map(({ length }) => ({ memory: new Float32Array(length).map(() => ++next) }));
      const cut = byTensor(list, records, parameters);
      assert.equal([...cut.keys()].sort(), ['memory.a', 'memory.b', 'memory.c', 'memory.d']);
      const entries = [...cut.values()].flatMap(({ data }) => [...(data as Float32Array)]).sort((a, b) => a - b);
      assert.equal(
        entries,
        Array.from({ length: 48 }, (_, i) => i + 1),
      );
      assert.equal(byGroup(list, records, cut, parameters).records, records);
    }),
  );
});

test('what goes with a tensor as a whole comes back, and what does not fit is left out', () => {
  const list = groups({}).slice(0, 1);
  const q = [{ q: new Float32Array(10).fill(2) }];
  const cut = byTensor(list, q, parameters);
  assert.equal(cut.get('q.a')!.shape, [10]);
  assert.equal(byGroup(list, q, cut, parameters).records, q);
  assert.equal(byGroup(list, q, new Map([['q.a', stored(new Float32Array(9))]]), parameters).records, [{}]);
});

test.run();
