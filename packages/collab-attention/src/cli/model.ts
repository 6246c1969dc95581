/** The model that a command is about: its file, and how it is to be understood. */
import { wholeNumber } from '@saccade/command';
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

/** Decimal units: `437.9 MB`. */
export function size(bytes: number): string {
  const units = ['bytes', 'KB', 'MB', 'GB', 'TB'];
  let [value, unit] = [bytes, 0];
  while (value >= 1000 && unit < units.length - 1) [value, unit] = [value / 1000, unit + 1];
  return `${unit === 0 ? value : value.toFixed(1)} ${units[unit]}`;
}
