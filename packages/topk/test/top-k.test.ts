/** One function for all methods: the vectors of those that are no noise, every bad input, and what all must have in common. */
import { createWasmDevice, useDevice } from '@saccade/kernels';
import {
  createJsDevice,
  DeviceError,
  DTypeError,
  GradientError,
  grad,
  init,
  memory,
  mul,
  OptionError,
  Rng,
  reshape,
  ShapeError,
  scope,
  sum,
  type Tensor,
  tensor,
  valueAndGradOf,
  zeros,
} from '@saccade/tensor';
import { assertClose, assertRejects, assertThrows, onTestDevice, testDevice } from '@saccade/testing';
import { Golden } from '@saccade/testing/golden';
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Selection } from '../src/operator/selection.js';
import { sinkhornTopK } from '../src/operator/sinkhorn.js';
import { topK } from '../src/operator/top-k.js';
import { methods, type TopKMethod, type TopKOptions } from '../src/operator/top-k-options.js';

onTestDevice(test, init);

/** Tests that read at once. */
const onCpu = (name: string, body: () => void | Promise<void>): void => {
  if (testDevice === 'wasm') test(name, body);
};

/** A pattern for exactly this text. */
function saying(text: string): RegExp {
  return new RegExp(text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'));
}

async function gradient(scores: Tensor, cotangent: Tensor, options: TopKOptions): Promise<Float32Array> {
  const [, byScore] = valueAndGradOf(scores, () => {
    const selection = topK(scores, options);
    const y = selection.rows === 1 && cotangent.rank === 2 ? selection.toMask() : selection.toDense();
    return sum(mul(y, cotangent));
  });
  return await byScore.data();
}

const hard = new Golden<Record<string, { k: number }>, Tensor>(new URL('golden/hard', import.meta.url), tensor);

for (const [name, { k }] of Object.entries(hard.scalars)) {
  test(`reference vectors of the hard choice ${name} hold`, async () => {
    const x = hard.tensor(`${name}.x`);
    const at = (order: 'position' | 'value') => topK(x, { k, method: 'hard', order });
    assert.equal(Array.from(await at('position').indices.data<'int32'>()), hard.values(`${name}.indices_position`));
    assert.equal(Array.from(await at('value').indices.data<'int32'>()), hard.values(`${name}.indices_desc`));
    assert.equal(Array.from(await at('position').toDense().data()), hard.values(`${name}.indicators`));
  });
}

interface Relaxation {
  readonly k: number;
  readonly n: number;
  readonly lapsum_alpha: number;
  readonly sparse_l: number;
  readonly tau: number;
}

const relaxations = new Golden<Record<string, Relaxation>, Tensor>(
  new URL('golden/relaxations', import.meta.url),
  tensor,
);
const masks = ['lapsum', 'sparse2', 'sparse43', 'dftopk'];

for (const [name, { k, n, lapsum_alpha: alpha, sparse_l: width, tau }] of Object.entries(relaxations.scalars)) {
  test(`reference vectors of the relaxations ${name} hold`, async () => {
    const of: Record<string, TopKOptions> = {
      lapsum: { k, method: 'lapsum', alpha },
      sparse2: { k, method: 'sparse', width, p: 2 },
      sparse43: { k, method: 'sparse', width, p: 4 / 3 },
      dftopk: { k, method: 'dftopk', tau },
      neuralsort: { k, method: 'neuralsort', tau },
      softsort: { k, method: 'softsort', tau },
    };
    const row = (what: string, shape: number[]): Tensor => reshape(relaxations.tensor(`${name}.${what}`), shape);
    const x = row('x', [1, n]);
    for (const [what, options] of Object.entries(of)) {
      const isMask = masks.includes(what);
      const selection = topK(x, options);
      const y = isMask ? selection.toMask() : selection.toDense();
      assertClose(await y.data(), relaxations.values(`${name}.${what}`), { rtol: 1e-5, atol: 2e-6 }, what);
      const g = isMask ? row('grad_mask', [1, n]) : row('grad_rows', [1, k, n]);
      const expected = relaxations.values(`${name}.${what}_grad_x`);
      const size = Math.max(1, ...expected.map(Math.abs));
      assertClose(await gradient(x, g, options), expected, { rtol: 0, atol: 1e-5 * size }, what);
    }
  });
}

interface Transport {
  readonly k: number;
  readonly n: number;
  readonly epsilon: number;
  readonly iterations: number;
}

const sinkhorn = new Golden<Record<string, Transport>, Tensor>(new URL('golden/sinkhorn', import.meta.url), tensor);

for (const [name, { k, n, epsilon, iterations }] of Object.entries(sinkhorn.scalars)) {
  test(`reference vectors of sinkhorn ${name} hold`, async () => {
    /** The reference has ranks from the worst of the k on, as columns. */
    const rows = (what: string): number[] => {
      const columns = sinkhorn.values(`${name}.${what}`);
      return Array.from({ length: k * n }, (_, i) => columns[(i % n) * k + (k - 1 - Math.floor(i / n))] as number);
    };
    const options = { k, method: 'sinkhorn', epsilon, iterations } as const;
    const x = reshape(sinkhorn.tensor(`${name}.x`), [1, n]);
    assertClose(await topK(x, options).toDense().data(), rows('assignment'), { rtol: 0, atol: 1e-6 });
    const g = tensor(rows('grad_out'), { shape: [1, k, n] });
    const expected = sinkhorn.values(`${name}.grad_x_unrolled`);
    const size = Math.max(1, ...expected.map(Math.abs));
    assertClose(await gradient(x, g, options), expected, { rtol: 0, atol: 1e-5 * size });
    const [, implicit] = valueAndGradOf(x, () =>
      sum(mul(sinkhornTopK(x, k, { epsilon, iterations, gradient: 'implicit' }).rows, g)),
    );
    const expectedImplicit = sinkhorn.values(`${name}.grad_x_implicit`);
    assertClose(await implicit.data(), expectedImplicit, { rtol: 0, atol: 1e-5 * size });
    const released = sinkhornTopK(x, k, { epsilon, iterations, rows: 'mask-release' }).rows;
    assertClose(await released.data(), sinkhorn.values(`${name}.unsorted_release`), { rtol: 0, atol: 1e-6 });
  });
}

const x = (...rows: number[][]): Tensor => tensor(rows);

test('k, method, order, grad, samples, sigma and noise are checked, with what was expected', () => {
  const row = x([1, 2, 3, 4, 5, 6, 7, 8]);
  const refuse = (options: object, message: string): void => {
    assertThrows(() => topK(row, options as TopKOptions), OptionError, saying(message));
  };
  refuse({ k: 9 }, 'topK: k must be an integer in [1, 8], got 9');
  refuse({ k: 0 }, 'topK: k must be an integer in [1, 8], got 0');
  refuse({ k: 2.5 }, 'topK: k must be an integer in [1, 8], got 2.5');
  refuse({ k: 8, method: 'lapsum' }, 'topK: k must be in (0, 8), got 8');
  refuse({ k: 2, method: 'best' }, 'topK: method must be one of exact, perturbed');
  refuse({ k: 2, order: 'up' }, 'topK: order must be one of position, value, value-ascending');
  refuse({ k: 2, grad: 'true' }, 'topK: grad must be one of full, plain, hard-baseline, diag');
  refuse({ k: 2, samples: 0, method: 'perturbed' }, 'topK: samples must be a whole number from 1, got 0');
  refuse({ k: 2, sigma: -1 }, 'topK: sigma must be a number from 0, got -1');
  refuse({ k: 2, sigma: Number.NaN }, 'topK: sigma must be a number from 0, got NaN');
  refuse({ k: 2, noise: 'uniform' }, "topK: noise must be 'normal', 'gumbel' or a tensor [batch, samples, n]");
  refuse({ k: 2, onNaN: 'ignore' }, "topK: onNaN must be 'throw' or 'lowest'");
  refuse({ k: 2, method: 'sparse', p: 1 }, 'sparseTopK: p must be in (1, 2], got 1');
  refuse({ k: 2, method: 'sinkhorn', epsilon: 0 }, 'sinkhornTopK: epsilon must be a number above 0, got 0');
  refuse({ k: 2, temperature: 1 }, "topK: no option 'temperature'");
  assertThrows(() => topK(zeros([2, 2, 2]), { k: 1 }), ShapeError, saying('scores must be [batch, n]'));
  const noise = zeros([1, 5, 7]);
  assertThrows(
    () => topK(row, { k: 2, method: 'perturbed', noise }),
    ShapeError,
    saying('topK: noise must be [batch, samples, n] = [1, 5, 8], got [1, 5, 7]'),
  );
  assertThrows(() => topK(row, { k: 2, sigma: zeros([2]) }), ShapeError, saying('sigma must be'));
});

onCpu('NaN is an error that says where, or never selected', async () => {
  const row = x([1, 2, 3], [4, Number.NaN, 6]);
  assertThrows(() => topK(row, { k: 1 }), OptionError, saying('topK: the score of row 1, element 1 is NaN'));
  for (const method of methods) {
    const mask = await topK(row, { k: 2, method, onNaN: 'lowest', rng: new Rng(1) })
      .toMask()
      .data();
    assert.ok(
      mask.every((value) => !Number.isNaN(value)),
      method,
    );
    assertClose(mask[4] as number, 0, { rtol: 0, atol: 1e-6 }, method);
  }
  const noise = tensor([[[Number.NaN, 0, 0]]]);
  assertThrows(
    () => topK([1, 2, 3], { k: 1, method: 'perturbed', noise }),
    OptionError,
    saying('the given noise holds NaN'),
  );
});

onCpu('scores of -Infinity are masked, those of Infinity always selected and without a gradient', async () => {
  const row = x([0.2, -Infinity, 0.1, Infinity, 0.3]);
  const g = new Rng(3).normal([1, 2, 5]);
  for (const method of ['exact', 'perturbed', 'hard', 'straight-through'] as const) {
    const options = { k: 2, method, rng: new Rng(1) };
    const mask = await topK(row, options).toMask().data();
    assert.is(mask[1], 0);
    assert.is(mask[3], 1);
    if (method === 'perturbed' || method === 'hard') continue;
    const byScore = await gradient(row, g, options);
    assert.is(byScore[3], 0);
    assert.is(byScore[1], 0);
    assert.ok(byScore.every(Number.isFinite));
  }
  assertThrows(
    () => topK(x([1, -Infinity, -Infinity]), { k: 2 }),
    OptionError,
    saying('topK: row 0 has 1 scores above -Infinity, but k is 2'),
  );
});

test('k = n selects all, with no gradient', async () => {
  const row = x([0.3, 0.1, 0.2]);
  const g = new Rng(3).normal([1, 3, 3]);
  for (const method of ['exact', 'perturbed', 'straight-through'] as const) {
    const options = { k: 3, method, rng: new Rng(1) };
    assert.equal(Array.from(await topK(row, options).toDense().data()), [1, 0, 0, 0, 1, 0, 0, 0, 1]);
    assertClose(await gradient(row, g, options), [0, 0, 0], { rtol: 0, atol: 1e-4 });
  }
  for (const method of ['exact', 'perturbed', 'hard', 'softsort', 'sinkhorn', 'neuralsort'] as const) {
    const one = await topK(x([5]), { k: 1, method, rng: new Rng(1) })
      .toDense()
      .data();
    assertClose(one, [1], { rtol: 0, atol: 1e-6 }, method);
  }
});

test('equal scores: the lower position first where the choice is hard, equal shares where it is soft', async () => {
  const row = x([1, 1, 1, 1, 1, 1]);
  assert.equal(Array.from(await topK(row, { k: 2, method: 'hard' }).indices.data<'int32'>()), [0, 1]);
  for (const method of ['exact', 'lapsum', 'sparse', 'dftopk'] as const) {
    const mask = await topK(row, { k: 2, method }).toMask().data();
    const share = method === 'dftopk' ? 0.5 : 1 / 3;
    assertClose(mask, new Array<number>(6).fill(share), { rtol: 0, atol: 1e-6 }, method);
  }
});

test('sigma 0 and vanishing sigma give the hard choice and no gradient', async () => {
  const row = x([0.3, 0.1, 0.2, 0.5]);
  const g = new Rng(3).normal([1, 2, 4]);
  for (const sigma of [0, 1e-44]) {
    for (const grad of ['full', 'plain', 'hard-baseline', 'diag'] as const) {
      const options = { k: 2, sigma, grad, method: 'perturbed', rng: new Rng(1), samples: 20 } as const;
      assert.equal(Array.from(await topK(row, options).toDense().data()), [1, 0, 0, 0, 0, 0, 0, 1]);
      assert.equal(Array.from(await gradient(row, g, options)), [0, 0, 0, 0], grad);
    }
  }
});

test('huge scores and tiny spreads give no NaN', async () => {
  for (const row of [x([1e30, -1e30, 3e38, 0]), x([1, 1 + 1e-7, 1 + 2e-7, 1]), x([1e-38, 0, 1e-40, -1e-38])]) {
    for (const method of methods) {
      const mask = await topK(row, { k: 2, method, rng: new Rng(1), samples: 50 })
        .toMask()
        .data();
      assert.ok(mask.every(Number.isFinite), method);
      // At such a scale the iterations of sinkhorn have not converged.
      if (method === 'sinkhorn') continue;
      assert.ok(
        mask.every((value) => value >= 0 && value <= 2.001),
        `${method}: ${mask}`,
      );
    }
  }
});

test('no rows, and no elements, give empty selections', async () => {
  const none = topK(zeros([0, 5]), { k: 2 });
  assert.equal(none.toDense().shape, [0, 2, 5]);
  assert.equal(none.toMask().shape, [0, 5]);
});

test('numbers of any kind are scores', async () => {
  const expected = await topK(x([3, 1, 2]), { k: 2, sigma: 1 })
    .toDense()
    .data();
  for (const scores of [
    [3, 1, 2],
    [[3, 1, 2]],
    Int32Array.of(3, 1, 2),
    Uint8Array.of(3, 1, 2),
    Float64Array.of(3, 1, 2),
  ]) {
    assert.equal(await topK(scores, { k: 2, sigma: 1 }).toDense().data(), expected);
  }
});

test('the same seed gives the same samples on every device', async () => {
  const scores = new Rng(1).uniform([2, 37]);
  const options = (): TopKOptions => ({ k: 4, method: 'perturbed', samples: 60, rng: new Rng(9) });
  const here = await topK(scores, options()).toDense().data();
  const device = createJsDevice();
  const there = tensor(await scores.data(), { shape: [2, 37], device });
  assert.equal(await topK(there, options()).toDense().data(), here);
  // What is drawn is the generator's own noise, rows of whole blocks.
  const noise = new Rng(9).normal([2, 60, 40]);
  const rows = noise.at(':', ':', '0:37');
  assert.equal(await topK(scores, { k: 4, method: 'perturbed', noise: rows }).toDense().data(), here);
});

test('a generator moves on, so that every call draws other noise', async () => {
  const rng = new Rng(4);
  const draw = async (): Promise<Float32Array> =>
    await topK(x([0.1, 0.12, 0.11, 0.09]), { k: 1, method: 'perturbed', samples: 20, rng })
      .toMask()
      .data();
  assert.not.equal(await draw(), await draw());
});

test('the mean of sampled gradients, by scores and by sigma, is the exact one', async () => {
  const scores = x([0.3, 0.25, 0.2, 0.1, 0.05]);
  const g = new Rng(2).normal([1, 2, 5]);
  const rng = new Rng(1);
  const by = async (options: TopKOptions): Promise<number[]> => {
    const sigma = tensor(0.1);
    const [, [byScore, bySigma]] = valueAndGradOf([scores, sigma], () =>
      sum(mul(topK(scores, { ...options, sigma }).toDense(), g)),
    ) as unknown as [Tensor, [Tensor, Tensor]];
    return [...(await byScore.data()), ...(await bySigma.data())];
  };
  for (const noise of ['normal', 'gumbel'] as const) {
    const exact = await by({ k: 2, noise });
    const sampled = await by({ k: 2, noise, method: 'perturbed', samples: 200_000, rng });
    const size = Math.max(...exact.map(Math.abs));
    assertClose(sampled, exact, { rtol: 0, atol: 0.05 * size }, noise);
  }
});

onCpu('masks come to the hard choice as they grow harder, and sum to k', async () => {
  const harder: Partial<Record<TopKMethod, object>> = {
    exact: { sigma: 1e-4 },
    lapsum: { alpha: 1e-4 },
    sparse: { width: 1e-4 },
    dftopk: { tau: 1e-4 },
  };
  await fc.assert(
    fc.asyncProperty(fc.nat(), fc.integer({ min: 1, max: 63 }), async (seed, k) => {
      const scores = new Rng(seed).uniform([1, 64]);
      const chosen = await topK(scores, { k, method: 'hard' }).toMask().data();
      for (const [method, options] of Object.entries(harder) as [TopKMethod, object][]) {
        const sharp = await topK(scores, { k, method, ...options })
          .toMask()
          .data();
        const top = await topK(scores, { k, method: 'hard' }).indices.data<'int32'>();
        for (const i of top) assert.ok((sharp[i] as number) > 0.49, method);
        const soft = await topK(scores, { k, method }).toMask().data();
        const total = soft.reduce((a, b) => a + b, 0);
        if (method !== 'dftopk') assertClose(total, k, { rtol: 1e-5, atol: 1e-5 }, method);
      }
      assert.is(
        chosen.reduce((a, b) => a + b, 0),
        k,
      );
    }),
    { numRuns: 15 },
  );
});

test('a selection of indices or of a dense tensor is what was put in', async () => {
  const indices = tensor(
    [
      [3, 1],
      [0, 2],
    ],
    { dtype: 'int32' },
  );
  const hardRows = Selection.fromIndices(indices, 4);
  assert.equal(Array.from(await hardRows.toDense().data()), [0, 0, 0, 1, 0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 1, 0]);
  const dense = new Rng(1).uniform([2, 3, 5]);
  assert.equal(await Selection.fromDense(dense).toDense().data(), await dense.data());
  assertThrows(
    () => Selection.fromDense(x([1])),
    ShapeError,
    saying('Selection.fromDense: dense must be [batch, rows, n]'),
  );
});

test('rows are checked for their sums only on request', async () => {
  await topK(x([0.3, 0.1, 0.2]), { k: 2 }).requireDistributions();
  const odd = Selection.fromDense(
    tensor([
      [
        [1, 0],
        [0.5, 0.25],
      ],
    ]),
  );
  await assertRejects(
    () => odd.requireDistributions(),
    OptionError,
    /^Selection: row 1 of image 0 sums to 0\.75, not to 1$/,
  );
});

test('half precision is taken where the host has it', async () => {
  const { Float16Array } = globalThis as { Float16Array?: new (values: number[]) => Float32Array };
  const halves = Float16Array === undefined ? Float32Array.of(3, 1, 2) : new Float16Array([3, 1, 2]);
  const expected = await topK([3, 1, 2], { k: 2, sigma: 1 }).toDense().data();
  assert.equal(await topK(halves, { k: 2, sigma: 1 }).toDense().data(), expected);
});

onCpu('indices outside are refused', () => {
  const outside = tensor([[4]], { dtype: 'int32' });
  assertThrows(() => Selection.fromIndices(outside, 4), Error, saying('every index must be in [0, 4)'));
});

test('no method leaves tensors behind', () => {
  const scores = new Rng(1).uniform([2, 20]);
  const g = new Rng(2).normal([2, 1, 20]);
  for (const method of methods) {
    const before = memory().tensors;
    topK(scores, { k: 3, method, rng: new Rng(1), samples: 10 }).dispose();
    assert.is(memory().tensors - before, 0, method);
    if (method === 'hard') continue;
    scope(() => {
      valueAndGradOf(scores, () => sum(mul(topK(scores, { k: 3, method, rng: new Rng(1), samples: 10 }).toDense(), g)));
    });
    assert.is(memory().tensors - before, 0, `${method}, gradient`);
  }
});

/** What is warned of while `body` runs. */
async function warnings(body: () => unknown): Promise<string[]> {
  const { warn } = console;
  const told: string[] = [];
  console.warn = (text: string) => void told.push(text);
  try {
    await body();
  } finally {
    console.warn = warn;
  }
  return told;
}

onCpu('what exact cannot hold is sampled, and what is slow is told, once', async () => {
  const many = zeros([1, 200_000]);
  const choose = () => scope(() => void topK(many, { k: 50, samples: 2, rng: new Rng(1) }));
  const first = await warnings(choose);
  assert.is(first.length, 1);
  assert.match(
    first[0] as string,
    "200000 of 200000 scores are within reach of the noise, too many for method 'exact'",
  );
  assert.equal(await warnings(choose), []);
  const slow = await warnings(() => scope(() => void topK(zeros([1, 2600]), { k: 400 })));
  assert.match(slow[0] as string, "'lapsum' and 'sparse' are not");
});

onCpu(
  'one sample has no baseline, and sampling without a generator draws the same again: both are told once',
  async () => {
    const draw = () => scope(() => void topK([3, 1, 2], { k: 1, method: 'perturbed', samples: 1 }));
    const told = await warnings(draw);
    assert.ok(told.some((text) => text.includes('no rng was passed')));
    assert.equal(await warnings(draw), []);
  },
);

onCpu('sinkhorn tells how far its iterations came', async () => {
  const scores = new Rng(1).uniform([2, 30]);
  const near = sinkhornTopK(scores, 3, { epsilon: 0.1, iterations: 500 });
  assert.ok((await near.marginalError.data()).every((error) => error < 1e-9));
  await warnings(async () => {
    const far = sinkhornTopK(scores, 3, { epsilon: 1e-4, iterations: 3 });
    assert.ok((await far.marginalError.data()).every((error) => error > 0.01));
    assert.ok((await far.rows.data()).every(Number.isFinite));
  });
});

onCpu('results are the same bits on one thread and on two', async () => {
  const results = async (threads: number): Promise<unknown[]> => {
    const device = createWasmDevice({ threads, shareFrom: 0 });
    const before = useDevice(device);
    try {
      await device.ready();
      const rng = new Rng(7);
      const scores = rng.uniform([5, 61]);
      const all: unknown[] = [];
      for (const method of methods) {
        const options = { k: 7, method, rng: new Rng(1), samples: 33 };
        const dense = topK(scores, options).toDense();
        all.push(await dense.data());
        if (method === 'hard') continue;
        const g = new Rng(2).normal(dense.shape);
        all.push(await gradient(scores, g, { ...options, rng: new Rng(1) }));
      }
      return all;
    } finally {
      useDevice(before);
      device.dispose();
    }
  };
  assert.equal(await results(2), await results(1));
});

onCpu('given noise must be finite floats on the device of the scores, and so must sigma', async () => {
  const row = x([3, 1, 2]);
  const js = createJsDevice();
  const refuse = (options: object, error: new (message: string) => Error, message: string): void => {
    assertThrows(() => topK(row, { k: 1, method: 'perturbed', ...options }), error, saying(message));
  };
  const noise = (value: number, options: object = {}): Tensor => tensor([[[value, 0, 0]]], options);
  refuse({ noise: noise(Infinity), sigma: 0 }, OptionError, 'topK: the given noise holds NaN or Infinity');
  refuse({ noise: noise(1, { dtype: 'int32' }) }, DTypeError, 'topK: noise must be float32 or float64, got int32');
  refuse({ noise: noise(1, { device: js }) }, DeviceError, 'tensors live on different devices');
  refuse({ sigma: tensor(0.1, { device: js }), rng: new Rng(1) }, DeviceError, 'tensors live on different devices');
  refuse({ sigma: 1e39 }, OptionError, 'topK: sigma must be a number from 0, got 1e+39');
  refuse({ rng: 5 }, OptionError, 'topK: rng must be an Rng, got 5');
  // A sum of infinite score and infinite noise is no number; the choice stays one of three.
  const odd = topK(x([Infinity, -1, 0]), { k: 2, sigma: 3e38, method: 'perturbed', rng: new Rng(1), samples: 40 });
  assert.ok((await odd.toMask().data()).every((share) => share >= 0 && share <= 1));
});

onCpu('straight-through is hard in every order, and where exact has no room', async () => {
  const row = x([0.3, 0.1, 0.2]);
  for (const order of ['value', 'value-ascending'] as const) {
    const hardRows = await topK(row, { k: 2, order, method: 'hard' }).toDense().data();
    const through = { k: 2, order, sigma: 0.1, method: 'straight-through' } as const;
    assert.equal(await topK(row, through).toDense().data(), hardRows);
    const g = new Rng(1).normal([1, 2, 3]);
    assert.equal(await gradient(row, g, through), await gradient(row, g, { ...through, method: 'exact' }));
  }
  await warnings(async () => {
    const many = new Rng(2).uniform([1, 200_000]);
    const options = { k: 50, sigma: 100, samples: 2, rng: new Rng(1), method: 'straight-through' } as const;
    const weights = topK(many, options).weights;
    assert.is(
      await weights
        .max()
        .data()
        .then(([most]) => most),
      1,
    );
    assert.is(
      await weights
        .sum()
        .data()
        .then(([total]) => total),
      50,
    );
  });
});

test('masks have one row, also of no images; hard weights have the type of the scores', async () => {
  for (const method of methods) {
    const none = topK(zeros([0, 5]), { k: 2, method });
    assert.equal(none.toDense().shape, [0, ['lapsum', 'sparse', 'dftopk'].includes(method) ? 1 : 2, 5], method);
  }
  assertThrows(() => topK(zeros([0, 5]), { k: 6 }), OptionError, saying('topK: k must be an integer in [1, 5], got 6'));
});

onCpu('hard weights have the type of the scores', () => {
  const double = tensor([[1, 2]], { device: createJsDevice(), dtype: 'float64' });
  assert.is(topK(double, { k: 1, method: 'hard' }).weights.dtype, 'float64');
});

test('equal scores share the gradient', async () => {
  const row = x([0.5, 0.5, 0.5, 0.2]);
  const mask = tensor([[1, 1, 1, 0]]);
  const [, byScore] = valueAndGradOf(row, () => sum(mul(topK(row, { k: 2, sigma: 0.2 }).toMask(), mask)));
  const [a = 0, b = 0, c = 0] = await byScore.data();
  assertClose([b, c], [a, a], { rtol: 1e-5, atol: 1e-6 });
  assert.ok(a > 0);
});

test('a gradient of a gradient is refused, not taken for 0', () => {
  const row = x([0.3, 0.1, 0.2]);
  for (const method of ['exact', 'perturbed'] as const) {
    const options = { k: 1, method, rng: new Rng(1), samples: 5 };
    const slope = (t: Tensor): Tensor => sum(grad((u: Tensor) => topK(u, options).toMask().square().sum())(t));
    assertThrows(() => grad(slope)(row), GradientError, saying(`topK: ${method}: has no second derivative`));
  }
});

test.run();
