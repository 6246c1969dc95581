/** The decompositions on tensors: shapes, dtypes, errors; their numbers are tested in linalg-matrix.test.ts. */
import { createJsDevice, DeviceError, DisposedError, OptionError, ShapeError } from '@saccade/kernels';
import { assertClose, assertRejects } from '@saccade/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { tensor } from '../src/create.js';
import {
  cholesky,
  choleskySolve,
  eig,
  eigSymmetric,
  leastSquares,
  qr,
  solve,
  svd,
} from '../src/linalg/decompositions.js';
import { LinalgError } from '../src/linalg/linalg-error.js';
import { scope } from '../src/scope.js';
import type { Tensor } from '../src/tensor.js';

/** A test that frees its tensors. */
function check(name: string, work: () => Promise<void>): void {
  test(name, () => scope(async () => work()));
}

const spd = () =>
  tensor([
    [4, 2],
    [2, 3],
  ]);

check('solutions have the form of the right-hand side', async () => {
  const vector = await choleskySolve(spd(), tensor([8, 7]));
  assert.equal([...vector.shape], [2]);
  assertClose(await vector.data(), [1.25, 1.5]);
  const columns = await solve(
    tensor([
      [0, 2],
      [4, 0],
    ]),
    tensor([
      [2, 4],
      [4, 8],
    ]),
  );
  assert.equal([...columns.shape], [2, 2]);
  assertClose(await columns.data(), [1, 2, 1, 2]);
  const { x, rank, singularValues } = await leastSquares(tensor([[1], [1]]), tensor([1, 3]));
  assert.equal([...x.shape], [1]);
  assert.is(rank, 1);
  assertClose(await x.data(), [2]);
  assertClose(await singularValues.data(), [Math.SQRT2]);
});

check('decompositions give float32 tensors of the stated shapes', async () => {
  const a = tensor([
    [1, 2, 3],
    [4, 5, 6],
  ]);
  const { q, r } = await qr(a);
  assert.equal(
    [q.shape, r.shape].map((shape) => [...shape]),
    [
      [2, 2],
      [2, 3],
    ],
  );
  const { u, values, v } = await svd(a);
  assert.equal(
    [u.shape, values.shape, v.shape].map((shape) => [...shape]),
    [[2, 2], [2], [3, 2]],
  );
  assert.is(values.dtype, 'float32');
  assertClose(await values.data(), [9.508032, 0.77286964]);
  assertClose(await (await cholesky(spd())).data(), [2, 0, 1, Math.SQRT2]);
  const symmetric = await eigSymmetric(
    tensor([
      [2, 1],
      [1, 2],
    ]),
  );
  assertClose(await symmetric.values.data(), [1, 3]);
  assert.equal([...symmetric.vectors.shape], [2, 2]);
  const turn = await eig(
    tensor([
      [0, -1],
      [1, 0],
    ]),
  );
  assertClose(await turn.imaginary.data(), [-1, 1]);
  assertClose(await turn.real.data(), [0, 0]);
  assert.equal([...turn.vectorsReal.shape, ...turn.vectorsImaginary.shape], [2, 2, 2, 2]);
});

check('integers are taken as numbers', async () => {
  const { values } = await eigSymmetric(
    tensor(
      [
        [2, 1],
        [1, 2],
      ],
      { dtype: 'int32' },
    ),
  );
  assert.is(values.dtype, 'float32');
  assertClose(await values.data(), [1, 3]);
});

check('float64 on the js device stays float64 and stays there', async () => {
  const device = createJsDevice();
  const a = tensor(
    [
      [2, 1],
      [1, 2 + 1e-12],
    ],
    { dtype: 'float64', device },
  );
  const { values, vectors } = await eigSymmetric(a);
  assert.is(values.dtype, 'float64');
  assert.is(vectors.device, device);
  assertClose(await values.data(), [1 + 5e-13, 3 + 5e-13], { rtol: 1e-15, atol: 0 });
});

check('a disposed tensor, two devices and things that are no tensors are refused by name', async () => {
  const gone = spd();
  gone.dispose();
  await assertRejects(() => svd(gone), DisposedError, /^svd: this tensor of shape \[2, 2\]/);
  await assertRejects(() => solve(spd(), tensor([1, 2], { device: createJsDevice() })), DeviceError, /^solve: /);
  await assertRejects(() => eig([[1]] as unknown as Tensor), OptionError, /eig: expected a tensor, got object/);
});

check('wrong ranks, shapes and values are refused by name', async () => {
  await assertRejects(() => svd(tensor([1, 2, 3])), ShapeError, /svd: expected a matrix \(rank 2\), got shape \[3\]/);
  await assertRejects(
    () =>
      eig(
        tensor([
          [1, 2, 3],
          [4, 5, 6],
        ]),
      ),
    ShapeError,
    /eig: expected a square matrix/,
  );
  await assertRejects(() => solve(spd(), tensor(1)), ShapeError, /right-hand side of rank 1 or 2/);
  await assertRejects(() => solve(spd(), tensor([1, 2, 3])), ShapeError, /differ in rows/);
  await assertRejects(() => qr(tensor([[Number.NaN]])), OptionError, /finite/);
  await assertRejects(
    () =>
      choleskySolve(
        tensor([
          [1, 2],
          [2, 1],
        ]),
        tensor([1, 1]),
      ),
    LinalgError,
    /positive definite/,
  );
});

test.run();
