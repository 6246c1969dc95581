/** Trained transformers with shared keys and queries: safetensors in, safetensors out. */
import type { ModelConfig } from '@saccade/nn';
import { FormatError, OptionError, quote } from '@saccade/tensor';
import { UnsupportedError } from '../unsupported-error.js';
import { attentionLayers, type FoundLayer, type SharableLayer } from './attention-layers.js';
import { type CheckpointSource, type OpenCheckpoint, openCheckpoint, targetConfigPath } from './checkpoint-source.js';
import {
  type ConversionReport,
  type ConvertedLayerReport,
  conversionReport,
  convertedReport,
  keptReport,
  type LayerReport,
} from './conversion-report.js';
import { type LayerShare, layerShare } from './convert-layer.js';
import { type CheckedOptions, type ConvertOptions, checkedOptions } from './convert-options.js';
import { convertedFiles } from './converted-files.js';
import { goalOf, type LayerGoal, layerGoals } from './layer-goals.js';
import { readLayerWeights } from './layer-weights.js';
import { quotedName } from './quoted-name.js';
import { blockJson, blockMetadata, blockName, blockOf } from './shared-block.js';
import { sharedEntry } from './shared-entry.js';
import {
  type CheckpointFile,
  type ConvertTarget,
  fileBytes,
  isIndexTarget,
  tensorBytes,
  type WriteOptions,
  writeOne,
  writeSharded,
  writeText,
} from './written-checkpoint.js';

const op = 'convertCheckpoint';

/** What came of it. */
export interface Conversion {
  readonly report: ConversionReport;
  /** The configuration with a block `collab_attention`; undefined where there was none. */
  readonly config: ModelConfig | undefined;
}

/**
 * Converts the attention layers of a checkpoint: `query.weight` [R, D], `key.weight` [R, D], `mixing` [heads, R] and `content_bias.weight` [heads, D] take
 * the place of the weights of queries and keys under the path of each layer, and all else stays, byte for byte (values that lay in one tensor with them become
 * `value.weight` [out, in] and `value.bias`). What was done stands in the metadata under `collab_attention`, and in the configuration.
 *
 * It reads and writes tensor by tensor, so that files larger than memory convert; the new tensors are held, 2 R D values a layer. A path is written whole or
 * not at all; the configuration is written beside it, as `config.json` for `model.safetensors`, else as `<name>.config.json`.
 *
 * @param target a path (in Node), or a function that takes the file as a stream: see `convertToBlob`
 * @throws {UnsupportedError} for layers that have no shared form, with the reason, unless they are to be skipped
 * @throws {FormatError} for damaged files, values that are not finite and checkpoints that are converted already
 * @throws {OptionError} for options that do not fit @throws {SaccadeError} with code `io` @throws the signal's reason
 */
export async function convertCheckpoint(
  source: CheckpointSource,
  target: ConvertTarget,
  options: ConvertOptions,
): Promise<Conversion> {
  const checked = checkedOptions(op, options);
  const sharded = isIndexTarget(op, target);
  const open = await openCheckpoint(op, source, checked);
  try {
    if (sharded && open.shardOf === undefined) {
      throw new OptionError(
        `${op}: the source is one file, so the target must be a .safetensors file, got ${quote(target)}`,
      );
    }
    return await converted(open, target, checked, sharded);
  } finally {
    await open.close();
  }
}

/** The same as a Blob, for pages: a `File` in, a `Blob` out. */
export async function convertToBlob(
  source: CheckpointSource,
  options: ConvertOptions,
): Promise<Conversion & { readonly blob: Blob }> {
  let blob: Blob | undefined;
  const take = async ({ stream }: { readonly stream: ReadableStream<Uint8Array> }): Promise<void> => {
    blob = await new Response(stream as ReadableStream<Uint8Array<ArrayBuffer>>).blob();
  };
  const conversion = await convertCheckpoint(source, take, options);
  return { ...conversion, blob: blob as Blob };
}

/** A layer that was converted, or one that was not. */
type Outcome = { readonly share: LayerShare } | { readonly report: LayerReport };

async function converted(
  open: OpenCheckpoint,
  target: ConvertTarget,
  options: CheckedOptions,
  sharded: boolean,
): Promise<Conversion> {
  const { form, length } = options;
  const found = requireSharable(open, options);
  const outcomes = await outcomesOf(open, found, options, sharded);
  const shares = outcomes.flatMap((outcome) => ('share' in outcome ? [outcome.share] : []));
  const replacements = shares.map(({ tensors, result }) => ({ layer: result.layer, tensors }));
  const entries = shares.map(({ result }) => sharedEntry(result.layer, result.found.rank, result.error, form));
  const metadata = blockMetadata(open.file.metadata, entries, form);
  const { files, copied } = convertedFiles(op, open, replacements, { form, sharded });
  const config = open.config && {
    ...open.config,
    ...(entries.length > 0 && { [blockName]: blockJson(blockOf(entries, form)) }),
  };
  await written(target, files, metadata, config, options, sharded);
  const report = conversionReport(
    outcomes.map((outcome) => ('share' in outcome ? shareReport(open, outcome.share, options) : outcome.report)),
    {
      bytes: { before: sourceBytes(open), after: files.reduce((sum, file) => sum + tensorBytes(file.entries), 0) },
      fileBytes: files.reduce((sum, file) => sum + fileBytes(file, metadata), 0),
      copied,
      length,
    },
  );
  return { report, config };
}

/** All layers. @throws {UnsupportedError} if one has no shared form, unless those are to be skipped @throws {FormatError} for a converted checkpoint */
function requireSharable({ file, view }: OpenCheckpoint, { adapters, onUnsupported }: CheckedOptions): FoundLayer[] {
  if (Object.hasOwn(file.metadata, blockName)) {
    throw new FormatError(`${op}: the checkpoint is converted already, as its ${blockName} says`);
  }
  const found = attentionLayers(view, adapters);
  const refused = found.filter((layer) => layer.unsupported !== undefined);
  const [first] = refused;
  if (first === undefined || onUnsupported === 'skip') return found;
  const others = refused.length === 1 ? '' : ` (and ${refused.length - 1} more)`;
  throw new UnsupportedError(
    `${op}: ${quotedName(first.path)}${others} has no shared form: ${first.unsupported}; onUnsupported: 'skip' leaves such layers as they are`,
  );
}

async function outcomesOf(
  open: OpenCheckpoint,
  found: readonly FoundLayer[],
  options: CheckedOptions,
  sharded: boolean,
): Promise<Outcome[]> {
  const layers = found.filter((layer): layer is SharableLayer => layer.unsupported === undefined);
  const goals = await layerGoals(op, open, layers, options, sharded);
  const outcomes = new Map<string, Outcome>();
  for (const [index, layer] of layers.entries()) {
    options.signal?.throwIfAborted();
    const place = { layer: layer.path, index, layers: layers.length };
    outcomes.set(layer.path, await outcomeOf(open, layer, goals[index] as LayerGoal, options, place));
  }
  return found.map(
    (layer) => outcomes.get(layer.path) ?? { report: keptReport(layer, 'unsupported', layer.unsupported as string) },
  );
}

async function outcomeOf(
  open: OpenCheckpoint,
  layer: SharableLayer,
  goal: LayerGoal,
  options: CheckedOptions,
  place: { readonly layer: string; readonly index: number; readonly layers: number },
): Promise<Outcome> {
  if ('keep' in goal) return { report: keptReport(layer, 'unchanged', goal.keep) };
  const weights = await readLayerWeights(op, open.file, layer);
  const onProgress = options.onProgress && {
    onProgress: (progress: object): void =>
      options.onProgress?.({ stage: 'decompose', ...place, ...progress } as Parameters<
        NonNullable<ConvertOptions['onProgress']>
      >[0]),
  };
  const share = await layerShare(op, layer, weights, { ...goal, ...onProgress }, options);
  const kept = goalOf(layer, share.result.found.rank, options);
  return 'keep' in kept ? { report: keptReport(layer, 'unchanged', kept.keep) } : { share };
}

function shareReport({ view }: OpenCheckpoint, { result }: LayerShare, options: CheckedOptions): ConvertedLayerReport {
  const { layer } = result;
  const { value, heads, dims } = layer;
  const shape = value && view.info(value.name).shape;
  const rows = shape?.[value?.layout === 'out-in' ? 0 : 1];
  const valueWidth = rows === undefined ? heads * dims : rows / (value?.part?.count ?? 1);
  return convertedReport({ ...result, valueWidth }, options, options.length);
}

function sourceBytes({ file }: OpenCheckpoint): number {
  return file.names.reduce((sum, name) => {
    const [begin, end] = file.info(name).offsets;
    return sum + end - begin;
  }, 0);
}

async function written(
  target: ConvertTarget,
  files: readonly CheckpointFile[],
  metadata: WriteOptions['metadata'],
  config: ModelConfig | undefined,
  { signal, onProgress }: CheckedOptions,
  sharded: boolean,
): Promise<void> {
  const onWritten: WriteOptions['onWritten'] = (file, bytes, totalBytes) =>
    onProgress?.({ stage: 'write', file, bytes, totalBytes });
  const how = { metadata, signal, onWritten };
  if (sharded) await writeSharded(op, target as string, files, how);
  else await writeOne(target, files[0] ?? { name: '', entries: new Map() }, how);
  if (typeof target !== 'string' || config === undefined) return;
  await writeText(op, targetConfigPath(target), `${JSON.stringify(config, null, 2)}\n`);
}
