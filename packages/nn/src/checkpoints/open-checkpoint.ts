/** Opening the checkpoint of a trained model: one file or several by their index, and the configuration beside it. */
import {
  type FileSource,
  FormatError,
  nodeFiles,
  OptionError,
  openSafetensors,
  openShardedSafetensors,
  quote,
  readWhole,
  SaccadeError,
  type SafetensorsFile,
  type ShardedOptions,
} from '@saccade/tensor';
import type { ModelConfig } from './config-values.js';

/**
 * A checkpoint: a safetensors file or the index of several (`model.safetensors.index.json`), as a path (in Node), a URL object, a File or Blob,
 * or bytes; or an open file, which stays open.
 */
export type CheckpointSource = FileSource | SafetensorsFile;

/** Where the parts of a checkpoint are. */
export interface OpenCheckpointOptions {
  /** The model's config.json, parsed or as a file. Default: `<name>.config.json` or `config.json` beside the checkpoint, if there is one. */
  readonly config?: ModelConfig | FileSource | undefined;
  /** The files by the names of the index, where it is a File, a Blob or bytes. */
  readonly shards?: ShardedOptions['shards'];
  readonly signal?: AbortSignal | undefined;
}

/** An open checkpoint. */
export interface OpenCheckpoint {
  readonly file: SafetensorsFile;
  /** Undefined where there is none. */
  readonly config: ModelConfig | undefined;
  /** File of each tensor, where there are several. */
  readonly shardOf: ReadonlyMap<string, string> | undefined;
  /** Closes what was opened. */
  close(): Promise<void>;
}

/** Bytes that a configuration may have. */
const maxConfigBytes = 2 ** 24;

/**
 * Opens a checkpoint and its configuration; reads no tensor.
 * @param op names the operation in errors
 * @throws {FormatError} for damaged files @throws {OptionError} for a source of no known kind @throws {SaccadeError} with code `io`
 */
export async function openCheckpoint(
  op: string,
  source: CheckpointSource,
  options: OpenCheckpointOptions = {},
): Promise<OpenCheckpoint> {
  const isOpen = typeof source === 'object' && source !== null && 'readStored' in source;
  const config = await configOf(op, isOpen ? undefined : source, options);
  const sharded = isOpen ? undefined : await shardsOf(op, source, options);
  const file = isOpen
    ? source
    : await (sharded === undefined ? openSafetensors(source, { signal: options.signal }) : sharded.open());
  return {
    file,
    config,
    shardOf: sharded?.shardOf,
    close: async () => {
      if (!isOpen) await file.close();
    },
  };
}

const indexName = /\.index\.json$/;

/** Whether a source is an index by its name. */
function isIndex(source: FileSource): boolean {
  if (typeof source === 'string') return indexName.test(source);
  if (source instanceof URL) return indexName.test(source.pathname);
  const { name } = source as { readonly name?: unknown };
  return typeof name === 'string' && indexName.test(name);
}

interface Shards {
  readonly shardOf: ReadonlyMap<string, string>;
  open(): Promise<SafetensorsFile>;
}

/** The files of an index; undefined if the source is none. */
async function shardsOf(
  op: string,
  source: FileSource,
  { shards, signal }: OpenCheckpointOptions,
): Promise<Shards | undefined> {
  if (shards === undefined && !isIndex(source)) return undefined;
  const { bytes, label } = await readWhole(source, { signal }, op, 100_000_000);
  const { weight_map: map } = parsedObject(label, bytes);
  if (typeof map !== 'object' || map === null)
    throw new FormatError(`${label}: an index has a weight_map, this has none`);
  const shardOf = new Map<string, string>();
  // Names lead out of no folder.
  for (const [name, shard] of Object.entries(map)) {
    if (typeof shard !== 'string' || !/^[^/\\:\p{Cc}]+\.safetensors$/u.test(shard)) {
      throw new FormatError(
        `${label}: ${JSON.stringify(name.slice(0, 200))} must be in a file with a plain name, got ${quote(shard)}`,
      );
    }
    shardOf.set(name, shard);
  }
  return { shardOf, open: () => openShardedSafetensors(source, { signal, shards }) };
}

/** A JSON object. @throws {FormatError} */
function parsedObject(label: string, bytes: Uint8Array): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(new Uint8Array(bytes)));
  } catch (cause) {
    throw new FormatError(`${label}: no JSON (${(cause as Error).message})`, { cause });
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw new FormatError(`${label}: expected a JSON object, got ${quote(value)}`);
}

async function configOf(
  op: string,
  source: FileSource | undefined,
  { config, signal }: OpenCheckpointOptions,
): Promise<ModelConfig | undefined> {
  if (config === undefined) return source === undefined ? undefined : configBeside(op, source, signal);
  if (typeof config === 'string' || isFile(config)) return readConfig(op, config as FileSource, signal);
  if (typeof config === 'object' && config !== null && !Array.isArray(config)) return config as ModelConfig;
  throw new OptionError(`${op}: config must be an object or a file, got ${quote(config)}`);
}

function isFile(value: unknown): boolean {
  return value instanceof URL || value instanceof Uint8Array || (typeof Blob !== 'undefined' && value instanceof Blob);
}

async function readConfig(op: string, source: FileSource, signal: AbortSignal | undefined): Promise<ModelConfig> {
  const { bytes, label } = await readWhole(source, { signal }, op, maxConfigBytes);
  return parsedObject(label, bytes);
}

/** The configuration in the folder of a path; undefined for other sources, and where there is none. */
async function configBeside(
  op: string,
  source: FileSource,
  signal: AbortSignal | undefined,
): Promise<ModelConfig | undefined> {
  if (typeof source !== 'string' && !(source instanceof URL && source.protocol === 'file:')) return undefined;
  const files = nodeFiles(op);
  const path = typeof source === 'string' ? source : files.pathOf(source);
  for (const beside of [ownConfigPath(path), files.beside(path, 'config.json')]) {
    try {
      return await readConfig(op, beside, signal);
    } catch (error) {
      const { cause } = error as { readonly cause?: { readonly code?: unknown } };
      if (!(error instanceof SaccadeError && cause?.code === 'ENOENT')) throw error;
    }
  }
  return undefined;
}

/** Where a checkpoint's own configuration lies: `small.config.json` of `small.safetensors`, as a folder may hold several models. */
export function ownConfigPath(path: string): string {
  return `${path.replace(/\.safetensors(\.index\.json)?$/, '')}.config.json`;
}
