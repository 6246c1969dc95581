/** Ranks within a size: the best there are where layers are alike, and never above the size. */
import { init } from '@saccade/tensor';
import { onTestDevice } from '@saccade/testing';
import * as fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { ConvertedLayerReport } from '../../src/checkpoint/conversion-report.js';
import { convertToBlob } from '../../src/checkpoint/convert-checkpoint.js';
import { type BudgetLayer, leastBytes, ranksForBytes } from '../../src/checkpoint/ranks-for-bytes.js';
import { verifyCheckpoint } from '../../src/checkpoint/verify-checkpoint.js';
import { bert, encoded } from './synthetic.js';

onTestDevice(test, init);

const bytesOf = ({ fixed, each, whole }: BudgetLayer, rank: number | undefined): number =>
  rank === undefined ? whole : fixed + each * rank;

/** Squared error that a rank leaves. */
function errorOf({ squares }: BudgetLayer, rank: number | undefined): number {
  return rank === undefined
    ? 0
    : Array.from(squares)
        .slice(rank)
        .reduce((a, b) => a + b, 0);
}

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);

const layer = fc
  .array(fc.double({ min: 0.01, max: 10, noNaN: true }), { minLength: 2, maxLength: 6 })
  .map(
    (values): BudgetLayer => ({ squares: values.sort((a, b) => b - a), fixed: 3, each: 10, whole: 10 * values.length }),
  );

/** All choices of ranks and of layers that stay. */
function* choices(layers: readonly BudgetLayer[]): Generator<(number | undefined)[]> {
  const [first, ...rest] = layers;
  if (first === undefined) return yield [];
  const own = [undefined, ...Array.from({ length: first.squares.length }, (_, i) => i + 1)];
  for (const others of choices(rest)) for (const rank of own) yield [rank, ...others];
}

test('no size is exceeded, and more bytes leave no more error', () => {
  fc.assert(
    fc.property(
      fc.array(layer, { minLength: 1, maxLength: 5 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (layers, share) => {
        const [least, most] = [leastBytes(layers), sum(layers.map(({ whole }) => whole))];
        let before = Number.POSITIVE_INFINITY;
        for (const bytes of [least, Math.floor(least + share * (most - least)), most]) {
          const ranks = ranksForBytes(layers, bytes);
          assert.ok(sum(layers.map((own, i) => bytesOf(own, ranks[i]))) <= bytes);
          const error = sum(layers.map((own, i) => errorOf(own, ranks[i])));
          assert.ok(error <= before + 1e-9);
          before = error;
        }
        assert.is(before, 0);
      },
    ),
  );
});

test('for layers whose dimensions take the same, no other ranks of as many dimensions leave less error', () => {
  fc.assert(
    fc.property(fc.array(layer, { minLength: 1, maxLength: 3 }), fc.integer({ min: 0, max: 8 }), (layers, more) => {
      // None may stay as it is, so that all steps take the same.
      const costly = layers.map((own) => ({ ...own, whole: 1e6 }));
      const bytes = leastBytes(costly) + 10 * more;
      const ranks = ranksForBytes(costly, bytes);
      const found = sum(costly.map((own, i) => errorOf(own, ranks[i])));
      let best = Number.POSITIVE_INFINITY;
      for (const choice of choices(costly)) {
        if (sum(costly.map((own, i) => bytesOf(own, choice[i]))) > bytes) continue;
        best = Math.min(best, sum(costly.map((own, i) => errorOf(own, choice[i]))));
      }
      assert.ok(found <= best + 1e-9, `${found} instead of ${best}`);
    }),
  );
});

test('a checkpoint has the size that was asked for, header and all', async () => {
  for (const { shapes, config } of [bert(3, 'bert.', 32, 4), bert(2, '', 64, 8)]) {
    const source = await encoded({ shapes });
    const whole = await convertToBlob(source, { sharedDim: 1, config, maxIterations: 1 });
    const least = whole.blob.size;
    for (const share of [0.1, 0.5, 0.9]) {
      const targetBytes = Math.floor(least + share * (source.length - least));
      const { blob, report } = await convertToBlob(source, { targetBytes, config, maxIterations: 3 });
      assert.ok(blob.size <= targetBytes, `${blob.size} of ${targetBytes}`);
      const [{ queryKeyBytes }, layers] = [report.total, report.layers as ConvertedLayerReport[]];
      assert.is(report.total.fileBytes, blob.size);
      const each = Math.max(...layers.map(({ bytes, rank }) => (bytes === undefined ? 0 : bytes.after / rank)));
      assert.ok(blob.size > targetBytes - 2 * each, `${blob.size} of ${targetBytes}, ${each} each`);
      assert.ok(queryKeyBytes.after <= queryKeyBytes.before);
      assert.ok((await verifyCheckpoint(source, blob, { config })).agrees);
    }
    const { report } = await convertToBlob(source, { targetBytes: source.length, config });
    assert.ok(report.layers.some(({ status }) => status === 'unchanged'));
  }
});

test.run();
