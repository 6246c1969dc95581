/** Dense decompositions in float64: reconstruction, orthogonality, order, hard matrices, bad input. */
import { OptionError, ShapeError } from '@saccade/kernels';
import { assertClose, assertThrows } from '@saccade/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { choleskyMatrix, choleskySolveMatrix } from '../src/linalg/cholesky.js';
import { eigMatrix } from '../src/linalg/eig.js';
import { eigSymmetricMatrix, eigSymmetricValuesMatrix } from '../src/linalg/eig-symmetric.js';
import { leastSquaresMatrix } from '../src/linalg/least-squares.js';
import { LinalgError } from '../src/linalg/linalg-error.js';
import { type Matrix, matrix, maxAbs, transposeMatrix } from '../src/linalg/matrix.js';
import { qrMatrix } from '../src/linalg/qr.js';
import { solveMatrix } from '../src/linalg/solve.js';
import { svdMatrix } from '../src/linalg/svd.js';

/** Normally distributed values from a small seeded generator. */
function random(rows: number, columns: number, seed: number): Matrix {
  let state = seed;
  const uniform = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return (state + 0.5) / 2 ** 32;
  };
  const normal = () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
  return matrix(rows, columns, Float64Array.from({ length: rows * columns }, normal));
}

function product(a: Matrix, b: Matrix): Matrix {
  const out = matrix(a.rows, b.columns);
  for (let i = 0; i < a.rows; i++) {
    for (let k = 0; k < a.columns; k++) {
      const factor = a.data[i * a.columns + k]!;
      for (let j = 0; j < b.columns; j++) out.data[i * b.columns + j]! += factor * b.data[k * b.columns + j]!;
    }
  }
  return out;
}

function diagonal(values: ArrayLike<number>): Matrix {
  const out = matrix(values.length, values.length);
  for (let i = 0; i < values.length; i++) out.data[i * values.length + i] = values[i]!;
  return out;
}

function from(rows: readonly (readonly number[])[]): Matrix {
  return matrix(rows.length, rows[0]?.length ?? 0, Float64Array.from(rows.flat()));
}

/** Largest difference relative to the largest value of `expected`. */
function relative(actual: Matrix, expected: Matrix): number {
  assert.equal([actual.rows, actual.columns], [expected.rows, expected.columns]);
  const difference = { ...actual, data: actual.data.map((value, i) => value - expected.data[i]!) };
  return maxAbs(difference) / (maxAbs(expected) || 1);
}

function below(actual: number, bound: number, what: string): void {
  assert.ok(actual <= bound, `${what}: ${actual} is above ${bound}`);
}

function orthonormal(q: Matrix, what: string): void {
  below(relative(product(transposeMatrix(q), q), diagonal(new Float64Array(q.columns).fill(1))), 1e-12, what);
}

/** Orthogonal times graded diagonal times orthogonal. */
function illConditioned(rows: number, columns: number, condition: number, seed: number): Matrix {
  const k = Math.min(rows, columns);
  const grades = Float64Array.from({ length: k }, (_, i) => condition ** (-i / Math.max(1, k - 1)));
  const u = qrMatrix(random(rows, k, seed)).q;
  const v = qrMatrix(random(columns, k, seed + 1)).q;
  return product(product(u, diagonal(grades)), transposeMatrix(v));
}

const shapes = [
  [1, 1],
  [2, 2],
  [3, 3],
  [5, 2],
  [2, 5],
  [1, 7],
  [7, 1],
  [20, 20],
  [40, 13],
  [13, 40],
  [64, 64],
] as const;

/** Matrices of every shape: plain, ill-conditioned, of low rank, zero, tiny, huge, sparse, and all equal. */
function* zoo(): Generator<[string, Matrix]> {
  let seed = 1;
  for (const [m, n] of shapes) {
    const plain = random(m, n, seed++);
    yield [`random ${m}x${n}`, plain];
    yield [`ill-conditioned ${m}x${n}`, illConditioned(m, n, 1e14, seed++)];
    yield [`rank one ${m}x${n}`, product(random(m, 1, seed++), random(1, n, seed++))];
    yield [`zero ${m}x${n}`, matrix(m, n)];
    yield [`ones ${m}x${n}`, { ...plain, data: plain.data.map(() => 1) }];
    yield [`tiny ${m}x${n}`, { ...plain, data: plain.data.map((value) => value * 1e-300) }];
    yield [`huge ${m}x${n}`, { ...plain, data: plain.data.map((value) => value * 1e300) }];
    yield [`sparse ${m}x${n}`, { ...plain, data: plain.data.map((value, i) => (i % 3 === 0 ? value : 0)) }];
    yield [
      `scattered ${m}x${n}`,
      { ...plain, data: plain.data.map((value, i) => value * 10 ** (((i * 7) % 31) - 15)) },
    ];
  }
}

test('QR gives back the matrix, with orthonormal Q and upper triangular R of positive diagonal', () => {
  for (const [name, a] of zoo()) {
    const { q, r } = qrMatrix(a);
    const k = Math.min(a.rows, a.columns);
    assert.equal([q.columns, r.rows], [k, k]);
    below(relative(product(q, r), a), 1e-13, name);
    orthonormal(q, name);
    for (let i = 0; i < k; i++) {
      assert.ok(r.data[i * r.columns + i]! >= 0);
      for (let j = 0; j < i; j++) assert.is(r.data[i * r.columns + j], 0);
    }
  }
});

test('SVD gives back the matrix, with orthonormal factors and descending values', () => {
  for (const [name, a] of zoo()) {
    const { u, values, v } = svdMatrix(a);
    const k = Math.min(a.rows, a.columns);
    assert.equal([u.rows, u.columns, values.length, v.rows, v.columns], [a.rows, k, k, a.columns, k]);
    below(relative(product(product(u, diagonal(values)), transposeMatrix(v)), a), 1e-12, name);
    orthonormal(u, name);
    orthonormal(v, name);
    assert.ok(
      values.every((value, i) => value >= 0 && (i === 0 || value <= values[i - 1]!)),
      name,
    );
  }
});

test('SVD finds the singular values that a matrix was made from', () => {
  const { values } = svdMatrix(illConditioned(30, 20, 1e10, 3));
  assertClose(
    values,
    Float64Array.from({ length: 20 }, (_, i) => 1e10 ** (-i / 19)),
    { rtol: 0, atol: 1e-14 },
  );
  assertClose(
    svdMatrix(
      from([
        [3, 0],
        [0, -4],
      ]),
    ).values,
    [4, 3],
    { rtol: 1e-15, atol: 0 },
  );
  const hilbert = matrix(
    8,
    8,
    Float64Array.from({ length: 64 }, (_, i) => 1 / (Math.floor(i / 8) + (i % 8) + 1)),
  );
  assertClose(svdMatrix(hilbert).values.subarray(0, 2), [1.6959389969219498, 0.2981252113169307], { rtol: 1e-13 });
});

test('symmetric eigenvalues ascend and give back the matrix', () => {
  for (const [name, b] of zoo()) {
    if (b.rows !== b.columns) continue;
    const half = { ...b, data: b.data.map((value) => value / 2) };
    const other = transposeMatrix(half);
    const a = { ...b, data: half.data.map((value, i) => value + other.data[i]!) };
    const { values, vectors } = eigSymmetricMatrix(a);
    assert.equal(eigSymmetricValuesMatrix(a), values);
    below(relative(product(product(vectors, diagonal(values)), transposeMatrix(vectors)), a), 1e-12, name);
    orthonormal(vectors, name);
    assert.ok(
      values.every((value, i) => i === 0 || value >= values[i - 1]!),
      name,
    );
  }
});

test('symmetric eigenvalues of known matrices are found', () => {
  const n = 50;
  const second = matrix(n, n);
  for (let i = 0; i < n; i++) {
    second.data[i * n + i] = 2;
    if (i > 0) second.data[i * n + i - 1] = second.data[(i - 1) * n + i] = -1;
  }
  const expected = Float64Array.from({ length: n }, (_, i) => 2 - 2 * Math.cos(((i + 1) * Math.PI) / (n + 1)));
  assertClose(eigSymmetricMatrix(second).values, expected, { rtol: 0, atol: 4e-14 });
  assertClose(eigSymmetricMatrix(diagonal([3, 1, 2])).values, [1, 2, 3], { rtol: 0, atol: 0 });
});

/** Largest |A V - V values| relative to |A|, over real and imaginary parts. */
function eigResidual(a: Matrix): number {
  const { real, imaginary, vectorsReal: re, vectorsImaginary: im } = eigMatrix(a);
  const [left, leftIm] = [product(a, re), product(a, im)];
  const scale = maxAbs(a) || 1;
  let worst = 0;
  for (let i = 0; i < a.rows; i++) {
    for (let j = 0; j < a.rows; j++) {
      const at = i * a.rows + j;
      const right = re.data[at]! * real[j]! - im.data[at]! * imaginary[j]!;
      const rightIm = re.data[at]! * imaginary[j]! + im.data[at]! * real[j]!;
      worst = Math.max(worst, Math.abs(left.data[at]! - right) / scale, Math.abs(leftIm.data[at]! - rightIm) / scale);
    }
  }
  for (let j = 0; j < a.rows; j++) {
    let norm = 0;
    for (let i = 0; i < a.rows; i++) norm += re.data[i * a.rows + j]! ** 2 + im.data[i * a.rows + j]! ** 2;
    below(Math.abs(norm - 1), 1e-12, 'norm of a vector');
  }
  return worst;
}

test('eigenvalues of any square matrix come with vectors that fulfil A v = value v', () => {
  for (const [name, a] of zoo()) {
    if (a.rows !== a.columns) continue;
    below(eigResidual(a), 1e-12, name);
    const { real, imaginary } = eigMatrix(a);
    for (let i = 1; i < real.length; i++) assert.ok(real[i]! >= real[i - 1]!, name);
    for (let i = 0; i < real.length; i++) {
      if (imaginary[i]! < 0) {
        assert.is(real[i + 1], real[i]);
        assert.is(imaginary[i + 1], -imaginary[i]!);
        i++;
      } else {
        assert.is(imaginary[i], 0);
      }
    }
  }
});

test('eigenvalues of known matrices are found', () => {
  const turn = eigMatrix(
    from([
      [0, -2],
      [2, 0],
    ]),
  );
  assertClose(turn.real, [0, 0], { rtol: 0, atol: 1e-15 });
  assertClose(turn.imaginary, [-2, 2], { rtol: 1e-15, atol: 0 });
  const companion = eigMatrix(
    from([
      [6, -11, 6],
      [1, 0, 0],
      [0, 1, 0],
    ]),
  );
  assertClose(companion.real, [1, 2, 3], { rtol: 1e-13, atol: 0 });
  const cycle = eigMatrix(
    from([
      [0, 0, 0, 1],
      [1, 0, 0, 0],
      [0, 1, 0, 0],
      [0, 0, 1, 0],
    ]),
  );
  assertClose(cycle.real, [-1, 0, 0, 1], { rtol: 0, atol: 1e-14 });
  assertClose(cycle.imaginary, [0, -1, 1, 0], { rtol: 0, atol: 1e-14 });
});

test('matrices on which textbook QR iterations hang or fail are solved', () => {
  const hard: Matrix[] = [
    // ml-matrix 6.15.1 and other descendants of JAMA never return from the first.
    from([
      [0, 0, 0, 0, 0],
      [0, 0, 0, 0, 1],
      [0, 0, 0, 1, 0],
      [1, 1, 0, 0, 1],
      [1, 0, 1, 0, 1],
    ]),
    from([
      [1e-310, 2e-310, 0],
      [0, 1e-310, 3e-310],
      [4e-310, 0, 1e-310],
    ]),
    from([
      [0, 0, 1],
      [1, 0, 0],
      [0, 1, 0],
    ]),
    from([
      [0, 1, 0],
      [0, 0, 1],
      [0, 0, 0],
    ]),
    from([
      [2, 1, 0, 0],
      [0, 2, 1, 0],
      [0, 0, 2, 1],
      [0, 0, 0, 2],
    ]),
    from([
      [1, 1e6, 1e12],
      [1e-6, 1, 1e6],
      [1e-12, 1e-6, 1],
    ]),
    from([
      [0, 1, 0, 0],
      [1, 0, -1e-9, 0],
      [0, 1e-9, 0, 1],
      [0, 0, 1, 0],
    ]),
  ];
  for (const [i, a] of hard.entries()) below(eigResidual(a), 1e-12, `matrix ${i}`);
});

test('2,000 small matrices of few values, many zeros or wild scales all converge', () => {
  let state = 1;
  const uniform = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return (state + 0.5) / 2 ** 32;
  };
  const kinds: ((u: number) => number)[] = [
    (u) => (u < 0.3 ? 1 : 0),
    (u) => (u < 0.2 ? 1 : u < 0.4 ? -1 : 0),
    (u) => (u < 0.5 ? 0 : 10 ** (uniform() * 40 - 20)),
    (u) => (u < 0.7 ? 0 : uniform() * 1e-308),
  ];
  for (let run = 0; run < 2000; run++) {
    const n = 2 + (run % 9);
    const kind = kinds[run % kinds.length]!;
    const a = matrix(
      n,
      n,
      Float64Array.from({ length: n * n }, () => kind(uniform())),
    );
    below(eigResidual(a), 1e-13, `eig, run ${run}`);
    const { u, values, v } = svdMatrix(a);
    below(relative(product(product(u, diagonal(values)), transposeMatrix(v)), a), 1e-13, `svd, run ${run}`);
    const half = { ...a, data: a.data.map((value, at) => value / 2 + a.data[(at % n) * n + Math.floor(at / n)]! / 2) };
    const { values: w, vectors } = eigSymmetricMatrix(half);
    below(
      relative(product(product(vectors, diagonal(w)), transposeMatrix(vectors)), half),
      1e-13,
      `symmetric, run ${run}`,
    );
  }
});

test('Cholesky factors and solves', () => {
  for (const n of [1, 2, 10, 50]) {
    const b = random(n, n + 2, n);
    const a = product(b, transposeMatrix(b));
    const l = choleskyMatrix(a);
    below(relative(product(l, transposeMatrix(l)), a), 1e-13, `factor ${n}`);
    const x = random(n, 3, n + 1);
    const found = choleskySolveMatrix(a, product(a, x));
    below(relative(product(a, found), product(a, x)), 1e-11, `solution ${n}`);
  }
});

test('solve finds x for any regular matrix, least squares the shortest minimiser', () => {
  for (const n of [1, 2, 3, 20, 60]) {
    const a = random(n, n, 5 * n);
    const x = random(n, 2, n + 3);
    below(relative(solveMatrix(a, product(a, x)), x), 1e-10, `solve ${n}`);
  }
  const a = illConditioned(30, 8, 1e3, 21);
  const x = random(8, 2, 22);
  const full = leastSquaresMatrix(a, product(a, x));
  assert.is(full.rank, 8);
  below(relative(full.x, x), 1e-11, 'full rank');
  const flat = leastSquaresMatrix(
    from([
      [1, 1],
      [1, 1],
    ]),
    from([[2], [4]]),
  );
  assert.is(flat.rank, 1);
  assertClose(flat.x.data, [1.5, 1.5], { rtol: 1e-14 });
  assert.is(leastSquaresMatrix(matrix(3, 2), matrix(3, 1)).rank, 0);
});

test('empty matrices have empty decompositions', () => {
  const empty = matrix(0, 0);
  assert.is(qrMatrix(empty).q.data.length, 0);
  assert.is(svdMatrix(matrix(3, 0)).values.length, 0);
  assert.is(eigSymmetricMatrix(empty).values.length, 0);
  assert.is(eigMatrix(empty).real.length, 0);
  assert.is(solveMatrix(empty, matrix(0, 2)).data.length, 0);
});

test('input is not changed', () => {
  const a = from([
    [4, 1, 2],
    [1, 5, 3],
    [2, 3, 6],
  ]);
  const b = from([[1], [2], [3]]);
  const [aBefore, bBefore] = [a.data.slice(), b.data.slice()];
  qrMatrix(a);
  svdMatrix(a);
  eigMatrix(a);
  eigSymmetricMatrix(a);
  choleskySolveMatrix(a, b);
  solveMatrix(a, b);
  leastSquaresMatrix(a, b);
  assert.equal([a.data, b.data], [aBefore, bBefore]);
});

test('matrices that are not square, not finite, not symmetric, singular or indefinite are refused', () => {
  const wide = matrix(2, 3);
  const b = matrix(2, 1);
  for (const f of [choleskyMatrix, eigMatrix, eigSymmetricMatrix, eigSymmetricValuesMatrix])
    assertThrows(() => f(wide), ShapeError, /\[2, 3\]/);
  assertThrows(() => solveMatrix(wide, b), ShapeError, /solve: expected a square matrix/);
  assertThrows(() => solveMatrix(matrix(3, 3), b), ShapeError, /right-hand side \[2, 1\]/);
  assertThrows(() => matrix(2, 2, new Float64Array(3)), ShapeError, /needs 4 values, got 3/);
  for (const value of [Number.NaN, Number.POSITIVE_INFINITY]) {
    const bad = from([
      [1, 0],
      [value, 1],
    ]);
    for (const f of [choleskyMatrix, eigMatrix, eigSymmetricMatrix, eigSymmetricValuesMatrix, qrMatrix, svdMatrix]) {
      assertThrows(() => f(bad), OptionError, /must be finite, got .* at row 1, column 0/);
    }
    assertThrows(() => solveMatrix(bad, b), OptionError, /finite/);
    assertThrows(() => leastSquaresMatrix(bad, b), OptionError, /finite/);
  }
  const skew = from([
    [1, 2],
    [0, 1],
  ]);
  assertThrows(() => choleskyMatrix(skew), OptionError, /cholesky: expected a symmetric matrix, got 2 at \(0, 1\)/);
  assertThrows(() => eigSymmetricMatrix(skew), OptionError, /symmetric/);
  assertThrows(
    () =>
      choleskySolveMatrix(
        from([
          [1, 2],
          [2, 1],
        ]),
        b,
      ),
    LinalgError,
    /choleskySolve: .*positive definite/,
  );
  assertThrows(() => choleskyMatrix(matrix(2, 2)), LinalgError, /pivot 0 of 2 is 0/);
  assertThrows(
    () =>
      solveMatrix(
        from([
          [1, 2],
          [2, 4],
        ]),
        b,
      ),
    LinalgError,
    /singular/,
  );
  assertThrows(() => leastSquaresMatrix(skew, b, { tolerance: Number.NaN }), OptionError, /tolerance/);
});

test.run();
