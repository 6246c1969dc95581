/** Check points of tensors and of arrays in plain memory, in files and in stores. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { FormatError, memory, OptionError, ones, type StoredArray, scope } from '@saccade/tensor';
import { assertRejects } from '@saccade/testing';
import { newFolder } from '@saccade/testing/new-folder';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type CheckpointStore, readCheckpoint, readStoredCheckpoint, writeCheckpoint } from '../src/index.js';

const doubles: StoredArray = { dtype: 'F64', shape: [2], data: Float64Array.of(0.1, -2) };

/** A store in memory. */
function shelf(bytes?: Uint8Array): CheckpointStore {
  let saved = bytes;
  return {
    load: async () => saved,
    save: async (given) => {
      saved = given;
    },
  };
}

for (const [name, make] of [
  ['a file', () => join(newFolder(), 'run.safetensors')],
  ['a store', () => shelf()],
] as const) {
  test(`${name} holds tensors, stored arrays and promised ones, and gives them back as either`, async () => {
    const to = make();
    assert.is(await readStoredCheckpoint(to), undefined);
    assert.is(await readCheckpoint(to, {}), undefined);
    const before = memory();
    await scope(async () => {
      const promised = { dtype: 'F32', shape: [1], read: () => ones([1]) } as const;
      await writeCheckpoint(
        to,
        new Map([
          ['ones', ones([2])],
          ['doubles', doubles],
          ['promised', promised],
        ] as never),
        {
          note: 'seven',
        },
      );
    });
    const stored = (await readStoredCheckpoint(to))!;
    assert.is(stored.metadata.note, 'seven');
    assert.equal([...stored.tensors.keys()], ['doubles', 'ones', 'promised']);
    assert.equal(stored.tensors.get('doubles'), doubles);
    assert.equal(stored.tensors.get('ones'), { dtype: 'F32', shape: [2], data: Float32Array.of(1, 1) });
    await scope(async () => {
      const { tensors } = (await readCheckpoint(to, { dtype: 'float64' }))!;
      assert.equal([...(await tensors.get('doubles')!.data<'float64'>())], [0.1, -2]);
    });
    assert.equal(memory().tensors, before.tensors);
  });
}

test('a damaged check point is told, with its name', async () => {
  const path = join(newFolder(), 'cut.safetensors');
  writeFileSync(path, new Uint8Array(20));
  await assertRejects(() => readStoredCheckpoint(path), FormatError, /readStoredCheckpoint: .*cut\.safetensors/);
  await assertRejects(() => readStoredCheckpoint(shelf(new Uint8Array(3))), FormatError, /readStoredCheckpoint/);
});

test('what is no entry is refused before anything is written', async () => {
  const to = shelf();
  await assertRejects(() => writeCheckpoint(to, { x: 3 as never }, {}), OptionError, /tensor "x": expected a tensor/);
  await assertRejects(
    () => writeCheckpoint(to, { x: { ...doubles, shape: [3] } }, {}),
    FormatError,
    /needs 3 elements, got 2/,
  );
  assert.is(await to.load(), undefined);
});

test.run();
