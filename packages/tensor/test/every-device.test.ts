/** Every operation and its gradients give on the device under test, within float32, what the float64 oracle gives. */
import { createJsDevice, currentDevice, type Device } from '@saccade/kernels';
import { assertClose, onTestDevice } from '@saccade/testing';
import { test } from 'uvu';
import { init, mul, scope, sum, type Tensor, tensor, valueAndGradOf } from '../src/index.js';
import { type Case, joined, make } from './cases/case.js';
import { allCases } from './cases/index.js';

const js = createJsDevice();

onTestDevice(test, init);

/** All results of a call. */
function resultsOf(c: Case, inputs: Tensor[]): readonly Tensor[] {
  const result = c.call(...inputs);
  return Array.isArray(result) ? (result as Tensor[]) : [result as Tensor];
}

function values(place: Device, c: Case): Promise<Float64Array[]> {
  return scope(async () => {
    const results = resultsOf(c, make(c.inputs, place));
    return await Promise.all(results.map(async (t) => Float64Array.from(await t.data())));
  });
}

/** Gradients of an uneven sum over the results by all float inputs. */
function gradients(place: Device, c: Case): Promise<Float64Array[]> {
  return scope(async () => {
    const inputs = make(c.inputs, place);
    const floats = inputs.filter((t) => t.dtype.startsWith('float'));
    const [, slopes] = valueAndGradOf(floats, () => {
      const y = joined(c.call(...inputs));
      const weights = Float64Array.from({ length: y.size }, (_, i) => 0.5 * ((i % 7) + 1));
      return sum(mul(y, tensor(weights, { shape: y.shape, dtype: y.dtype, device: place })));
    });
    return await Promise.all(slopes.map(async (t) => Float64Array.from(await t.data())));
  });
}

const families = new Map<string, Case[]>();
for (const c of allCases) families.set(c.op, [...(families.get(c.op) ?? []), c]);

for (const [op, cases] of families) {
  test(`${op} and its gradients`, async () => {
    for (const c of cases) {
      const isSmooth = c.smooth !== false && c.inputs.some(({ dtype }) => dtype === 'float');
      for (const compute of isSmooth ? [values, gradients] : [values]) {
        const expected = await compute(js, c);
        const got = await compute(currentDevice(), c);
        for (const [i, actual] of got.entries()) {
          const reference = expected[i] as Float64Array;
          const size = Math.max(1, ...reference.map(Math.abs).filter(Number.isFinite));
          const label = `${op} ${c.name}: ${compute.name}, ${i}`;
          assertClose(actual, reference, { rtol: 0, atol: 1e-4 * size }, label);
        }
      }
    }
  });
}

test.run();
