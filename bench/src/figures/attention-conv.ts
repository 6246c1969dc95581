/** What the form of a layer saves: separable against pixel by pixel, and hard attention against the convolution that it is. */
import { convToAttention, type ForwardOptions, QuadraticAttention } from '@saccade/attention-conv';
import { createWasmDevice, useDevice } from '@saccade/kernels';
import { conv2d, Rng, scope, type Tensor } from '@saccade/tensor';
import { median } from '../harness/alternate.js';
import { type Figure, figure } from '../harness/figure.js';

const group = 'attention by position on one thread, [2, 32, 32, 64], 9 heads';

/** Milliseconds of a call. */
function time(call: () => unknown): number {
  const start = performance.now();
  scope(() => void call());
  return performance.now() - start;
}

/** Medians of two that take turns. */
function race(first: () => unknown, second: () => unknown, rounds: number): readonly [number, number] {
  const times: [number[], number[]] = [[], []];
  for (let round = -3; round < rounds; round++) {
    const [a, b] = [time(first), time(second)];
    if (round < 0) continue; // until the engine has warmed to it
    times[0].push(a);
    times[1].push(b);
  }
  return [median(times[0].sort((a, b) => a - b)), median(times[1].sort((a, b) => a - b))];
}

/** Largest difference of two results. */
function difference(a: Tensor, b: Tensor): number {
  return scope(() => a.sub(b).abs().max().item());
}

/** Bars as the project asks for them. */
export async function attentionConvFigures(quick: boolean): Promise<Figure[]> {
  const device = createWasmDevice({ threads: 1 });
  const before = useDevice(device);
  const rng = new Rng(1);
  const x = rng.normal([2, 32, 32, 64]) as Tensor;
  const soft = new QuadraticAttention({ inputs: 64, heads: 9, rng });
  const by = (evaluation: NonNullable<ForwardOptions['evaluation']>) => (): Tensor => soft.forward(x, { evaluation });
  const [separable, naive] = race(by('separable'), by('tiled'), quick ? 3 : 15);
  const apart = scope(() => difference(by('separable')(), by('tiled')()));
  const weight = rng.normal([64, 64, 3, 3], { deviation: 0.05 });
  const { layer: hard } = convToAttention({ weight, padding: 1 });
  const filter = weight.transpose([2, 3, 1, 0]);
  const convolve = (): Tensor => conv2d(x, filter, { padding: 'same' });
  const [attention, convolution] = race(() => hard.forward(x), convolve, quick ? 10 : 60);
  useDevice(before);
  device.dispose();
  const ms = (value: number): string => `${value.toFixed(2)} ms`;
  return [
    figure(
      group,
      'separable: its part of the time of pixel by pixel',
      separable / naive,
      '',
      `${ms(separable)} against ${ms(naive)}, results differ by ${apart.toExponential(1)}`,
      1 / 8,
    ),
    figure(
      group,
      'hard attention of a 3 x 3 kernel: times the time of conv2d',
      attention / convolution,
      '',
      `${ms(attention)} against ${ms(convolution)}`,
      2.5,
    ),
  ];
}
