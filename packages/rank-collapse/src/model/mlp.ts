/** The multi-layer perceptron of a layer. */
import type { MlpActivation } from '@saccade/nn';
import { gelu, mul, relu, scope, sigmoid, silu, type Tensor, tanh } from '@saccade/tensor';
import { applyMap } from './attend.js';
import type { MlpWeights } from './layer-weights.js';

const activations: Readonly<Record<MlpActivation, (x: Tensor) => Tensor>> = {
  gelu: (x) => gelu(x),
  'gelu-tanh': (x) => gelu(x, 'tanh'),
  'quick-gelu': (x) => scope(() => mul(x, sigmoid(mul(x, 1.702)))),
  relu,
  silu,
  tanh,
};

/** The activations that are known. */
export const activationNames: readonly string[] = Object.keys(activations);

/** x [batch, tokens, channels] -> the same. */
export function applyMlp(x: Tensor, { up, gate, down, activation }: MlpWeights): Tensor {
  const active = typeof activation === 'function' ? activation : activations[activation];
  return scope(() => {
    const inner = applyMap(x, up);
    return applyMap(gate === undefined ? active(inner) : mul(active(applyMap(x, gate)), inner), down);
  });
}
