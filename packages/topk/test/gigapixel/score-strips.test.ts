/** Scores of a small picture, strip by strip. */
import { memory, Rng, ShapeError, scope, tensor } from '@saccade/tensor';
import { assertThrows } from '@saccade/testing';
import * as fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Band } from '../../src/gigapixel/antialiased-bands.js';
import { planStrips, type StripPlan, scoreBands } from '../../src/gigapixel/score-strips.js';
import { Scorer } from '../../src/model/scorer.js';
import { noise } from './noise.js';

/** A picture in bands of so many rows. */
async function* bandsOf(picture: Float32Array, rowSize: number, rows: number): AsyncGenerator<Band> {
  for (let at = 0; at < picture.length; at += rows * rowSize) {
    const data = picture.subarray(at, at + rows * rowSize);
    yield { rows: data.length / rowSize, data };
  }
}

const stripsOf = ({ count, strip }: StripPlan) => Array.from({ length: count }, (_, i) => strip(i));

const picture = (length: number): Float32Array => Float32Array.from(noise(length), (x) => x / 255);

test('a scorer with squeeze and excite sees the whole picture at once', () => {
  const options = { rng: new Rng(1), channels: [4, 4], pool: 2, reduction: 2 };
  const plain = new Scorer(options);
  const excited = new Scorer({ ...options, squeezeExcite: true });
  assert.ok(planStrips(plain, 100, 50, 3, 1).count > 1);
  assert.equal(stripsOf(planStrips(excited, 100, 50, 3, 1)), [{ from: 0, to: 47, top: 0, bottom: 100 }]);
  plain.dispose();
  excited.dispose();
});

test('a scorer of another kind sees the whole picture at once', () => {
  const own = { gridOf: (height: number, width: number) => ({ rows: height - 1, columns: width }) };
  assert.equal(stripsOf(planStrips(own as never, 100, 50, 3, 1)), [{ from: 0, to: 99, top: 0, bottom: 100 }]);
});

test('a picture that is too small for the scorer is a typed error', () => {
  const scorer = new Scorer({ rng: new Rng(1) });
  assertThrows(() => planStrips(scorer, 10, 100, 3), ShapeError, /at least 16 x 16/);
  scorer.dispose();
});

test('strips give the scores of the whole picture to the bit, wherever they are cut', async () => {
  const setting = fc.record({
    height: fc.integer({ min: 17, max: 90 }),
    width: fc.integer({ min: 20, max: 70 }),
    pool: fc.integer({ min: 1, max: 9 }),
    channels: fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 3 }),
    inChannels: fc.constantFrom(1, 3),
    limit: fc.integer({ min: 1, max: 200_000 }),
    rows: fc.integer({ min: 1, max: 40 }),
  });
  let strips = 0;
  await fc.assert(
    fc.asyncProperty(setting, async ({ height, width, pool, channels, inChannels, limit, rows }) => {
      const scorer = new Scorer({ rng: new Rng(3), pool, channels, inChannels });
      const before = memory().tensors;
      const pixels = picture(height * width * inChannels);
      const plan = planStrips(scorer, height, width, inChannels, limit);
      strips += plan.count;
      const done: number[] = [];
      const bands = bandsOf(pixels, width * inChannels, rows);
      const got = await scoreBands(
        bands,
        plan,
        inChannels,
        (x) => scorer.forward(x),
        (n) => done.push(n),
      );
      assert.is(memory().tensors, before);
      assert.equal(
        done,
        stripsOf(plan).map(({ to }) => to),
      );
      const whole = scope(() => scorer.forward(tensor(pixels, { shape: [1, height, width, inChannels] })).dataSync());
      assert.equal(got, whole);
      scorer.dispose();
    }),
    { numRuns: 100 },
  );
  assert.ok(strips > 150, 'there were pictures of several strips');
});

test('the plan of a small picture of 2000 x 2000 keeps the scorer of the paper small', () => {
  const scorer = new Scorer({ rng: new Rng(1) });
  const { bytes, count } = planStrips(scorer, 2000, 2000, 3);
  assert.ok(bytes < 2 ** 26, `${bytes} in ${count}`);
  scorer.dispose();
});

test.run();
