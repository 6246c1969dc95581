/** Milliseconds of the differentiable top-k on one thread: 10 of 900 scores as for billiard images, 5 of 2028 as for traffic signs. */
import { createWasmDevice, useDevice } from '@saccade/kernels';
import { mul, Rng, scope, sum, type Tensor, tensor, valueAndGradOf } from '@saccade/tensor';
import { type TopKOptions, topK } from '@saccade/topk';
import { median } from '../harness/alternate.js';
import { type Figure, figure } from '../harness/figure.js';
import { randomValues } from '../harness/random-values.js';

const group = 'differentiable top-k on one thread';

/** Milliseconds of a call. */
function time(call: () => unknown): number {
  const start = performance.now();
  scope(() => void call());
  return performance.now() - start;
}

interface Timed {
  readonly forward: number;
  /** Forward and backward. */
  readonly both: number;
  readonly least: number;
}

/** Medians over rounds in which both take turns; `options` are made anew for each call. */
function measure(n: number, options: () => TopKOptions, rounds: number): Timed {
  const x = tensor(randomValues(n, 12), { shape: [1, n] })
    .mul(0.5)
    .add(0.5) as unknown as Tensor;
  const { k } = options();
  const g = tensor(randomValues(k * n, 13), { shape: [1, k, n] }) as unknown as Tensor;
  const forward: number[] = [];
  const both: number[] = [];
  for (let round = -3; round < rounds; round++) {
    const given = options();
    const a = time(() => topK(x, given).toDense());
    const b = time(() => valueAndGradOf(x, () => sum(mul(topK(x, given).toDense(), g))));
    if (round < 0) continue; // until the engine has warmed to it
    forward.push(a);
    both.push(b);
  }
  const least = Math.min(...both) - Math.min(...forward);
  return { forward: median(forward.sort((a, b) => a - b)), both: median(both.sort((a, b) => a - b)), least };
}

/** Bars as the project asks for them. */
export async function topKFigures(quick: boolean): Promise<Figure[]> {
  const rounds = quick ? 10 : 60;
  const device = createWasmDevice({ threads: 1 });
  const before = useDevice(device);
  const rng = new Rng(1);
  const noise = rng.normal([1, 500, 900]) as unknown as Tensor;
  const figures: Figure[] = [];
  const tell = (name: string, value: number, detail: string, bar?: number): void => {
    figures.push(figure(group, name, value, 'ms', detail, bar));
  };
  for (const [n, k] of [
    [900, 10],
    [2028, 5],
  ] as const) {
    const exact = measure(n, () => ({ k }), rounds);
    tell(`exact, ${k} of ${n}`, exact.both, `forward ${exact.forward.toFixed(2)}, the rest is the gradient`, 8);
  }
  const drawn = measure(900, () => ({ k: 10, method: 'perturbed', rng }), rounds);
  tell('500 samples, 10 of 900, forward', drawn.forward, 'noise is drawn in chunks and not kept', 6);
  tell('500 samples, gradient, noise drawn again', drawn.both - drawn.forward, 'needs no memory for noise');
  const given = measure(900, () => ({ k: 10, method: 'perturbed', noise }), rounds);
  tell('500 samples, gradient, noise given', given.both - given.forward, `of minima ${given.least.toFixed(2)}`, 0.5);
  const diag = measure(900, () => ({ k: 10, method: 'perturbed', rng, grad: 'diag' }), rounds);
  tell('500 samples, diagonal gradient', diag.both - diag.forward, `of minima ${diag.least.toFixed(2)}`, 0.5);
  useDevice(before);
  device.dispose();
  return figures;
}
