/** The sorting task and its network. */
import { Rng } from '@saccade/tensor';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { draw, percentBlind, percentRight, Sorter, task, train } from '../src/sorter.js';

test('sequences hold letters of the alphabet, and the target is the same letters in order', async () => {
  const { letters, sorted } = draw(50, new Rng(1));
  assert.equal([...letters.shape], [50, task.length]);
  const [given, target] = await Promise.all([letters.data<'int32'>(), sorted.data<'int32'>()]);
  for (let i = 0; i < given.length; i += task.length) {
    assert.equal(
      [...target.slice(i, i + task.length)],
      [...given.slice(i, i + task.length)].sort((a, b) => a - b),
    );
  }
  assert.ok(given.every((letter) => letter >= 0 && letter < task.letters));
});

test('the blind answer is right about three times as often as chance', async () => {
  const blind = await percentBlind(2000, 1);
  assert.ok(blind > 20 && blind < 40, `${blind} %`);
});

test('a hundred steps beat the blind answer, and the same seed gives the same losses', async () => {
  const runs: number[][] = [[], []];
  for (const losses of runs) {
    const sorter = new Sorter(1, new Rng(1));
    await train(sorter, { steps: 100, seed: 1, onStep: (_, loss) => void losses.push(loss) });
    assert.ok((await percentRight(sorter, 500, 2)) > (await percentBlind(500, 2)) + 10);
    sorter.dispose();
  }
  assert.equal(runs[0], runs[1]);
});

test.run();
