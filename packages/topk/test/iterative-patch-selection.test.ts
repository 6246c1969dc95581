/** Iterative patch selection: what stays, and how much is held meanwhile. */
import { Dropout, Linear, Sequential } from '@saccade/nn';
import { memory, OptionError, Rng, ShapeError, stack, sum, type Tensor, tensor, zeros } from '@saccade/tensor';
import { assertRejects } from '@saccade/testing';
import * as fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type IterativeSelectionOptions, selectIteratively } from '../src/baselines/iterative-patch-selection.js';

/** A patch is a number, which is its score. */
const embed = (patches: readonly number[]): Tensor => tensor(patches.map((patch) => [patch, 1]));
const score = (embeddings: Tensor): Tensor => embeddings.at(':', 0);

test('what stays equals the choice of the best of all at once, in the order of the stream; of equals the earlier', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.integer({ min: 0, max: 9 }), { maxLength: 30 }),
      fc.integer({ min: 1, max: 6 }),
      fc.integer({ min: 1, max: 7 }),
      async (values, keep, chunk) => {
        const result = await selectIteratively(values, { keep, chunk, embed, score });
        const order = values.map((_, i) => i).sort((i, j) => (values[j] as number) - (values[i] as number) || i - j);
        const best = order.slice(0, keep).sort((i, j) => i - j);
        assert.equal(result.positions, best);
        assert.equal(
          result.patches,
          best.map((i) => values[i]),
        );
        assert.equal(result.scores, result.patches);
        assert.is(result.seen, values.length);
      },
    ),
    { numRuns: 100, seed: 4 },
  );
});

test('at most keep + chunk patches are alive, each is embedded once, and nothing is left behind', async () => {
  let [alive, most, embedded] = [0, 0, 0];
  const rng = new Rng(1);
  async function* stream(): AsyncGenerator<Tensor> {
    for (let i = 0; i < 100; i++) {
      alive += 1;
      most = Math.max(most, alive);
      yield rng.normal([4, 4, 3]);
    }
  }
  const before = memory().tensors;
  const { patches, seen } = await selectIteratively(stream(), {
    keep: 5,
    chunk: 8,
    embed: (some) => {
      embedded += some.length;
      return sum(stack(some), { axis: [1, 2] });
    },
    score: (embeddings) => sum(embeddings, { axis: 1 }),
    discard: (patch) => {
      alive -= 1;
      patch.dispose();
    },
  });
  assert.equal([seen, most, embedded, alive, patches.length], [100, 13, 100, 5, 5]);
  assert.is(memory().tensors, before + 5);
  for (const patch of patches) patch.dispose();
});

test('the model works in evaluation mode and goes back to its own', async () => {
  const rng = new Rng(2);
  const model = new Sequential(new Linear(2, 8, { rng }), new Dropout(0.5, { rng }), new Linear(8, 1, { rng }));
  const scored = (embeddings: Tensor): Tensor => model.forward(embeddings).reshape([-1]);
  const options: IterativeSelectionOptions<number> = { keep: 3, chunk: 4, embed, score: scored, model };
  const values = Array.from({ length: 20 }, (_, i) => Math.sin(i));
  const first = await selectIteratively(values, options);
  assert.equal(await selectIteratively(values, options), first);
  assert.ok(model.training);
});

test('counts, shapes and NaN that do not fit are typed errors, and free what was held', async () => {
  const before = memory().tensors;
  const select = (options: object): Promise<unknown> =>
    selectIteratively([1, 2, 3], { keep: 2, embed, score, ...options });
  await assertRejects(() => select({ keep: 0 }), OptionError, /keep must be a whole number from 1, got 0/);
  await assertRejects(() => select({ chunk: 1.5 }), OptionError, /chunk must be a whole number from 1, got 1.5/);
  await assertRejects(() => select({ embed: undefined }), OptionError, /expected a function/);
  await assertRejects(
    () => select({ embed: () => zeros([7, 2]) }),
    ShapeError,
    /what embed gives must be \[2, channels\], got \[7, 2\]/,
  );
  await assertRejects(
    () => select({ score: (e: Tensor) => e }),
    ShapeError,
    /what score gives must be \[2\], got \[2, 2\]/,
  );
  await assertRejects(
    () => selectIteratively([1, Number.NaN], { keep: 1, embed, score }),
    OptionError,
    /patch 1 is NaN/,
  );
  assert.is(memory().tensors, before);
});

test.run();
