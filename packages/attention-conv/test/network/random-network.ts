/** Small random networks of all kinds of layers. */
import { Rng, type Tensor } from '@saccade/tensor';
import fc from 'fast-check';
import type { ConvolutionLayer, NetworkLayer } from '../../src/network/layer-list.js';

/** What decides a network. */
export interface Form {
  readonly seed: number;
  readonly dims: 1 | 2 | 3;
  /** Layers before the head. */
  readonly count: number;
  readonly head: 'none' | 'flatten' | 'mean';
  readonly dtype: 'float32' | 'float64';
  /** Weights grow with the power of ten, and with those of each channel by itself. */
  readonly magnitude: number;
}

export const forms: fc.Arbitrary<Form> = fc.record({
  seed: fc.nat(1e6),
  dims: fc.constantFrom(1 as const, 2 as const, 2 as const, 3 as const),
  count: fc.integer({ min: 1, max: 5 }),
  head: fc.constantFrom('none' as const, 'flatten' as const, 'mean' as const),
  dtype: fc.constantFrom('float32' as const, 'float64' as const),
  magnitude: fc.constantFrom(0, 0, 0, -3, 2),
});

/** A network, its weights, which are the caller's, and the extents of images that go through. */
export interface RandomNetwork {
  readonly layers: readonly NetworkLayer[];
  readonly tensors: ReadonlyMap<string, Tensor>;
  readonly extents: readonly number[];
  readonly inputs: number;
}

const activations: readonly NetworkLayer[] = [
  { kind: 'relu' },
  { kind: 'gelu' },
  { kind: 'gelu', approximate: 'tanh' },
  { kind: 'tanh' },
  { kind: 'sigmoid' },
  { kind: 'silu' },
  { kind: 'elu', alpha: 1.5 },
  { kind: 'leakyRelu', negativeSlope: 0.3 },
  { kind: 'softplus' },
];

/** Builds layer after layer, and knows what comes out of the last one. */
class Builder {
  readonly layers: NetworkLayer[] = [];
  readonly tensors = new Map<string, Tensor>();
  readonly #rng: Rng;
  readonly #form: Form;
  channels: number;
  extents: readonly number[];

  constructor(form: Form) {
    this.#form = form;
    this.#rng = new Rng(form.seed);
    this.channels = this.pick([1, 2, 3]);
    const sides = [
      [9, 7, 10],
      [5, 6, 7],
      [3, 4],
    ][form.dims - 1] as number[];
    this.extents = Array.from({ length: form.dims }, () => this.pick(sides));
  }

  pick<T>(list: readonly T[]): T {
    return list[Math.floor(this.#rng.number() * list.length)] as T;
  }

  #normal(name: string, shape: readonly number[], deviation: number): void {
    this.tensors.set(name, this.#rng.normal(shape, { deviation, dtype: this.#form.dtype }));
  }

  #each(list: readonly number[]): number[] {
    return this.extents.map(() => this.pick(list));
  }

  /** What the layer's borders go with. */
  #border(padded: boolean, mode: string): ConvolutionLayer['border'] {
    if (!padded) return this.pick(['pad', 'sink', 'native'] as const);
    if (mode === 'zeros') return this.pick(['pad', 'sink'] as const);
    return mode === 'replicate' ? this.pick(['pad', 'native'] as const) : 'pad';
  }

  convolution(): void {
    const [kernel, stride, dilation, padding] = [
      this.#each([1, 2, 3]),
      this.#each([1, 1, 2]),
      this.#each([1, 1, 2]),
      this.#each([0, 1]),
    ];
    const paddingMode = this.pick(['zeros', 'zeros', 'replicate', 'reflect', 'circular'] as const);
    const outs = this.extents.map(
      (n, i) => Math.floor((n + 2 * padding[i]! - dilation[i]! * (kernel[i]! - 1) - 1) / stride[i]!) + 1,
    );
    if (outs.some((n) => n < 1) || this.extents.some((n, i) => padding[i]! >= n)) return;
    const [name, outputs] = [`c${this.layers.length}`, this.pick([2, 4])];
    const groups = this.channels % 2 === 0 ? this.pick([1, 2]) : 1;
    const border = this.#border(Math.max(...padding) > 0, paddingMode);
    const scale = 10 ** this.#form.magnitude;
    this.#normal(`${name}.weight`, [outputs, this.channels / groups, ...kernel], scale);
    if (this.pick([true, false])) this.#normal(`${name}.bias`, [outputs], this.pick([1, 100]));
    const kind = `conv${this.#form.dims}d` as ConvolutionLayer['kind'];
    this.layers.push({ kind, name, stride, dilation, padding, paddingMode, groups, border });
    [this.channels, this.extents] = [outputs, outs];
  }

  batchNorm(channels: number): void {
    const name = `n${this.layers.length}`;
    this.#normal(`${name}.running_mean`, [channels], 1);
    const { dtype } = this.#form;
    this.tensors.set(`${name}.running_var`, this.#rng.uniform([channels], { low: 0.1, high: 2, dtype }));
    if (this.pick([true, false])) {
      this.#normal(`${name}.weight`, [channels], 1);
      this.#normal(`${name}.bias`, [channels], 1);
    }
    this.layers.push({ kind: 'batchNorm', name });
  }

  pool(): void {
    const [size, stride, padding] = [this.#each([1, 2, 3]), this.#each([1, 2]), this.#each([0, 1])];
    const outs = this.extents.map((n, i) => Math.floor((n + 2 * padding[i]! - size[i]!) / stride[i]!) + 1);
    if (outs.some((n) => n < 1) || size.some((k, i) => 2 * padding[i]! > k)) return;
    this.extents = outs;
    if (this.pick([true, false])) {
      this.layers.push({ kind: 'maxPool', size, stride, padding });
      return;
    }
    const border = this.#border(Math.max(...padding) > 0, 'zeros');
    this.layers.push({ kind: 'averagePool', size, stride, padding, countIncludePad: this.pick([true, false]), border });
  }

  linear(inputs: number, outputs: number): void {
    const name = `l${this.layers.length}`;
    this.#normal(`${name}.weight`, [outputs, inputs], 1);
    if (this.pick([true, false])) this.#normal(`${name}.bias`, [outputs], 1);
    this.layers.push({ kind: 'linear', name });
  }

  any(): void {
    const wish = this.#rng.number();
    if (wish < 0.45) this.convolution();
    else if (wish < 0.6) this.batchNorm(this.channels);
    else if (wish < 0.75) this.pool();
    else if (wish < 0.8) this.layers.push({ kind: this.pick(['identity', 'dropout'] as const) });
    else this.layers.push(this.pick(activations));
  }

  head(): void {
    const { head } = this.#form;
    if (head === 'none') return;
    const pixels = this.extents.reduce((a, b) => a * b, 1);
    const flatten = { kind: 'flatten', channelsFirst: this.pick([true, false, undefined]) } as const;
    this.layers.push(head === 'mean' ? { kind: 'globalAveragePool' } : flatten);
    this.linear(head === 'mean' ? this.channels : pixels * this.channels, 3);
    if (this.pick([true, false])) this.batchNorm(3);
    if (this.pick([true, false])) this.layers.push(this.pick(activations));
    if (this.pick([true, false])) this.linear(3, 2);
  }
}

/** Always has a convolution. */
export function randomNetwork(form: Form): RandomNetwork {
  const builder = new Builder(form);
  const { channels: inputs, extents } = builder;
  for (let i = 1; i < form.count; i++) builder.any();
  while (!builder.layers.some(({ kind }) => kind.startsWith('conv'))) builder.convolution();
  builder.head();
  return { layers: builder.layers, tensors: builder.tensors, extents, inputs };
}
