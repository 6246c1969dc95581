/** Second derivatives: the gradient of every gradient, against central differences of the first. */
import { createJsDevice } from '@saccade/kernels';
import { assertClose } from '@saccade/testing';
import { test } from 'uvu';
import {
  attention,
  checkGradients,
  concat,
  flatten,
  gelu,
  grad,
  layerNorm,
  logSoftmax,
  matmul,
  memory,
  mul,
  scope,
  softmax,
  sum,
  type Tensor,
  tensor,
  valueAndGradOf,
} from '../src/index.js';
import { type Case, joined, make } from './cases/case.js';
import { smoothCases } from './cases/index.js';
import { onDevices } from './devices.js';

const js = createJsDevice();

/** Uneven weights, so that no direction cancels. */
function weighted(y: Tensor): Tensor {
  const weights = Float64Array.from({ length: y.size }, (_, i) => 1 + ((i * 5) % 7) / 3);
  return sum(mul(y, tensor(weights, { shape: y.shape, dtype: y.dtype, device: y.device })));
}

/** All first derivatives of the case as one vector. The result is squared, so that linear operations have a second derivative too. */
function firstDerivatives(c: Case, inputs: readonly Tensor[]): Tensor {
  const floats = inputs.filter((t) => t.dtype.startsWith('float'));
  const [, gradients] = valueAndGradOf(floats, () => weighted(joined(c.call(...inputs)).square()));
  return concat(gradients.map((g) => flatten(g)));
}

const families = new Map<string, Case[]>();
for (const c of smoothCases) {
  if (c.twice === false) continue;
  families.set(c.op, [...(families.get(c.op) ?? []), c]);
}

for (const [op, cases] of families) {
  test(`the second derivatives of ${op} are those of central differences`, async () => {
    for (const c of cases) {
      try {
        await checkGradients((...inputs) => firstDerivatives(c, inputs), make(c.inputs, js));
      } catch (cause) {
        throw new Error(`${c.op} ${c.name}: ${(cause as Error).message}`, { cause });
      }
    }
  });
}

test('third derivatives of fused operations are those of central differences', async () => {
  const x = tensor([0.3, -0.8, 1.1], { dtype: 'float64', device: js });
  for (const f of [softmax, logSoftmax, gelu, layerNorm] as ((x: Tensor) => Tensor)[]) {
    const first = grad((t: Tensor) => weighted(f(t)));
    const second = grad((t: Tensor) => weighted(first(t)));
    await checkGradients((t) => second(t), [x]);
  }
});

onDevices(test, 'a Hessian-vector product is the derivative of the gradient along the vector', (device) => {
  const dtype = device.name === 'js' ? 'float64' : 'float32';
  scope(() => {
    const [x, v] = [0.1, 1.7].map((phase) =>
      tensor(
        Array.from({ length: 8 }, (_, i) => Math.sin(2 * i + phase)),
        { shape: [4, 2], dtype, device },
      ),
    ) as unknown as [Tensor, Tensor];
    const first = grad((t: Tensor) => weighted(attention(t, t, t, { causal: true })));
    const product = grad((t: Tensor) => sum(mul(first(t), v)))(x);
    const step = device.name === 'js' ? 1e-5 : 3e-3;
    const along = (h: number): Tensor => first(x.add(v.mul(h)));
    const numeric = along(step)
      .sub(along(-step))
      .div(2 * step);
    const size = Math.max(...numeric.dataSync().map(Math.abs));
    assertClose(product.dataSync(), numeric.dataSync(), { rtol: 0, atol: size * (device.name === 'js' ? 1e-8 : 5e-3) });
  });
});

onDevices(test, 'nested gradients give powers their factorials and leave nothing behind', () => {
  const x = tensor(2);
  const before = memory().tensors;
  scope(() => {
    let f = (t: Tensor): Tensor => t.pow(5);
    for (const expected of [80, 160, 240, 240, 120, 0]) {
      f = grad(f);
      assertClose(f(x).item(), expected, { rtol: 1e-5, atol: 1e-4 });
    }
  });
  if (memory().tensors !== before) throw new Error(`${memory().tensors - before} tensors left`);
  x.dispose();
});

onDevices(test, 'an outer gradient flows through the inner one and around it', () => {
  scope(() => {
    const [a, b] = [tensor([1, 2]), tensor([3, -1])];
    // d/da of a . grad_b(sum(a b^2)) = d/da of sum(2 a^2 b) = 4 a b
    const outer = grad((t: Tensor) => sum(mul(t, grad((u: Tensor) => sum(mul(t, u.square())))(b))));
    assertClose(outer(a).dataSync(), [12, -8]);
    const mixed = grad((t: Tensor) => sum(matmul(t, grad((u: Tensor) => sum(mul(u, mul(u, t))))(t.square()))));
    // t . 2 t^3 = 2 t^4 -> 8 t^3
    assertClose(mixed(a).dataSync(), [8, 64]);
  });
});

test.run();
