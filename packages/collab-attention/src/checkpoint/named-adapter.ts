/** Adapters made of names: for layers that stand under a path with a query, a key and a value of their own. */

import type { WeightEntry } from '@saccade/nn';
import { FormatError, quote } from '@saccade/tensor';
import type { CheckpointAdapter, CheckpointLayer, CheckpointView } from './checkpoint-adapter.js';
import { headsIn, requireHeads } from './config-heads.js';
import { quotedName } from './quoted-name.js';

/** How a family names its layers. */
export interface NamedFamily {
  readonly family: string;
  /** The `model_type` of configurations that are of it. Without a configuration names alone count. */
  readonly models: RegExp;
  /** The whole path of a layer, such as `/^decoder\.layers\.\d+\.self_attn$/`. */
  readonly path: RegExp;
  /** Names under the path, without `.weight`. */
  readonly query: string;
  readonly key: string;
  readonly value: string;
  readonly output: string;
  /** Further tensors under the path that do not change the products of queries and keys. */
  readonly beside?: RegExp | undefined;
  /** Where the configuration says how many heads there are, beside `num_attention_heads` and its like. */
  readonly heads?: readonly string[] | undefined;
  /** Whether scores are divided by the root of a head's dimensions. Default true. */
  readonly rooted?: boolean | undefined;
  readonly attends: NonNullable<CheckpointLayer['attends']>;
}

/** An adapter for weights [out, in] by their names. Tensors under a path that it does not know make it refuse the layer: they may change its scores. */
export function namedAdapter(names: NamedFamily): CheckpointAdapter {
  return {
    family: names.family,
    matches: (view) => pathsOf(view, names).length > 0,
    layers: (view) => {
      requireHeads(view, names.family, names.heads);
      return pathsOf(view, names).map((path) => layerAt(view, names, path));
    },
  };
}

/** Paths with a query and an output, layer 2 before layer 10. */
function pathsOf(view: CheckpointView, { path: pattern, query, output }: NamedFamily): string[] {
  const end = `.${query}.weight`;
  const all = new Set(view.names);
  return view.names
    .filter((name) => name.endsWith(end))
    .map((name) => name.slice(0, -end.length))
    .filter((path) => pattern.test(path) && all.has(`${path}.${output}.weight`))
    .sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));
}

function layerAt(view: CheckpointView, names: NamedFamily, path: string): CheckpointLayer {
  const all = new Set(view.names);
  const entry = (name: string): WeightEntry => {
    const bias = `${path}.${name}.bias`;
    return { name: `${path}.${name}.weight`, layout: 'out-in', ...(all.has(bias) && { bias }) };
  };
  const heads = view.heads ?? headsIn(view.config, names.heads ?? []);
  if (!Number.isSafeInteger(heads) || (heads as number) < 1) {
    throw new FormatError(
      `${view.op}: the number of heads of ${quotedName(path)} must be a whole number from 1, got ${quote(heads)}`,
    );
  }
  const query = entry(names.query);
  const dims = (view.info(query.name).shape[0] ?? 0) / (heads as number);
  const unsupported = reasonOf(view, names, path);
  return {
    ...{ path, query, key: entry(names.key), value: entry(names.value), heads: heads as number },
    scale: names.rooted === false ? 1 : 1 / Math.sqrt(dims),
    attends: names.attends,
    ...(unsupported !== undefined && { unsupported }),
  };
}

function reasonOf(
  { names: all, config, family }: CheckpointView,
  names: NamedFamily,
  path: string,
): string | undefined {
  const model = config.model_type;
  if (family === undefined && typeof model === 'string' && !names.models.test(model)) {
    return `the configuration is of ${quote(model)}, which may compute otherwise than ${names.family}`;
  }
  const known = [names.query, names.key, names.value, names.output].flatMap((name) => [
    `${name}.weight`,
    `${name}.bias`,
  ]);
  const unknown = all.find((name) => {
    const inside = name.startsWith(`${path}.`) ? name.slice(path.length + 1) : undefined;
    return inside !== undefined && !known.includes(inside) && names.beside?.test(inside) !== true;
  });
  return unknown === undefined ? undefined : `it has a tensor that is not known, ${quotedName(unknown)}`;
}
