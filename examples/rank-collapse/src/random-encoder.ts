/** Random transformers of the shape that the residual curves are measured on. */
import {
  type LayerWeights,
  type LinearMap,
  modelOfLayers,
  type NormWeights,
  type RankModel,
} from '@saccade/rank-collapse';
import { dispose, mul, type Rng, scope, type Tensor, zeros } from '@saccade/tensor';

/** What the encoder is like. */
export interface EncoderShape {
  readonly layers: number;
  readonly heads: number;
  readonly width: number;
  /** Standard deviation of the weights. */
  readonly spread: number;
  readonly dtype: 'float32' | 'float64';
  /** Channels inside the perceptron; 0 for none. */
  readonly hidden: number;
  /** Norms before each part or behind each sum; none at all. */
  readonly norms: 'pre' | 'post' | 'none';
  /** Standard deviation of the biases; 0 for none. */
  readonly bias: number;
}

/** A model, and how to free it. */
export interface Encoder extends Disposable {
  readonly model: RankModel;
}

/** Normal numbers. */
export function normal(rng: Rng, shape: readonly number[], spread: number, dtype: 'float32' | 'float64'): Tensor {
  return scope(() => mul(rng.normal([...shape]), spread).cast(dtype));
}

/** An encoder with normal weights. */
export function randomEncoder(shape: EncoderShape, rng: Rng): Encoder {
  const { layers, heads, width, spread, dtype, hidden, norms, bias } = shape;
  const map = (out: number, inputs: number): LinearMap => ({
    weight: normal(rng, [out, inputs], spread, dtype),
    bias: bias > 0 ? normal(rng, [out], bias, dtype) : undefined,
  });
  const norm = (): NormWeights | undefined =>
    norms === 'none'
      ? undefined
      : {
          kind: 'layer',
          epsilon: 1e-12,
          shift: bias > 0 ? normal(rng, [width], bias, dtype) : zeros([width], { dtype }),
        };
  const all = Array.from(
    { length: layers },
    (): LayerWeights => ({
      order: norms === 'pre' ? 'pre' : 'post',
      attention: {
        query: map(width, width),
        key: map(width, width),
        value: map(width, width),
        output: map(width, width),
        heads,
      },
      mlp: hidden > 0 ? { up: map(hidden, width), down: map(width, hidden), activation: 'gelu' } : undefined,
      norms: { attention: norm(), mlp: norm() },
    }),
  );
  return { model: modelOfLayers(all), [Symbol.dispose]: () => dispose(all) };
}
