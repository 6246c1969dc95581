/** A network with parts taken out, as the paper's Figure 2 does it. */
import { checkOptions, OptionError, quote, requireFlag } from '@saccade/tensor';
import type { LayerWeights } from './layer-weights.js';

/** Which parts of the layers run. */
export interface Parts {
  /** Whether attention's input is added to its output. Default: as in the model. */
  readonly attentionSkip?: boolean | undefined;
  /** The multi-layer perceptron, with its own skip and its norm. Default true. */
  readonly mlp?: boolean | undefined;
  /** The norms. Default true. */
  readonly norms?: boolean | undefined;
}

/**
 * `transformer`: the model as it is. `san`: self-attention network, without attention's skip and without the multi-layer perceptron.
 * `san+mlp`: with the perceptron, which keeps its own skip. `san+skip`: with attention's skip alone. Or the parts one by one.
 */
export type Variant = 'transformer' | 'san' | 'san+mlp' | 'san+skip' | Parts;

const named: Readonly<Record<string, Parts>> = {
  transformer: {},
  san: { attentionSkip: false, mlp: false },
  'san+mlp': { attentionSkip: false },
  'san+skip': { mlp: false },
};

/** @throws {OptionError} for an unknown name or part */
export function partsOf(op: string, variant: Variant): Parts {
  if (typeof variant === 'string') {
    if (Object.hasOwn(named, variant)) return named[variant] as Parts;
    throw new OptionError(`${op}: variant must be one of ${Object.keys(named).join(', ')}, got ${quote(variant)}`);
  }
  const parts = checkOptions(op, variant, ['attentionSkip', 'mlp', 'norms']);
  for (const [name, value] of Object.entries(parts)) if (value !== undefined) requireFlag(op, name, value);
  return parts;
}

/** The layer with the parts that run. */
export function withParts(layer: LayerWeights, { attentionSkip, mlp = true, norms = true }: Parts): LayerWeights {
  return {
    ...layer,
    skip: attentionSkip ?? layer.skip,
    ...(!mlp && { mlp: undefined, norms: { attention: layer.norms?.attention } }),
    ...(!norms && { norms: undefined }),
  };
}
