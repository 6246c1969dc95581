/** The released group indices and positions are those of the reference. */
import { OptionError } from '@saccade/tensor';
import { assertClose, assertThrows } from '@saccade/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { localNeighbourhood } from '../../src/encoding/neighbourhood.js';
import { releasedPositions } from '../../src/encoding/positions.js';
import { type ReleaseName, releasedGroupIndex, releaseOn } from '../../src/encoding/released.js';
import { rotations, rotationsAndMirrors } from '../../src/groups/named-groups.js';
import { Vectors } from '../reference.js';

const sources = [
  ['groups', 'paper2021'],
  ['gevit_groups', 'gevit2023'],
] as const;

for (const [file, name] of sources) {
  const vectors = new Vectors(file);
  for (const kind of ['SE2_1', 'SE2_4', 'SE2_8', 'SE2_12', 'SE2_16', 'E2_2', 'E2_8', 'E2_16']) {
    const [family, count] = kind.split('_') as [string, string];
    const group = family === 'SE2' ? rotations(Number(count)) : rotationsAndMirrors(Number(count) / 2);
    test(`${name} on ${kind}: the group index`, () => {
      const index = releasedGroupIndex(releaseOn('test', name, group));
      assert.equal(Array.from(index), vectors.values(`${kind}.acted_indices`));
    });

    test(`${name} on ${kind}: positions of a patch of 3`, () => {
      const { rows, columns } = releasedPositions(
        releaseOn('test', name, group),
        localNeighbourhood('test', 3, 'square'),
      );
      const grids = vectors.values(`${kind}.acted_grid`);
      // [elements, (row, column), 3, 3], of which the follow-up acts on (x, y) and turns the grid around the layer.
      for (let v = 0; v < group.order && name === 'paper2021'; v++) {
        assertClose(rows.subarray(9 * v, 9 * v + 9), grids.slice(18 * v, 18 * v + 9), { rtol: 0, atol: 1e-6 });
        assertClose(columns.subarray(9 * v, 9 * v + 9), grids.slice(18 * v + 9, 18 * v + 18), { rtol: 0, atol: 1e-6 });
      }
    });
  }
}

test('a group that is neither rotations nor rotations and mirrors has no release', () => {
  const turned = rotationsAndMirrors(4).subgroup([0, 2, 5, 7], 'turned mirrors');
  for (const name of ['paper2021', 'gevit2023'] as ReleaseName[]) {
    const message = new RegExp(
      `^layer: encoding ${name} is for equal rotations, and the same with a mirror behind them; turned mirrors is another`,
    );
    assertThrows(() => releaseOn('layer', name, turned), OptionError, message);
  }
});

test.run();
