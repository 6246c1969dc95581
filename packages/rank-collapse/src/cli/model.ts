/** The model that a command is about: its file, and how it is to be understood. */
import { checkpointPath, UsageError, wholeNumber } from '@saccade/command';
import { openCheckpoint } from '@saccade/nn';
import { init } from '@saccade/tensor';
import { type OpenTransformer, openTransformer } from '../model/open-transformer.js';

/** The options that all commands have. */
export const modelDefinitions = {
  config: { type: 'string' },
  family: { type: 'string' },
  prefix: { type: 'string' },
  heads: { type: 'string' },
  float64: { type: 'boolean', default: false },
  threads: { type: 'string' },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

/** Their help. */
export const modelHelp = `  --config FILE        the model's config.json (default: the one beside the model)
  --family NAME        takes the model for one of this family (bert, distilbert, albert, gpt2, vit, llama, …)
                       whatever its configuration says
  --prefix NAME        which stack of layers, where the file holds several, such as text_model.
  --heads N            heads of a layer, where no configuration tells
  --float64            computes in float64, which is slower and rounds at 1e-16
  --threads N          default: all cores
  --json               the result as JSON on standard output, and nothing else there
  --help               this text
`;

/** What `readArguments` makes of them. */
export interface ModelValues {
  readonly config?: string | undefined;
  readonly family?: string | undefined;
  readonly prefix?: string | undefined;
  readonly heads?: string | undefined;
  readonly float64?: boolean | undefined;
  readonly threads?: string | undefined;
}

/** An open model, and what its tokens can be. */
export interface CommandModel {
  readonly file: string;
  readonly model: OpenTransformer;
  readonly dtype: 'float32' | 'float64';
  /** Token ids are below; undefined where the model takes none. */
  readonly vocabulary: number | undefined;
  /** Most tokens of a text. */
  readonly positions: number;
}

/** The checkpoint that the first word of a command means: the file, or the usual one in a folder. @throws {UsageError} if there is none */
export function requireModelFile(positionals: readonly string[], command: string): string {
  return checkpointPath(positionals[0], `rank-collapse ${command} MODEL.safetensors`);
}

/**
 * Opens a model for as long as `use` takes, with tensors on the CPU.
 * @throws {UsageError} @throws {FormatError} @throws {SaccadeError} with code `io`, and what `openTransformer` throws
 */
export async function withModel<T>(
  file: string,
  values: ModelValues,
  signal: AbortSignal,
  use: (opened: CommandModel) => Promise<T>,
): Promise<T> {
  const { family, prefix } = values;
  const heads = wholeNumber('heads', values.heads);
  await init({ device: 'wasm', threads: wholeNumber('threads', values.threads) });
  const checkpoint = await openCheckpoint('openTransformer', file, { config: values.config, signal });
  try {
    const { config } = checkpoint;
    if (config === undefined && heads === undefined) {
      throw new UsageError(`there is no config.json beside ${file}: pass --config FILE, or --heads N`);
    }
    const dtype = values.float64 === true ? 'float64' : 'float32';
    const model = await openTransformer(checkpoint.file, { config, family, prefix, heads, dtype });
    try {
      const { token, position, positionOffset = 0 } = model.map.embeddings ?? {};
      const rows = (name: string): number => checkpoint.file.info(name).shape.at(-2) as number;
      const vocabulary = token === undefined ? undefined : rows(token);
      const positions = position === undefined ? Number.POSITIVE_INFINITY : rows(position) - positionOffset;
      return await use({ file, model, dtype, vocabulary, positions });
    } finally {
      await model.close();
    }
  } finally {
    await checkpoint.close();
  }
}

/** `bert: 12 layers of 12 heads, 768 channels`. */
export function describeModel({ model: { map, width, depth } }: CommandModel): string {
  const heads = map.layers[0]?.attention.heads;
  return `${map.family}: ${depth} layer${depth === 1 ? '' : 's'} of ${heads} heads, ${width} channels`;
}

/** What `--json` says of a model. */
export function modelJson({ file, model: { map, width, depth } }: CommandModel): object {
  return { file, family: map.family, depth, heads: map.layers[0]?.attention.heads, channels: width };
}
