/** Steps of optimizers against the oracle, in place and out of place. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { conform, type Generator, input, output, wasmForms } from './conformance.js';

const stepOf = (random: Generator) => ({
  beta1: random.pick([0, 0.9, 0.99]),
  beta2: random.pick([0, 0.999]),
  rate: random.pick([1e-4, 1e-2, 1]),
  root: random.pick([1, 1.5, 31.6]),
  epsilon: random.pick([1e-8, 1e-3]),
});

test('a step of Adam follows the oracle, with what it remembered from before', async () => {
  await conform(
    'adam',
    (random) => {
      const n = random.size(random.boolean(0.1) ? 5000 : 200);
      const old = [random.floats(n), random.floats(n), random.floats(n), random.floats(n, 0, 4)].map((x) => input(x));
      return [...old, output('float32', n), output('float32', n), output('float32', n), stepOf(random)] as const;
    },
    { rtol: 2e-6, atol: 2e-6 },
  );
});

test('a step of Adam in place gives what it gives beside, on every form of wasm', async () => {
  for (const { device, label } of await wasmForms()) {
    const buffer = (seed: number) => {
      const made = device.allocate('float32', 37);
      device.write(
        made,
        Float32Array.from({ length: 37 }, (_, i) => Math.abs(Math.sin(i + seed))),
      );
      return made;
    };
    const [p, g, m, v] = [buffer(1), buffer(2), buffer(3), buffer(4)] as const;
    const [newP, newM, newV] = [buffer(0), buffer(0), buffer(0)] as const;
    const step = { beta1: 0.9, beta2: 0.999, rate: 0.1, root: 2, epsilon: 1e-8 };
    device.kernels.adam(p, g, m, v, newP, newM, newV, step);
    device.kernels.adam(p, g, m, v, p, m, v, step);
    for (const [inPlace, beside] of [
      [p, newP],
      [m, newM],
      [v, newV],
    ] as const) {
      assert.equal(await device.read(inPlace), await device.read(beside), label);
    }
    for (const b of [p, g, m, v, newP, newM, newV]) device.release(b);
  }
});

test.run();
