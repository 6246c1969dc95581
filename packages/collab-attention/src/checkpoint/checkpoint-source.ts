/** Opening a checkpoint for the converter: its files, and what adapters see of it. */
import {
  type CheckpointSource,
  type OpenCheckpointOptions,
  type OpenCheckpoint as OpenFiles,
  openCheckpoint as openFiles,
  ownConfigPath,
} from '@saccade/nn';
import { nodeFiles } from '@saccade/tensor';
import type { CheckpointAdapter, CheckpointView } from './checkpoint-adapter.js';

export type { CheckpointSource } from '@saccade/nn';

/** How a checkpoint is to be understood. */
export interface SourceOptions extends OpenCheckpointOptions {
  /** Heads of queries in a layer, where no configuration tells, or another number is meant. */
  readonly heads?: number | undefined;
  /** Takes the checkpoint for one of this family whatever model the configuration names. */
  readonly family?: string | undefined;
  /** Further families, which are asked before those that are known. */
  readonly adapters?: readonly CheckpointAdapter[] | undefined;
}

/** @internal */
export const sourceOptionNames = ['config', 'shards', 'heads', 'family', 'adapters', 'signal'] as const;

/** An open checkpoint. */
export interface OpenCheckpoint extends OpenFiles {
  /** What adapters see. */
  readonly view: CheckpointView;
}

/** @throws {FormatError} for damaged files @throws {OptionError} for a source of no known kind @throws {SaccadeError} with code `io` */
export async function openCheckpoint(
  op: string,
  source: CheckpointSource,
  options: SourceOptions,
): Promise<OpenCheckpoint> {
  const opened = await openFiles(op, source, options);
  const { names, info } = opened.file;
  const { heads, family } = options;
  return { ...opened, view: { op, names, info, config: opened.config ?? {}, heads, family } };
}

/** Where the configuration of a new checkpoint goes: transformers look for `config.json` beside `model.safetensors`. */
export function targetConfigPath(path: string): string {
  const isUsual = /(^|[/\\])model\.safetensors(\.index\.json)?$/.test(path);
  return isUsual ? nodeFiles('convertCheckpoint').beside(path, 'config.json') : ownConfigPath(path);
}
