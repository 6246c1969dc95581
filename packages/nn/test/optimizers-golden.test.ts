/** Optimizers, clipping and averages against PyTorch, on the device under test. */
import { assign, init, scope, type Tensor } from '@saccade/tensor';
import { assertClose, onTestDevice } from '@saccade/testing';
import { test } from 'uvu';
import { Adam, AdamW, clipByGlobalNorm, ExponentialAverage, type Optimizer, SGD } from '../src/index.js';
import { golden, Vectors } from './reference.js';

onTestDevice(test, init);

interface Case {
  readonly name: string;
  readonly optimizer: 'SGD' | 'Adam' | 'AdamW';
  readonly options: {
    readonly lr?: number;
    readonly momentum?: number;
    readonly nesterov?: boolean;
    readonly weightDecay?: number;
    readonly betas?: readonly [number, number];
    readonly eps?: number;
  };
  readonly parameters: readonly string[];
  readonly steps: number;
  readonly recorded: readonly number[];
}

interface Golden {
  readonly optimizers: readonly Case[];
  readonly clips: readonly { name: string; options: { maxNorm: number }; parameters: string[] }[];
  readonly averages: readonly { name: string; options: { decay: number }; parameters: string[]; steps: number }[];
}

const reference = golden<Golden>('optimizers.json');
const vectors = new Vectors('optimizers.safetensors');

function optimizerOf({ optimizer, options: o }: Case, parameters: Record<string, Tensor>): Optimizer {
  const rate = o.lr ?? 1e-3;
  if (optimizer === 'SGD') {
    return new SGD(parameters, { rate, momentum: o.momentum, nesterov: o.nesterov, l2: o.weightDecay });
  }
  const common = { rate, betas: o.betas, epsilon: o.eps };
  if (optimizer === 'AdamW') return new AdamW(parameters, { ...common, decay: o.weightDecay ?? 0.01 });
  return new Adam(parameters, { ...common, l2: o.weightDecay });
}

for (const one of reference.optimizers) {
  test(`${one.name}: parameters after ${one.recorded.join(', ')} steps are PyTorch's`, async () => {
    await scope(async () => {
      const stored = (name: string): Tensor => vectors.get(`${one.name}/${name}`);
      const parameters = Object.fromEntries(one.parameters.map((name) => [name, stored(`initial/${name}`)]));
      const optimizer = optimizerOf(one, parameters);
      for (let step = 1; step <= one.steps; step++) {
        optimizer.step(new Map(one.parameters.map((name) => [name, stored(`gradient/${name}`).at(step - 1)])));
        if (!one.recorded.includes(step)) continue;
        for (const [name, parameter] of Object.entries(parameters)) {
          const expected = await stored(`after/${step}/${name}`).data();
          assertClose(await parameter.data(), expected, { rtol: 1e-5, atol: 1e-6 }, `${name}, step ${step}`);
        }
      }
      optimizer.dispose();
    });
  });
}

for (const { name, options, parameters } of reference.clips) {
  test(`${name}: norm and clipped gradients are PyTorch's`, async () => {
    await scope(async () => {
      const gradients = new Map(parameters.map((p) => [p, vectors.get(`${name}/gradient/${p}`)]));
      const clipped = clipByGlobalNorm(gradients, options.maxNorm);
      assertClose(await clipped.norm.data(), await vectors.get(`${name}/norm`).data());
      for (const p of parameters) {
        const g = clipped.gradients.get(p) as Tensor;
        assertClose(await g.data(), await vectors.get(`${name}/clipped/${p}`).data());
      }
    });
  });
}

for (const { name, options, parameters, steps } of reference.averages) {
  test(`${name}: averages are PyTorch's`, async () => {
    await scope(async () => {
      const at = (part: string, p: string, step: number): Tensor => vectors.get(`${name}/${part}/${p}`).at(step);
      const weights = Object.fromEntries(parameters.map((p) => [p, at('parameter', p, 0)]));
      const average = new ExponentialAverage(weights, options); // begins as a copy, as PyTorch's first update
      for (let step = 0; step < steps; step++) {
        for (const p of parameters) assign(weights[p] as Tensor, at('parameter', p, step));
        if (step > 0) average.update();
        for (const [p, now] of average.state()) {
          assertClose(
            await now.data(),
            await at('average', p, step).data(),
            { rtol: 1e-5, atol: 1e-6 },
            `${p} at ${step}`,
          );
        }
      }
      average.dispose();
    });
  });
}

test.run();
