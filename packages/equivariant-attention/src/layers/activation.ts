/** What follows a norm. */
import { OptionError, quote, relu, silu, type Tensor } from '@saccade/tensor';

/** swish: x sigmoid(x), the paper's. */
export type FeatureActivation = 'swish' | 'relu';

/** The function of a name. @throws {OptionError} for an unknown one */
export function featureActivation(op: string, name: FeatureActivation): (x: Tensor) => Tensor {
  if (name === 'swish') return (x) => silu(x);
  if (name === 'relu') return (x) => relu(x);
  throw new OptionError(`${op}: activation must be swish or relu, got ${quote(name)}`);
}
