/** The generators of the paper's tasks. */
import { dispose, init, memory, OptionError, Rng, scope, type Tensor } from '@saccade/tensor';
import { assertClose, assertThrows, onTestDevice } from '@saccade/testing';
import { Golden } from '@saccade/testing/golden';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { circlePoint, circleTask } from '../../src/tasks/circle-task.js';
import { convexHullTask } from '../../src/tasks/convex-hull-task.js';
import { hullLabels } from '../../src/tasks/hull-labels.js';
import { memorisationTask } from '../../src/tasks/memorisation-task.js';
import { sortedRows, sortingTask } from '../../src/tasks/sorting-task.js';
import { mostFrequentShare, type TokenTask } from '../../src/tasks/task.js';

onTestDevice(test, init);

const golden = new Golden<unknown, Tensor>(new URL('../golden/generators', import.meta.url));
const shapes = ({ train, test: tested }: TokenTask): number[][] =>
  [train, tested].flatMap(({ inputs, labels }) => [[...inputs.shape], [...labels.shape]]);

/** Runs a body and counts what is left behind. */
async function tidy(body: () => Promise<void>): Promise<void> {
  const before = memory().tensors;
  await scope(body);
  assert.is(memory().tensors, before);
}

test('sorting: letters, and the same letters in order', () =>
  tidy(async () => {
    const task = sortingTask({ rng: new Rng(1) });
    assert.equal(task.form, { vocabulary: 10, positions: 8, labels: 10 });
    assert.equal(shapes(task), [[1000, 8], [1000, 8], [200, 8], [200, 8]]); // biome-ignore format: shapes
    const [inputs, labels] = [await task.test.inputs.data<'int32'>(), await task.test.labels.data<'int32'>()];
    assert.equal(labels, sortedRows(inputs, 8));
    assert.ok(inputs.every((letter) => letter >= 0 && letter < 10));
    assert.ok(task.trivial > 0.1 && task.trivial < 0.15);
    const again = sortingTask({ rng: new Rng(1) });
    assert.equal(await again.train.inputs.data(), await task.train.inputs.data());
    assert.not.equal(await sortingTask({ rng: new Rng(2) }).test.inputs.data(), inputs);
  }));

test('sorting: the answers are the release’s', () => {
  const letters = Int32Array.from(golden.values('sort_in'));
  assert.equal([...sortedRows(letters, 8)], golden.values('sort_label'));
  assertThrows(
    () => sortedRows(letters, 5),
    OptionError,
    /^sortedRows: letters must be an Int32Array of rows of 5, got 32$/,
  );
});

test('convex hull: points in squares that are shifted, with the labels of their hulls', () =>
  tidy(async () => {
    const task = convexHullTask({ rng: new Rng(1), train: 50, test: 20 });
    assert.equal(task.form, { coordinates: 2, ffn2: true, labels: 2 });
    assert.equal(shapes(task), [[50, 10, 2], [50, 10], [20, 10, 2], [20, 10]]); // biome-ignore format: shapes
    const [xy, labels] = [await task.test.inputs.data<'float32'>(), await task.test.labels.data<'int32'>()];
    const set = (i: number) =>
      Array.from({ length: 10 }, (_, j) => [xy[20 * i + 2 * j]!, xy[20 * i + 2 * j + 1]!] as const);
    for (let i = 0; i < 20; i++) assert.equal(labels.slice(10 * i, 10 * i + 10), hullLabels(set(i)));
    // The shift is one for the set: its points stay within a square of ten.
    const wide = Array.from({ length: 20 }, (_, i) => set(i).map(([x]) => x)).map(
      (x) => Math.max(...x) - Math.min(...x),
    );
    assert.ok(wide.every((width) => width <= 10));
    assert.ok(xy.some((value) => value < 0));
    assert.ok(task.trivial > 0.5 && task.trivial < 0.7);
  }));

test('memorisation: a bit for each token of generated texts, none for padding', () =>
  tidy(async () => {
    const task = memorisationTask({ rng: new Rng(1), count: 30, length: 16, vocabulary: 50 });
    assert.equal(task.form, { vocabulary: 50, positions: 16, padding: 0, labels: 2 });
    assert.is(task.train, task.test);
    const [ids, bits] = [await task.train.inputs.data<'int32'>(), await task.train.labels.data<'int32'>()];
    assert.ok(ids.every((id, i) => id >= 0 && id < 50 && (id === 0) === (bits[i] === -1)));
    const words = Array.from({ length: 30 }, (_, i) => ids.slice(16 * i, 16 * i + 16).filter((id) => id > 0).length);
    assert.ok(words.every((count) => count >= 8) && words.some((count) => count < 16));
    const ones = bits.filter((bit) => bit === 1).length;
    assert.ok(Math.abs(ones / words.reduce((a, b) => a + b) - 0.5) < 0.15);
    assert.ok(ids.filter((id) => id === 1).length > 3 * ids.filter((id) => id === 10).length);
  }));

test('memorisation: the user’s texts are cut and padded', () =>
  tidy(async () => {
    const texts = [[5, 3, 7, 1], [2]];
    const task = memorisationTask({ rng: new Rng(1), texts, length: 3, padding: 4 });
    assert.equal(task.form, { vocabulary: 8, positions: 3, padding: 4, labels: 2 });
    assert.equal([...(await task.train.inputs.data<'int32'>())], [5, 3, 7, 2, 4, 4]);
    const bits = await task.train.labels.data<'int32'>();
    assert.equal([bits[4], bits[5]], [-1, -1]);
    assert.ok(bits.slice(0, 4).every((bit) => bit === 0 || bit === 1));
  }));

test('circle: pairs of opposite points, and where they go', () =>
  tidy(async () => {
    const { inputs, targets } = circleTask({ points: 40, advance: 3 });
    assert.equal([[...inputs.shape], [...targets.shape]], [[40, 2, 2], [40, 2, 2]]); // biome-ignore format: shapes
    const [from, to] = [await inputs.data<'float32'>(), await targets.data<'float32'>()];
    const pair = (i: number, apart: number): number[] => [
      ...circlePoint(i, 40, 0.3),
      ...circlePoint(i + apart, 40, 0.3),
    ];
    assertClose(from.slice(4 * 7, 4 * 8), pair(7, 20), { atol: 1e-7 });
    assertClose(to.slice(4 * 39, 4 * 40), pair(42, 20), { atol: 1e-7 });
    const released = circleTask({ apart: 499 });
    assertClose((await released.inputs.data()).slice(2, 4), circlePoint(499, 1000, 0.3), { atol: 1e-7 });
    dispose([released, inputs, targets]);
  }));

for (const points of [40, 1000]) {
  test(`circle: ${points} points are the release’s`, () => {
    const own = Array.from({ length: points }, (_, i) => circlePoint(i, points, 0.3)).flat();
    assertClose(own, golden.values(`circle${points}`), { rtol: 0, atol: 3e-7 });
  });
}

test('wrong options are OptionErrors that leave nothing behind', () => {
  const before = memory().tensors;
  const rng = new Rng(0);
  const bad = (make: (options: never) => unknown, options: object, message: RegExp): void => {
    assertThrows(() => make({ rng, ...options } as never), OptionError, message);
  };
  bad(sortingTask, { letters: 0 }, /^sortingTask: letters must be a whole number from 1, got 0$/);
  bad(sortingTask, { length: 2.5 }, /length must be a whole number from 1, got 2.5/);
  bad(sortingTask, { rng: 3 }, /source of random numbers/);
  bad(sortingTask, { points: 3 }, /no option 'points'; there are rng, letters/);
  bad(convexHullTask, { size: 0 }, /^convexHullTask: size must be a number above 0, got 0$/);
  bad(convexHullTask, { shift: -1 }, /shift must be a number from 0, got -1/);
  bad(convexHullTask, { test: 0 }, /test must be a whole number from 1, got 0/);
  bad(memorisationTask, { texts: [] }, /^memorisationTask: texts must be a list of at least one text, got \[\]$/);
  bad(memorisationTask, { texts: [[1], []] }, /text 1 must be ids in \[0, 1\], got \[\]/);
  bad(memorisationTask, { texts: [[1, -2]] }, /text 0 must be ids in \[0, 1\], got \[1, -2\]/);
  bad(memorisationTask, { texts: [[1], [0.5, Number.NaN]] }, /text 1 must be ids in \[0, 1\], got \[0.5, NaN\]/);
  bad(memorisationTask, { texts: [[9]], vocabulary: 5 }, /text 0 must be ids in \[0, 4\], got \[9\]/);
  bad(memorisationTask, { vocabulary: 1 }, /vocabulary must be a whole number from 2, got 1/);
  bad(memorisationTask, { vocabulary: 9, padding: 9 }, /padding must be a whole number in \[0, 8\], got 9/);
  assertThrows(
    () => circleTask({ points: 1 }),
    OptionError,
    /^circleTask: points must be a whole number from 2, got 1$/,
  );
  assertThrows(() => circleTask({ radius: 0 }), OptionError, /radius must be a number above 0, got 0/);
  assertThrows(() => circleTask({ advance: -1 }), OptionError, /advance must be a whole number from 0, got -1/);
  assert.is(memory().tensors, before);
});

test('the trivial answer is the most frequent one that counts', () => {
  assert.is(mostFrequentShare(Int32Array.of(-1, 1, 1, 0, -1, -1)), 2 / 3);
  assert.is(mostFrequentShare(Int32Array.of(-1)), 0);
});

test.run();
