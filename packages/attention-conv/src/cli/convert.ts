/** `attention-conv convert`: a network of convolutions, or one of them, as a file of attention. */
import {
  oneOf,
  print,
  printJson,
  readArguments,
  realNumber,
  requireFolders,
  table,
  tell,
  UsageError,
} from '@saccade/command';
import { plainText } from '@saccade/pictures';
import { dispose, init } from '@saccade/tensor';
import { saveAttention } from '../files/attention-file.js';
import { type ConvertedNetwork, type ConvertNetworkOptions, convertNetwork } from '../network/convert-network.js';
import { originalDefinitions, originalHelp, readOriginal } from './original.js';

const help = `Converts the convolutions and mean pools of a network to attention, and says how far it can be from them.

  attention-conv convert CNN.safetensors --spec LAYERS.json -o ATTENTION.safetensors [options]
  attention-conv convert CNN.safetensors --weight NAME -o ATTENTION.safetensors [options]

${originalHelp}
  -o, --out FILE       where the attention goes
  --alpha A            sharpness of the heads (default 128: one-hot in float32)
  --max-error E        instead: the sharpness at which no output is off by more, in exact arithmetic
  --border NAME        pad (default), sink, which needs twice the alpha, or native, for replicate
                       padding and none
  --values NAME        identity (default), project or lowrank
  --range LOW,HIGH     all values of the images lie in it (default 0,1)
  --extents N[,N..]    of the images; default: those of a square that the network takes
  --json               the certificate as JSON on standard output, and nothing else there
  --help               this text
`;

const definitions = {
  ...originalDefinitions,
  out: { type: 'string', short: 'o' },
  alpha: { type: 'string' },
  'max-error': { type: 'string' },
  border: { type: 'string' },
  values: { type: 'string' },
  range: { type: 'string' },
  extents: { type: 'string' },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

type Values = ReturnType<typeof readArguments<typeof definitions>>['values'];

function conversionOf(values: Values): ConvertNetworkOptions {
  return {
    alpha: realNumber('alpha', values.alpha, { above: true }),
    maxError: realNumber('max-error', values['max-error'], { above: true }),
    border: oneOf('border', values.border, ['pad', 'sink', 'native']),
    values: oneOf('values', values.values, ['identity', 'project', 'lowrank']),
    inputRange: rangeOf(values.range),
    extents: extentsOf(values.extents),
  };
}

/** @throws {UsageError} */
function rangeOf(text: string | undefined): readonly [number, number] | undefined {
  if (text === undefined) return undefined;
  const ends = text.split(',').map((end) => (end.trim() === '' ? Number.NaN : Number(end)));
  const [low, high] = ends as [number, number];
  if (ends.length === 2 && Number.isFinite(low) && Number.isFinite(high) && low <= high) return [low, high];
  throw new UsageError(`--range must be two numbers in order such as 0,1, got ${text}`);
}

/** @throws {UsageError} */
function extentsOf(text: string | undefined): readonly number[] | undefined {
  return text?.split(',').map((part) => {
    const extent = Number(part);
    if (/^\d+$/.test(part) && Number.isSafeInteger(extent) && extent >= 1) return extent;
    throw new UsageError(`--extents must be whole numbers from 1 such as 8,8, got ${text}`);
  });
}

/** The layers, and how far attention can be. */
function report({ layers, certificate }: ConvertedNetwork): string {
  const rows = layers.map(({ name, layer, certificate: own }) => [
    plainText(name),
    String(layer.heads),
    own.border,
    own.epsBound.toPrecision(3),
    own.measured === undefined ? '-' : own.measured.maxAbs.toPrecision(3),
  ]);
  const { alpha, bound, attentionBound, measured, extents, inputRange, notices } = certificate;
  const images = `images of ${extents.join(' x ')} with values from ${inputRange.join(' to ')}`;
  return [
    table(['layer', 'heads', 'border', 'missed weight', 'measured error'], rows),
    `\nalpha ${Number(alpha.toPrecision(6))}; for ${images} no output is off by more than\n`,
    `${attentionBound.toPrecision(3)} in exact arithmetic, ${bound.toPrecision(3)} in ${certificate.dtype}; `,
    `measured on ${measured?.images} random ones: ${measured?.maxAbs.toPrecision(3)}\n`,
    ...notices.map((notice) => `${notice}\n`),
  ].join('');
}

/** Runs the command. @returns the exit status */
export async function convert(args: readonly string[]): Promise<number> {
  const { values, positionals } = readArguments(args, definitions, 1);
  if (values.help) {
    await print(help);
    return 0;
  }
  const [path] = positionals;
  const { out } = values;
  if (path === undefined) throw new UsageError('expected a file with weights: attention-conv convert CNN.safetensors');
  if (out === undefined) throw new UsageError('expected -o FILE, where the attention goes');
  requireFolders({ out });
  const options = conversionOf(values);
  await init({ device: 'wasm' });
  const { tensors, layers } = await readOriginal(path, values);
  await tell(`converting ${plainText(path)} …`);
  const converted = convertNetwork(tensors, layers, options);
  dispose(tensors);
  await saveAttention(out, converted.network);
  if (values.json) await printJson({ file: out, ...converted.certificate.toJSON() });
  else await print(`${report(converted)}attention: ${plainText(out)}\n`);
  return 0;
}
