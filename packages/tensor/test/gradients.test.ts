/** Gradients of every differentiable operation: against central differences, on every device, in inner scopes. */
import { createJsDevice, createWasmDevice, type Device } from '@saccade/kernels';
import { assertClose } from '@saccade/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import * as api from '../src/index.js';
import { checkGradients, mul, scope, sum, type Tensor, tensor, valueAndGradOf } from '../src/index.js';
import { type Case, joined, make } from './cases/case.js';
import { allCases, smoothCases } from './cases/index.js';

const js = createJsDevice();
const wasm = createWasmDevice({ threads: 1, deterministic: true });

/** Gradients of an uneven sum over the results by all float inputs, with the call in an inner scope if asked for. */
function gradientsOn(device: Device, c: Case, inner: boolean): Float64Array[] {
  return scope(() => {
    const inputs = make(c.inputs, device);
    const floats = inputs.filter((t) => t.dtype.startsWith('float'));
    const [, gradients] = valueAndGradOf(floats, () => {
      const y = inner ? scope(() => joined(c.call(...inputs))) : joined(c.call(...inputs));
      const weights = Float64Array.from({ length: y.size }, (_, i) => 0.5 * ((i % 7) + 1));
      return sum(mul(y, tensor(weights, { shape: y.shape, dtype: y.dtype, device })));
    });
    return gradients.map((g) => Float64Array.from(g.dataSync()));
  });
}

function each(cases: readonly Case[], body: (c: Case) => void | Promise<void>): () => Promise<void> {
  return async () => {
    for (const c of cases) {
      try {
        await body(c);
      } catch (cause) {
        throw new Error(`${c.op} ${c.name}: ${(cause as Error).message}`, { cause });
      }
    }
  };
}

const families = new Map<string, Case[]>();
for (const c of smoothCases) families.set(c.op, [...(families.get(c.op) ?? []), c]);

for (const [op, cases] of families) {
  test(
    `the gradient of ${op} is that of central differences`,
    each(cases, async (c) => {
      await checkGradients((...inputs) => joined(c.call(...inputs)), make(c.inputs, js));
    }),
  );
  test(
    `the gradient of ${op} is the same on wasm, and with the call in a scope of its own`,
    each(cases, (c) => {
      const expected = gradientsOn(js, c, false);
      for (const [device, inner] of [
        [js, true],
        [wasm, false],
        [wasm, true],
      ] as const) {
        // biome-ignore format: pairs
        const got = gradientsOn(device, c, inner);
        for (const [i, gradient] of got.entries()) {
          const reference = expected[i] as Float64Array;
          const size = Math.max(1, ...reference.map(Math.abs));
          const tolerance = device === js ? 1e-12 : 1e-4;
          assertClose(gradient, reference, { rtol: 0, atol: tolerance * size }, `${device.name}, input ${i}`);
        }
      }
    }),
  );
}

const known = new Set(Object.keys(api));

/** Exports that are no operations on tensors, or have a test file of their own. */
const otherwise = [
  'checkOptions quote requireFunction bufferOf deviceOf empty isTracked kernelsOn recording convertStored parseNpyHeader storedBytes viewStored show sameShape nodeFiles writeFileAtomically',
  'bfloat16ToFloat32 float16ToFloat32 toBfloat16 toFloat16 littleEndianBytes crc32 openSource readWhole',
  'requireAbove requireCount requireCounts requireDivides requireFlag requireFrom requireOneOf requireRng requireShape requireWithin',
  'matrix matrixProduct transposeMatrix choleskyMatrix choleskySolveMatrix solveMatrix leastSquaresMatrix qrMatrix svdMatrix eigMatrix eigSymmetricMatrix eigSymmetricValuesMatrix',
  'init createJsDevice checkGradients eye full linspace ones range tensor zeros',
  'loadSafetensors encodeNpy loadNpy saveNpy decodeNpy openSafetensors decodeSafetensors packSafetensors',
  'openShardedSafetensors encodeSafetensors saveSafetensors streamSafetensors cholesky choleskySolve eig eigSymmetric leastSquares qr solve svd',
  'assign checkpoint customGrad grad valueAndGrad valueAndGradOf memory format dispose keep scope isTensor mapTree tensorsOf',
]
  .join(' ')
  .split(' ');

/** Operations without a gradient. */
const discrete =
  'equal notEqual less lessEqual greater greaterEqual logicalAnd logicalOr logicalXor logicalNot isnan isfinite ' +
  'any all argmax argmin argsort oneHot zerosLike onesLike stopGradient';

test('every exported operation has a case, and every differentiable one a gradient check', () => {
  const functions = Object.entries(api)
    .filter(([name, value]) => typeof value === 'function' && /^[a-z]/.test(name) && !otherwise.includes(name))
    .map(([name]) => name);
  const covered = new Set(allCases.map((c) => c.op));
  assert.equal(
    functions.filter((name) => !covered.has(name)),
    [],
  );
  assert.equal(
    functions.filter((name) => !discrete.split(' ').includes(name) && !families.has(name)),
    [],
  );
  assert.equal(
    [...covered, ...otherwise, ...discrete.split(' ')].filter((name) => !known.has(name)),
    [],
  );
});

test('checkGradients finds a wrong gradient and names its place', async () => {
  const wrong = api.customGrad((x: Tensor) => ({ value: x.square(), backward: (dy) => [mul(dy, x)] }));
  try {
    await checkGradients((x) => wrong(x), [tensor([1, 2])]);
  } catch (error) {
    assert.instance(error, api.GradientError);
    assert.match(
      (error as Error).message,
      /checkGradients: input 0, element 0: gradient 0\.5, central difference 1\.0/,
    );
    return;
  }
  assert.unreachable();
});

test.run();
