/** `attention-conv certify`: whether attention in a file is as close to a network as its certificate says. */
import { print, printJson, readArguments, tell, UsageError, wholeNumber } from '@saccade/command';
import { plainText } from '@saccade/pictures';
import { dispose, FormatError, init } from '@saccade/tensor';
import { loadAttention } from '../files/attention-file.js';
import { AttentionNetwork } from '../network/attention-network.js';
import { certifyNetwork, placeOf } from '../network/certify-network.js';
import { originalDefinitions, originalHelp, readOriginal, requireOriginal } from './original.js';

const help = `Runs attention and the network that it was converted from on random images, and compares the
difference with what the certificate allows. Exit status 1 if it is larger, as after training.

  attention-conv certify ATTENTION.safetensors --against CNN.safetensors --spec LAYERS.json [options]

  --against FILE       weights of the network
${originalHelp}
  --images N           how many random images (default 16)
  --seed N             of the images (default 0)
  --json               the result as JSON on standard output, and nothing else there
  --help               this text
`;

const definitions = {
  ...originalDefinitions,
  against: { type: 'string' },
  images: { type: 'string' },
  seed: { type: 'string' },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

/** Runs the command. @returns the exit status */
export async function certify(args: readonly string[]): Promise<number> {
  const { values, positionals } = readArguments(args, definitions, 1);
  if (values.help) {
    await print(help);
    return 0;
  }
  const [path] = positionals;
  const { against } = values;
  if (path === undefined) throw new UsageError('expected a file: attention-conv certify ATTENTION.safetensors');
  if (against === undefined) throw new UsageError('expected --against FILE, the weights of the network');
  requireOriginal(values);
  const images = wholeNumber('images', values.images) ?? 16;
  const seed = wholeNumber('seed', values.seed, 0) ?? 0;
  await init({ device: 'wasm' });
  const network = await loadAttention(path);
  if (!(network instanceof AttentionNetwork)) {
    throw new FormatError(`${path}: no converted network: attention-conv convert writes one`);
  }
  const original = await readOriginal(against, values, placeOf(network)?.dtype);
  await tell(`measuring on ${images} images …`);
  const measured = certifyNetwork(network, original, { images, seed });
  dispose(original.tensors);
  const { maxAbs, bound } = measured;
  // A difference that is no number is not within the bound either.
  const holds = maxAbs <= bound;
  if (values.json) await printJson({ file: path, against, holds, ...measured });
  else {
    const verdict = holds ? 'within' : 'ABOVE';
    await print(
      `${plainText(path)}: largest difference ${maxAbs.toPrecision(3)} of outputs up to ${measured.largest.toPrecision(3)}, ` +
        `${verdict} the bound ${bound.toPrecision(3)}\n`,
    );
  }
  return holds ? 0 : 1;
}
