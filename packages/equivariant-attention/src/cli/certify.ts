/** `equivariant-attention certify`: whether a network gives the same for turned images, by proof and by measurement. */
import { imageSize, oneOf, print, printJson, readArguments, tell, wholeNumber } from '@saccade/command';
import { plainText } from '@saccade/pictures';
import { init } from '@saccade/tensor';
import type { Certificate } from '../certify/certificate.js';
import { certificateText } from '../certify/certificate-text.js';
import { certify as certifyModel } from '../certify/certify.js';
import { type GroupName, groups } from '../groups/named-groups.js';
import { readNetwork } from './model.js';

const help = `Proves for which turns and mirrors a network gives the same answer, layer by layer, in whole numbers, and
measures how far it is from that. Exit status 1 if a layer breaks it, or if proof and measurement disagree.

  equivariant-attention certify MODEL.safetensors [options]

  --group NAME       turns to ask about: z2, p4, p8, p12, p16, mz2, p4m, p8m (default: the network's own)
  --size HxW         size of the images (default: that for which the network was built)
  --samples N        random images to measure with; 0 only proves (default 4)
  --seed N           of the images (default 0)
  --training         the network as it is in training, with its dropout
  --threads N        default: as many as there are
  --json             the certificate as JSON on standard output, and nothing else there
  --help             this text
`;

const definitions = {
  group: { type: 'string' },
  size: { type: 'string' },
  samples: { type: 'string' },
  seed: { type: 'string' },
  training: { type: 'boolean', default: false },
  threads: { type: 'string' },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

/** Whether the network is as equivariant as pixels let it be. */
function holds({ verdict: { kind } }: Certificate): boolean {
  return kind === 'exact' || kind === 'subgroup';
}

/** A network's file may name its group in any way. */
function shownText(text: string): string {
  return text.split('\n').map(plainText).join('\n');
}

/** Runs the command. @returns the exit status */
export async function certify(args: readonly string[], signal: AbortSignal): Promise<number> {
  const { values, positionals } = readArguments(args, definitions, 1);
  if (values.help) {
    await print(help);
    return 0;
  }
  const name = oneOf('group', values.group, Object.keys(groups) as GroupName[]);
  const size = imageSize('size', values.size);
  const samples = wholeNumber('samples', values.samples, 0);
  const seed = wholeNumber('seed', values.seed, 0);
  await init({ device: 'wasm', threads: wholeNumber('threads', values.threads) });
  const network = await readNetwork(positionals[0], 'certify', signal);
  const { config } = network;
  const shape = [...(size ?? config.size), config.imageChannels];
  if (samples !== 0) await tell('proving and measuring …');
  const certificate = await certifyModel(network, name ?? network.group, {
    ...{ shape, samples, seed, signal, training: values.training },
  });
  if (values.json) await printJson({ file: positionals[0], holds: holds(certificate), ...certificate });
  else await print(shownText(certificateText(certificate)));
  return holds(certificate) ? 0 : 1;
}
