/** The norms of the paper on the device: reference vectors, properties, gradients. */
import { checkGradients, init, memory, Rng, ShapeError, scope, tensor, zeros } from '@saccade/tensor';
import { assertClose, assertThrows, onTestDevice } from '@saccade/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { columnNorm, compositeNorm, rowNorm } from '../../src/residual/composite-norm.js';
import { goldenMatrices } from './golden-norms.js';

onTestDevice(test, init);

const rng = new Rng(3);

test('each matrix of a stack has its norm, and nothing else stays', async () => {
  const before = memory().tensors;
  await scope(async () => {
    const x = rng.normal([2, 3, 4, 5]);
    const norms = compositeNorm(x);
    assert.equal([...norms.shape], [2, 3]);
    const single = compositeNorm(x.at(1, 2));
    assertClose((await single.data())[0] as number, (await norms.data())[5] as number);
  });
  assert.is(memory().tensors, before);
});

test('zeros have norm 0, and a NaN is not hidden', async () => {
  const zero = compositeNorm(zeros([3, 4]));
  assert.equal([...(await zero.data())], [0]);
  const bad = tensor([
    [1, 2],
    [Number.NaN, 4],
  ]);
  const norm = compositeNorm(bad);
  assert.ok(Number.isNaN((await norm.data())[0]));
  for (const t of [zero, bad, norm]) t.dispose();
});

test('norms of very small values do not vanish', async () => {
  const small = tensor([
    [1e-30, 2e-30],
    [3e-30, 4e-30],
  ]);
  const norm = compositeNorm(small);
  assertClose((await norm.data())[0] as number, Math.sqrt(42) * 1e-30, { rtol: 1e-6, atol: 0 });
  small.dispose();
  norm.dispose();
});

test('what is no stack of matrices is refused', () => {
  const vector = zeros([3]);
  for (const [name, norm] of Object.entries({ columnNorm, rowNorm, compositeNorm })) {
    const message = new RegExp(`${name}: x must be \\[..., tokens, channels\\], got \\[3\\]`);
    assertThrows(() => norm(vector), ShapeError, message);
  }
  assertThrows(() => compositeNorm([1] as never), ShapeError, /compositeNorm: x must be .*, got \[1\]/);
  vector.dispose();
});

for (const golden of goldenMatrices) {
  test(`${golden.name}: the norms are the reference's`, async () => {
    await scope(async () => {
      const x = golden.tensor();
      const { l1, linf, composite } = golden.expected;
      const read = async (norm: typeof compositeNorm): Promise<number> => (await norm(x).data())[0] as number;
      assertClose([await read(columnNorm), await read(rowNorm), await read(compositeNorm)], [l1, linf, composite]);
    });
  });
}

test('the gradient is right', async () => {
  const x = rng.normal([2, 4, 3]);
  await checkGradients(compositeNorm, [x]);
  x.dispose();
});

test('the norm of a product is at most the product of the norms', async () => {
  await scope(async () => {
    const [a, b] = [rng.normal([50, 4, 6]), rng.normal([50, 6, 3])];
    const [ab, bounds] = [compositeNorm(a.matmul(b)), compositeNorm(a).mul(compositeNorm(b))];
    const [left, right] = [await ab.data(), await bounds.data()];
    assert.ok(left.every((value, i) => value <= (right[i] as number) * (1 + 1e-6)));
  });
});

test.run();
