/** A small network of attention with random weights, as of the paper's sorting task. */
import { add, layerNorm, matmul, Rng, softmax, type Tensor } from '@saccade/tensor';
import type { MonitoredStates } from '../../src/monitor/read-states.js';

/** What kind of network. */
export interface StackOptions {
  readonly layers: number;
  /** Whether the input of a layer is added to its output. */
  readonly skip: boolean;
  readonly seed?: number;
  readonly batch?: number;
  readonly tokens?: number;
}

const [width, heads] = [48, 2];

/** A forward pass: each layer one attention and a layer norm. */
export function attentionStack({ layers, skip, seed = 1, batch = 4, tokens = 8 }: StackOptions): MonitoredStates {
  const rng = new Rng(seed);
  const split = (x: Tensor): Tensor => x.reshape([batch, tokens, heads, width / heads]).transpose([0, 2, 1, 3]);
  const uniform = (): Tensor =>
    rng
      .uniform([width, width])
      .sub(0.5)
      .mul(2 / Math.sqrt(width));
  let x: Tensor = layerNorm(rng.normal([batch, tokens, width]));
  const hidden = [x];
  const attention: Tensor[] = [];
  for (let l = 0; l < layers; l++) {
    const [query, key] = [rng.normal([width, width]).mul(0.02), rng.normal([width, width]).mul(0.02)];
    const scores = matmul(split(matmul(x, query)), split(matmul(x, key)), { transposeB: true });
    const weights = softmax(scores.mul(1 / Math.sqrt(width / heads)));
    const mixed = matmul(weights, split(matmul(x, uniform()))).transpose([0, 2, 1, 3]);
    const out = matmul(mixed.reshape([batch, tokens, width]), uniform());
    x = layerNorm(skip ? add(out, x) : out, { epsilon: 1e-12 });
    hidden.push(x);
    attention.push(weights);
  }
  return { hidden, attention };
}
