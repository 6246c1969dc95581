/** The entry of one layer. */
import { FormatError, quote } from '@saccade/tensor';
import { attentionEntry } from './attention-entry.js';
import { configWord } from './config-values.js';
import type { StackPlan } from './stack-plan.js';
import type { LayerEntry, MlpActivation, MlpEntry } from './transformer-entries.js';
import { normEntry, weightEntry } from './weight-entry.js';

/** @param path of the layer @param i its place in the order of computation @internal @throws {FormatError} for values of the configuration that make no sense */
export function layerEntry(plan: StackPlan, path: string, i: number): LayerEntry {
  const { order, norms } = plan.stack.names;
  return {
    order,
    attention: attentionEntry(plan, path, i),
    mlp: mlpEntry(plan, path),
    norms: { attention: normEntry(plan, path + norms.attention), mlp: normEntry(plan, path + norms.mlp) },
  };
}

function mlpEntry(plan: StackPlan, path: string): MlpEntry {
  const { mlp } = plan.stack.names;
  const form = mlp.find(({ up }) => plan.has(`${path}${up}.weight`)) ?? mlp[0];
  const { up, gate, down } = form as (typeof mlp)[number];
  return {
    up: weightEntry(plan, path + up),
    ...(gate && { gate: weightEntry(plan, path + gate) }),
    down: weightEntry(plan, path + down),
    activation: activationOf(plan),
  };
}

const activations: Readonly<Record<string, MlpActivation>> = {
  gelu: 'gelu',
  gelu_new: 'gelu-tanh',
  gelu_fast: 'gelu-tanh',
  gelu_pytorch_tanh: 'gelu-tanh',
  'gated-gelu': 'gelu-tanh',
  gelu_tanh: 'gelu-tanh',
  quick_gelu: 'quick-gelu',
  relu: 'relu',
  silu: 'silu',
  swish: 'silu',
  'gated-silu': 'silu',
  tanh: 'tanh',
};

const activationNames = [
  'hidden_act',
  'activation_function',
  'dense_act_fn',
  'feed_forward_proj',
  'activation',
  'act_layer', // timm
];

function activationOf({ op, config, stack }: StackPlan): MlpActivation {
  const word = configWord(op, config, activationNames);
  if (word === undefined) return stack.names.activation;
  const found = Object.hasOwn(activations, word) ? activations[word] : undefined;
  if (found !== undefined) return found;
  const known = Object.keys(activations).join(', ');
  throw new FormatError(`${op}: the activation must be one of ${known}, got ${quote(word)} in the configuration`);
}
