/** Normalisation chains and their entropy. */
import {
  checkGradients,
  memory,
  OptionError,
  Rng,
  ShapeError,
  scope,
  type Tensor,
  tensor,
  zeros,
} from '@saccade/tensor';
import { assertClose, assertThrows } from '@saccade/testing';
import { Golden } from '@saccade/testing/golden';
import * as fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { normalizeScores, ScoreNormalization } from '../src/patches/normalize-scores.js';
import { scoreEntropy } from '../src/patches/score-entropy.js';
import { assertNear, pullBack } from './golden-modules.js';

const golden = new Golden<Readonly<Record<string, string>>, Tensor>(
  new URL('golden/normalize', import.meta.url),
  tensor,
);

const rows = (...values: number[][]): Tensor => tensor(values);
const values = (x: Tensor): number[] => [...x.dataSync()];

test('a chain is applied from left to right, with spaces where one likes', () => {
  scope(() => {
    assertClose(values(normalizeScores(rows([0, 0]), ' softmax | smoothing(0.5) ')), [0.5, 0.5]);
    assertClose(values(normalizeScores(rows([1, 3, 2]), 'zeroone|smoothing(0.3)')), [0.1, 0.8, 0.45]);
    assert.equal(values(normalizeScores(rows([5, -1]), 'identity')), [5, -1]);
  });
});

test('what is no chain is refused with the names that there are, and nothing is evaluated', () => {
  const known = /is no normalisation; a chain is made of identity, softmax, smoothing\(s\), .*layernorm/;
  for (const bad of [
    '',
    'softMax',
    'softmax|',
    'softmax||sigmoid',
    'process.exit(1)',
    'toString',
    'smoothing(0.1',
    '()',
  ])
    assertThrows(() => new ScoreNormalization(bad), OptionError, known);
  assertThrows(() => new ScoreNormalization(3 as never), OptionError, /expected a chain such as .*, got 3/);
  assertThrows(() => new ScoreNormalization('softmax(2)'), OptionError, /softmax takes no number, got "2"/);
  for (const bad of ['smoothing', 'smoothing()', 'smoothing(x)', 'smoothing(1.5)', 'smoothing(-1)'])
    assertThrows(() => new ScoreNormalization(bad), OptionError, /smoothing needs a number in \[0, 1\]/);
  assertThrows(() => new ScoreNormalization('zerooneeps(-1)'), OptionError, /zerooneeps needs a number from 0/);
  assertThrows(() => new ScoreNormalization('layernorm'), OptionError, /layernorm learns .* pass \{ positions \}/);
  assertThrows(() => normalizeScores(zeros([2]), 'softmax'), ShapeError, /scores must be \[batch, n\], got \[2\]/);
  assertThrows(() => scoreEntropy(zeros([2])), ShapeError, /scores must be \[batch, n\], got \[2\]/);
});

test('equal scores become zeros, and so does their gradient with zeroone', () => {
  scope(() => {
    const x = rows([4, 4, 4], [1, 2, 3]);
    assert.equal(values(normalizeScores(x, 'zerooneeps(1e-5)')).slice(0, 3), [0, 0, 0]);
    assert.equal(values(normalizeScores(x, 'zeroone')), [0, 0, 0, 0, 0.5, 1]);
    const { gradients } = pullBack(
      () => normalizeScores(x, 'zeroone'),
      rows([1, 2, 3], [0, 0, 0]),
      new Map([['x', x]]),
    );
    assert.equal(values(gradients.get('x') as Tensor), [0, 0, 0, 0, 0, 0]);
  });
});

test('huge scores and tiny distances stay finite, with finite gradients', () => {
  scope(() => {
    const x = rows([-1e30, 1e30, 0], [1, 1 + 2e-7, 1], [0, 1e-8, 2e-8], [1e-38, 0, 0]);
    for (const chain of ['zerooneeps(1e-5)', 'zeroone', 'softmax', 'sigmoid', 'layernorm']) {
      const f = (): Tensor => normalizeScores(x, chain);
      const { y, gradients } = pullBack(f, new Rng(1).normal([4, 3]), new Map([['x', x]]));
      for (const t of [y, gradients.get('x') as Tensor]) {
        // The deviation of 1e30 does not fit float32: a layer norm of it is beyond reach.
        const counted = chain === 'layernorm' ? values(t).slice(3) : values(t);
        assert.ok(counted.every(Number.isFinite), `${chain}: ${values(t)}`);
      }
    }
    assertClose(values(normalizeScores(x, 'zeroone')).slice(0, 9), [0, 1, 0.5, 0, 1, 0, 0, 0.5, 1]);
  });
});

test('the entropy of certain and of masked scores is 0, and what has no share gets no gradient', () => {
  scope(() => {
    const entropyAndGradient = (x: Tensor, probabilities: boolean): number[] => {
      const { y, gradients } = pullBack(() => scoreEntropy(x, { probabilities }), tensor(1), new Map([['x', x]]));
      return [y.item(), ...values(gradients.get('x') as Tensor)];
    };
    assertClose(entropyAndGradient(rows([1, 0, 0], [0, 1, 0]), true), [0, -0.5, 0, 0, 0, -0.5, 0]);
    assertClose(
      entropyAndGradient(rows([-Infinity, 3, -Infinity], [2, -Infinity, -Infinity]), false),
      Array(7).fill(0),
    );
    assertClose(scoreEntropy(zeros([3, 8])).item(), Math.log(8));
  });
});

test('the module does what the function does, and its layer norms learn', () => {
  scope(() => {
    const x = new Rng(4).normal([3, 5]);
    for (const chain of ['softmax|smoothing(0.1)', 'layernorm|zerooneeps(1e-5)', 'sigmoid']) {
      const layer = new ScoreNormalization(chain, { positions: 5 });
      assertClose(layer.forward(x).dataSync(), normalizeScores(x, chain).dataSync());
      assert.is(layer.probabilities, chain.includes('softmax'));
      assert.equal(
        [...layer.parameters().keys()],
        chain.includes('layernorm') ? ['norms.0.weight', 'norms.0.bias'] : [],
      );
      layer.dispose();
    }
  });
});

for (const [name, chain] of Object.entries(golden.scalars)) {
  test(`${chain}: values, entropy and both gradients are the reference's`, () => {
    scope(() => {
      const x = golden.tensor('x');
      const layer = new ScoreNormalization(chain, { positions: x.shape[1] });
      const wanted = new Map([['x', x]]);
      const { y, gradients } = pullBack(() => layer.forward(x), golden.tensor('grad_out'), wanted);
      assertNear(y, golden.values(`${name}.y`), 1e-5, 'y');
      assertNear(gradients.get('x') as Tensor, golden.values(`${name}.grad_x`), 1e-5, 'grad_x');
      const { probabilities } = layer;
      const entropy = pullBack(() => scoreEntropy(layer.forward(x), { probabilities }), tensor(1), wanted);
      assertNear(entropy.y, golden.values(`${name}.entropy`), 1e-5, 'entropy');
      assertNear(entropy.gradients.get('x') as Tensor, golden.values(`${name}.entropy_grad_x`), 1e-5, 'entropy_grad_x');
      layer.dispose();
    });
  });
}

test("the entropy of the scores themselves is the reference's", () => {
  scope(() => {
    const x = golden.tensor('x');
    const { y, gradients } = pullBack(() => scoreEntropy(x), tensor(1), new Map([['x', x]]));
    assertNear(y, golden.values('entropy_before'), 1e-5, 'entropy_before');
    assertNear(gradients.get('x') as Tensor, golden.values('entropy_before_grad_x'), 1e-5, 'entropy_before_grad_x');
  });
});

test('gradients agree with differences', async () => {
  const x = new Rng(2).normal([2, 6]);
  for (const { chain } of ['softmax|smoothing(0.2)', 'zeroone', 'zerooneeps(0.1)|layernorm'].map((chain) => ({
    chain,
  }))) {
    await checkGradients((scores) => normalizeScores(scores, chain), [x], { tolerance: 1e-5 });
  }
  await checkGradients((scores) => scoreEntropy(scores), [x]);
  x.dispose();
});

test('zeroone spans [0, 1] whatever the scale, and an entropy lies between 0 and ln n', () => {
  fc.assert(
    fc.property(fc.integer({ min: 2, max: 30 }), fc.integer({ min: -30, max: 30 }), fc.nat(99), (n, power, seed) => {
      scope(() => {
        const x = new Rng(seed).normal([2, n]).mul(10 ** power);
        const y = values(normalizeScores(x, 'zeroone'));
        for (const row of [y.slice(0, n), y.slice(n)]) assert.equal([Math.min(...row), Math.max(...row)], [0, 1]);
        const entropy = scoreEntropy(x).item();
        assert.ok(entropy >= -1e-6 && entropy <= Math.log(n) + 1e-5);
      });
    }),
    { numRuns: 50, seed: 1 },
  );
});

test('empty batches pass, and nothing is left behind', () => {
  const before = memory().tensors;
  scope(() => assert.equal([...normalizeScores(zeros([0, 4]), 'zerooneeps(1e-5)|softmax').shape], [0, 4]));
  const x = new Rng(1).normal([2, 5]);
  normalizeScores(x, 'zeroone|softmax|smoothing(0.1)').dispose();
  scoreEntropy(x).dispose();
  x.dispose();
  assert.is(memory().tensors, before);
});

test.run();
