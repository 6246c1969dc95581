/** Names of the paper's released classes, where a converted layer would otherwise keep those of its family. */
import type { ReleasedForm } from './checkpoint-adapter.js';

/** Names under the path of the layer, new by old. */
const renames: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  distilbert: { v_lin: 'value', out_lin: 'dense' },
  albert: { LayerNorm: 'layer_norm' },
};

/** The form of a family's layer at a path; undefined where nothing differs. */
export function releasedForm(family: string, path: string): ReleasedForm | undefined {
  // The fork for DeiT, whose mixing is a linear layer, and which keeps the divisor.
  if (family === 'timm-vit') {
    const names = {
      query: 'q.weight',
      key: 'k.weight',
      mixing: 'mixing.weight',
      value: 'v.weight',
      valueBias: 'v.bias',
    };
    const full = Object.entries(names).map(([part, name]) => [part, `${path}.${name}`] as const);
    return { names: Object.fromEntries(full), divisor: 'original' };
  }
  const own = renames[family];
  if (own === undefined) return undefined;
  const pairs = Object.entries(own).flatMap(([old, name]) =>
    ['weight', 'bias'].map((part) => [`${path}.${old}.${part}`, `${path}.${name}.${part}`] as const),
  );
  return { renames: Object.fromEntries(pairs) };
}
