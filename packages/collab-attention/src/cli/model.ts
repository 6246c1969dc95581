/** The model that a command is about: its file, and how it is to be understood. */
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { UsageError, wholeNumber } from '@saccade/command';
import type { SourceOptions } from '../checkpoint/checkpoint-source.js';

/** The options that all commands have. */
export const modelDefinitions = {
  config: { type: 'string' },
  heads: { type: 'string' },
  family: { type: 'string' },
  threads: { type: 'string' },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

/** Their help. */
export const modelHelp = `  --config FILE         the model's config.json (default: the one beside the model)
  --heads N             heads of a layer, where no configuration tells
  --family NAME         takes the model for one of this family: bert, distilbert, albert, vit, timm-vit,
                        clip, gpt2, t5, whisper, whatever its configuration says
  --threads N           default: all cores
  --json                the result as JSON on standard output, and nothing else there
  --help                this text
`;

/** What `readArguments` makes of them. */
export interface ModelValues {
  readonly config?: string | undefined;
  readonly heads?: string | undefined;
  readonly family?: string | undefined;
}

/** @throws {UsageError} */
export function sourceOptions({ config, heads, family }: ModelValues): SourceOptions {
  return { config, heads: wholeNumber('heads', heads), family };
}

/** The checkpoint that a path means: the file, or the usual one in a folder. @throws {UsageError} without a path, and for a folder without a checkpoint */
export function checkpointPath(path: string | undefined, usage: string): string {
  if (path === undefined) throw new UsageError(`expected a model: ${usage}`);
  if (!existsSync(path) || !statSync(path).isDirectory()) return path;
  const usual = ['model.safetensors', 'model.safetensors.index.json'].map((name) => join(path, name));
  const found = usual.find((one) => existsSync(one));
  if (found !== undefined) return found;
  throw new UsageError(`there is no model.safetensors in the folder ${path}`);
}

/** Decimal units: `437.9 MB`. */
export function size(bytes: number): string {
  const units = ['bytes', 'KB', 'MB', 'GB', 'TB'];
  let [value, unit] = [bytes, 0];
  while (value >= 1000 && unit < units.length - 1) [value, unit] = [value / 1000, unit + 1];
  return `${unit === 0 ? value : value.toFixed(1)} ${units[unit]}`;
}
