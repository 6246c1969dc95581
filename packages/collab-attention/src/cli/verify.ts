/** `collab-attention verify`: a compressed model against the original. */
import { checkpointPath, print, printJson, readArguments, table, UsageError, wholeNumber } from '@saccade/command';
import { plainText } from '@saccade/pictures';
import { init, loadNpy, loadSafetensors, type Tensor } from '@saccade/tensor';
import { type Verification, verifyCheckpoint } from '../checkpoint/verify-checkpoint.js';
import { modelDefinitions, modelHelp, sourceOptions } from './model.js';
import { tellLayer } from './tell-progress.js';

const help = `Runs the attention of both models on the same states, layer by layer, and compares all other tensors.
Exit status 1 if one of those differs, or an error is larger than the compressed model says.

  collab-attention verify MODEL COMPRESSED [options]

  --states FILE         what goes through the layers: a .npy file [length, channels] or
                        [batch, length, channels], or a .safetensors file with one tensor a layer,
                        by its name (default: random normal numbers)
  --length N            how many random states a sequence has (default 64)
  --seed N              of the random states (default 0)
${modelHelp}
Columns: the relative error of W_Q^T W_K, the largest and the mean difference of what the heads read
beside the largest value of it, and the largest difference of the attention probabilities.
`;

const definitions = {
  ...modelDefinitions,
  states: { type: 'string' },
  length: { type: 'string' },
  seed: { type: 'string' },
} as const;

/** @throws {FormatError} @throws {SaccadeError} with code `io` */
async function readStates(path: string | undefined): Promise<Tensor | ReadonlyMap<string, Tensor> | undefined> {
  if (path === undefined) return undefined;
  return path.endsWith('.safetensors') ? (await loadSafetensors(path)).tensors : loadNpy(path);
}

function report({ layers, others, agrees }: Verification): string {
  const short = (value: number): string => value.toPrecision(3);
  const rows = layers.map(({ layer, rank, error, context, probabilities }) => [
    plainText(layer),
    String(rank),
    short(error),
    short(context.largest),
    short(context.mean),
    short(context.size),
    short(probabilities.largest),
  ]);
  const { compared, different } = others;
  const names = different.slice(0, 8).map(plainText).join(', ') + (different.length > 8 ? ', …' : '');
  return [
    table(['layer', 'rank', 'error', 'largest', 'mean', 'of', 'probabilities'], rows),
    different.length === 0
      ? `\n${compared} other tensors are the same to the byte\n`
      : `\n${different.length} of ${compared} other tensors DIFFER: ${names}\n`,
    agrees ? '' : 'the compressed model is NOT what it says\n',
  ].join('');
}

/** Runs the command. @returns the exit status */
export async function verify(args: readonly string[], signal: AbortSignal): Promise<number> {
  const { values, positionals } = readArguments(args, definitions, 2);
  if (values.help) {
    await print(help);
    return 0;
  }
  const usage = 'collab-attention verify MODEL COMPRESSED';
  const original = checkpointPath(positionals[0], usage);
  if (positionals[1] === undefined) throw new UsageError(`expected a compressed model: ${usage}`);
  const compressed = checkpointPath(positionals[1], usage);
  const length = wholeNumber('length', values.length);
  const seed = wholeNumber('seed', values.seed, 0);
  await init({ device: 'wasm', threads: wholeNumber('threads', values.threads) });
  const hidden = await readStates(values.states);
  const options = { ...sourceOptions(values), hidden, length, seed, signal, onProgress: tellLayer };
  const verification = await verifyCheckpoint(original, compressed, options);
  if (values.json) await printJson({ original, compressed, ...verification });
  else await print(report(verification));
  return verification.agrees ? 0 : 1;
}
