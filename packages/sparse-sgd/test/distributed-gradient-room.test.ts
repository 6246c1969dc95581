import { scope, type Tensor, tensor } from '@saccade/tensor';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { fillRoom, type GradientRoom, makeRoom } from '../src/distributed/gradient-room.js';
import { type Group, groupsOf } from '../src/distributed/groups.js';
import type { Settings } from '../src/distributed/settings.js';

type Grouped = Pick<Settings, 'group' | 'denseBelow'>;

/** The room of a model, filled with its parameters. */
async function filled(
  parameters: ReadonlyMap<string, Tensor>,
  settings: Grouped,
): Promise<{ room: GradientRoom; groups: Group[] }> {
  const groups = groupsOf(parameters, { feedback: 'memory', powerRank: 1, ...settings } as Settings);
  const isDouble = [...parameters.values()].some(({ dtype }) => dtype === 'float64');
  const room = makeRoom(groups, parameters, isDouble ? 'float64' : 'float32');
  await fillRoom(room, parameters);
  return { room, groups };
}

/** 0, 1, 2, ... over all tensors. */
function counting(...sizes: readonly number[]): Map<string, Tensor> {
  let next = 0;
  const names = ['a', 'b', 'c', 'd'];
  return new Map(
    sizes.map((size, i) => [names[i]!, tensor(Float32Array.from({ length: size }, () => next++)) as Tensor]),
  );
}

for (const [name, settings, expected] of [
  ['by layer', { group: 'layer', denseBelow: 0 }, [[0, 1, 2], [3], [4, 5, 6, 7, 8]]],
  [
    'by layer, small ones together',
    { group: 'layer', denseBelow: 4 },
    [
      [4, 5, 6, 7, 8],
      [0, 1, 2, 3],
    ],
  ],
  ['all together', { group: 'global', denseBelow: 0 }, [[0, 1, 2, 3, 4, 5, 6, 7, 8]]],
  ['cut into buckets', { group: { bucket: 2 }, denseBelow: 0 }, [[0, 1], [2, 3], [4, 5], [6, 7], [8]]],
  ['in buckets, but small ones', { group: { bucket: 2 }, denseBelow: 2 }, [[0, 1], [2, 4], [5, 6], [7, 8], [3]]],
] as const) {
  test(`each group has its entries, each tensor its own: ${name}`, async () => {
    await scope(async () => {
      const parameters = counting(3, 1, 5, 0);
      const { room } = await filled(parameters, settings as Grouped);
      assert.equal(
        room.vectors.map((vector) => [...vector]),
        expected,
      );
      assert.equal([...room.places.keys()].sort(), ['a', 'b', 'c']);
      for (const [tensorName, place] of room.places) assert.equal(place, parameters.get(tensorName)!.dataSync());
      // They are views of the same memory.
      for (const vector of room.vectors) vector.fill(7);
      assert.ok([...room.places.values()].every((place) => place.every((value) => value === 7)));
    });
  });
}

test('a whole tensor has a vector of its own type, what lies together the wider one', async () => {
  await scope(async () => {
    const parameters = new Map<string, Tensor>([
      ['a', tensor([1, 2, 3])],
      ['b', tensor([0.1, 4], { dtype: 'float64' })],
      ['c', tensor([0.5])],
      ['d', tensor([6, 7, 8], { dtype: 'float64' })],
    ]);
    const { room } = await filled(parameters, { group: 'layer', denseBelow: 3 });
    assert.equal(room.vectors, [Float32Array.of(1, 2, 3), Float64Array.of(6, 7, 8), Float64Array.of(0.1, 4, 0.5)]);
  });
});

test.run();
