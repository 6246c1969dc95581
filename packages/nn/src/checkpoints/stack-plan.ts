/** What a stack's entries are made from: its part of the configuration, and sizes that tensors and configuration agree on. */
import { FormatError, quote, requireCount, show } from '@saccade/tensor';
import { configCount, configValue, configWord, type ModelConfig, requireConfig } from './config-values.js';
import { type CheckpointNames, chooseStack, type FoundStack } from './transformer-stacks.js';

/** How to find a stack. */
export interface TransformerMapOptions {
  /** Prefix of the model, where a checkpoint holds several, such as `text_model.`. Default: there is only one. */
  readonly prefix?: string | undefined;
  /** Takes the checkpoint for one of this family whatever model the configuration names. Default: from names and configuration. */
  readonly family?: string | undefined;
  /** Heads of queries, where the configuration does not tell. Default: from the configuration. */
  readonly heads?: number | undefined;
}

/** @internal */
export interface StackPlan {
  readonly op: string;
  readonly file: CheckpointNames;
  readonly has: (name: string) => boolean;
  readonly stack: FoundStack;
  readonly config: ModelConfig;
  readonly width: number;
  readonly heads: number;
  readonly keyValueHeads: number;
  readonly headWidth: number;
  /** Paths of the layers in the order of computation. */
  readonly paths: readonly string[];
}

const sizeNames = {
  heads: ['num_attention_heads', 'n_heads', 'n_head', 'num_heads'],
  width: ['hidden_size', 'dim', 'n_embd', 'd_model', 'embed_dim'],
  layers: ['num_hidden_layers', 'n_layers', 'n_layer', 'num_layers', 'depth'],
  headWidth: ['head_dim', 'd_kv'],
} as const;

const mostLayers = 10_000;
const mostChannels = 2 ** 24;

/** @internal @throws {FormatError} @throws {OptionError} as `transformerMap` */
export function planStack(
  op: string,
  file: CheckpointNames,
  given: ModelConfig,
  options: TransformerMapOptions,
): StackPlan {
  const whole = requireConfig(op, 'the configuration', given);
  const stack = chooseStack(op, file, options);
  const { section } = stack.names;
  const part = section === undefined ? undefined : configValue(whole, [section]);
  const config = part === undefined ? whole : requireConfig(op, `${section} in the configuration`, part.value);
  if (options.family === undefined) requireModel(op, stack, whole, config);
  const { rows, width } = querySizes(op, file, stack);
  agree(op, 'channels', configCount(op, config, sizeNames.width, mostChannels), width);
  const heads = headsOf(op, config, options);
  const headWidth = configCount(op, config, sizeNames.headWidth, mostChannels)?.value ?? rows / heads.value;
  if (!Number.isInteger(headWidth)) {
    throw new FormatError(
      `${op}: ${heads.value} heads (${heads.name}) do not divide the ${rows} channels of the queries`,
    );
  }
  const keyValueHeads = configCount(op, config, ['num_key_value_heads'], mostChannels)?.value ?? heads.value;
  if (heads.value % keyValueHeads !== 0) {
    throw new FormatError(
      `${op}: ${keyValueHeads} heads of keys and values (num_key_value_heads) do not divide ${heads.value} heads`,
    );
  }
  const names = new Set(file.names);
  const paths = layerPaths(op, stack, config);
  return {
    op,
    file,
    has: (name) => names.has(name),
    stack,
    config,
    width,
    heads: heads.value,
    keyValueHeads,
    headWidth,
    paths,
  };
}

/** Models that share their names with others may compute otherwise. */
function requireModel(op: string, { names }: FoundStack, whole: ModelConfig, part: ModelConfig): void {
  const model =
    configWord(op, whole, ['architecture']) ??
    configWord(op, part, ['model_type']) ??
    configWord(op, whole, ['model_type']);
  if (model === undefined || names.models.test(model)) return;
  throw new FormatError(
    `${op}: the tensors have the names of ${names.name}, but the configuration is of ${quote(model)}, ` +
      `which may compute otherwise; if it does not, pass { family: '${names.name}' }`,
  );
}

function headsOf(
  op: string,
  config: ModelConfig,
  { heads }: TransformerMapOptions,
): { readonly name: string; readonly value: number } {
  if (heads !== undefined) return { name: 'option heads', value: requireCount(op, 'heads', heads) };
  const found = configCount(op, config, sizeNames.heads, mostChannels);
  if (found !== undefined) return found;
  throw new FormatError(
    `${op}: the configuration has no number of heads (${sizeNames.heads.join(', ')}): pass { heads }`,
  );
}

/** Outputs and inputs of the first layer's queries. */
function querySizes(op: string, file: CheckpointNames, { names, groups }: FoundStack): { rows: number; width: number } {
  const { query, key } = names.attention;
  const name = `${groups[0]?.[0]}${query}.weight`;
  const { shape } = file.info(name);
  const [out = 0, width = 0] = names.layout === 'out-in' ? shape : [...shape].reverse();
  const rows = query === key ? out / 3 : out;
  if (shape.length === 2 && width > 0 && rows > 0 && Number.isInteger(rows)) return { rows, width };
  const expected = query === key ? 'a matrix of three equal parts' : 'a matrix';
  throw new FormatError(`${op}: ${quote(name)} must be ${expected}, got ${show(shape)}`);
}

function agree(op: string, what: string, said: { name: string; value: number } | undefined, is: number): void {
  if (said === undefined || said.value === is) return;
  throw new FormatError(`${op}: the configuration says ${said.value} ${what} (${said.name}), the checkpoint has ${is}`);
}

/** In ALBERT's way where a family shares: each of n layers goes through all of group floor(i / (n / groups)). */
function layerPaths(op: string, { names, groups }: FoundStack, config: ModelConfig): string[] {
  const said = configCount(op, config, sizeNames.layers, mostLayers);
  if (!names.layer.includes('{j}')) {
    agree(op, 'layers', said, groups.length);
    return groups.flat();
  }
  agree(op, 'groups', configCount(op, config, ['num_hidden_groups'], mostLayers), groups.length);
  const inner = configCount(op, config, ['inner_group_num'], mostLayers);
  for (const group of groups) agree(op, 'layers in a group', inner, group.length);
  const most = groups.reduce((longest, group) => Math.max(longest, group.length), 0);
  if (said === undefined || said.value * most > mostLayers) {
    const got = said === undefined ? 'none' : `${said.value} times ${most}`;
    throw new FormatError(
      `${op}: the configuration must have a number of layers, at most ${mostLayers} in all, got ${got}`,
    );
  }
  const each = said.value / groups.length;
  return Array.from({ length: said.value }, (_, i) => groups[Math.floor(i / each)] ?? []).flat();
}

/** Something for each layer in the order of computation, made once for layers that share their weights. @internal */
export function forLayers<T>(plan: StackPlan, make: (plan: StackPlan, path: string, i: number) => T): T[] {
  const made = new Map<string, T>();
  return plan.paths.map((path, i) => {
    const one = made.get(path) ?? make(plan, path, i);
    made.set(path, one);
    return one;
  });
}
