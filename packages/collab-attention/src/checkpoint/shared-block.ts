/** What a converted checkpoint says of its shared layers: `collab_attention` in the metadata and in config.json. */
import { FormatError, quote } from '@saccade/tensor';
import type { SharedNames } from './checkpoint-adapter.js';
import { quotedName } from './quoted-name.js';

/** Whether names and divisor are those of this package or of the paper's release. */
export type CheckpointForm = 'plain' | 'released';

/** A shared layer of a checkpoint. Scores are scale (sum_r Q_r M_hr K_r + c_h). */
export interface SharedLayer {
  readonly path: string;
  readonly heads: number;
  readonly keyHeads: number;
  readonly sharedDim: number;
  readonly scale: number;
  /** |T - what is stored| / |T|. */
  readonly error: number;
  readonly names: Omit<SharedNames, 'contentBias' | 'value' | 'valueBias'> & {
    /** Undefined where the queries had no bias. */
    readonly contentBias?: string | undefined;
    /** Undefined where values have the name that they had. */
    readonly value?: string | undefined;
    readonly valueBias?: string | undefined;
  };
}

/** All of them. */
export interface SharedBlock {
  readonly version: 1;
  readonly method: string;
  readonly form: CheckpointForm;
  readonly layers: readonly SharedLayer[];
}

/** What all have in common; null where they differ. */
function common<T>(values: readonly T[]): T | null {
  const [first] = values;
  return first !== undefined && values.every((value) => value === first) ? first : null;
}

/** As plain data, for JSON. */
export function blockJson({ version, method, form, layers }: SharedBlock): Record<string, unknown> {
  const entries = layers.map(({ path, heads, keyHeads, sharedDim, scale, error, names }) => {
    const { query, key, mixing, contentBias, value, valueBias } = names;
    const tensors = {
      ...{ query, key, mixing },
      ...(contentBias !== undefined && { content_bias: contentBias }),
      ...(value !== undefined && { value }),
      ...(valueBias !== undefined && { value_bias: valueBias }),
    };
    const groups = keyHeads === heads ? {} : { key_heads: keyHeads };
    return [path, { shared_dim: sharedDim, heads, ...groups, scale, error: Number(error.toPrecision(4)), tensors }];
  });
  return {
    version,
    method,
    form,
    shared_dim: common(layers.map(({ sharedDim }) => sharedDim)),
    scale: common(layers.map(({ scale }) => scale)),
    layers: Object.fromEntries(entries),
  };
}

/** Name of the block in metadata and configurations. */
export const blockName = 'collab_attention';

/** The block of layers that `convertCheckpoint` made. */
export function blockOf(layers: readonly SharedLayer[], form: CheckpointForm): SharedBlock {
  return { version: 1, method: 'cp-als', form, layers };
}

/** The metadata of a converted checkpoint. Loaders ask for a format, which some files lack. */
export function blockMetadata(
  metadata: Readonly<Record<string, string>>,
  layers: readonly SharedLayer[],
  form: CheckpointForm,
): Record<string, string> {
  const own = layers.length === 0 ? {} : { [blockName]: JSON.stringify(blockJson(blockOf(layers, form))) };
  return { format: 'pt', ...metadata, ...own };
}

/**
 * The shared layers of a converted checkpoint, as its metadata tell; undefined for one that was not converted.
 * @param metadata of an open safetensors file
 * @throws {FormatError} for a block that `convertCheckpoint` cannot have written
 */
export function sharedLayers(metadata: Readonly<Record<string, string>>): SharedBlock | undefined {
  const text = Object.hasOwn(metadata, blockName) ? metadata[blockName] : undefined;
  if (text === undefined) return undefined;
  let block: unknown;
  try {
    block = JSON.parse(text);
  } catch (cause) {
    throw new FormatError(`${blockName}: no JSON`, { cause });
  }
  const { version, method, form, layers } = requireRecord('the block', block);
  if (version !== 1) throw new FormatError(`${blockName}: version must be 1, got ${quote(version)}`);
  if (form !== 'plain' && form !== 'released') {
    throw new FormatError(`${blockName}: form must be plain or released, got ${quote(form)}`);
  }
  const all = Object.entries(requireRecord('layers', layers));
  return { version, method: String(method), form, layers: all.map(([path, layer]) => layerFrom(path, layer)) };
}

function requireRecord(what: string, value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw new FormatError(`${blockName}: ${what} must be an object, got ${quote(value)}`);
}

function layerFrom(path: string, value: unknown): SharedLayer {
  const layer = requireRecord(quotedName(path), value);
  const tensors = requireRecord(`tensors of ${quotedName(path)}`, layer.tensors);
  const fail = (name: string, wanted: string, got: unknown): never => {
    throw new FormatError(`${blockName}: ${name} of ${quotedName(path)} must be ${wanted}, got ${quote(got)}`);
  };
  const count = (name: string, absent?: number): number => {
    const found = layer[name] ?? absent;
    return Number.isSafeInteger(found) && (found as number) >= 1 ? (found as number) : fail(name, 'a count', found);
  };
  const number = (name: string): number => {
    const found = layer[name];
    return typeof found === 'number' && found >= 0 ? found : fail(name, 'a number from 0', found);
  };
  const text = (name: string): string => {
    const found = tensors[name];
    return typeof found === 'string' ? found : fail(name, 'the name of a tensor', found);
  };
  const textIfThere = (name: string): string | undefined => (tensors[name] === undefined ? undefined : text(name));
  const heads = count('heads');
  const keyHeads = count('key_heads', heads);
  if (heads % keyHeads !== 0) fail('key_heads', `a divisor of ${heads}`, keyHeads);
  return {
    ...{ path, heads, keyHeads, sharedDim: count('shared_dim'), scale: number('scale'), error: number('error') },
    names: {
      query: text('query'),
      key: text('key'),
      mixing: text('mixing'),
      contentBias: textIfThere('content_bias'),
      value: textIfThere('value'),
      valueBias: textIfThere('value_bias'),
    },
  };
}
