/** The network that a command is about: its weights, and its layers from a file or from the options of one convolution. */
import { readFile, UsageError } from '@saccade/command';
import { plainText } from '@saccade/pictures';
import { FormatError, loadSafetensors, type Tensor } from '@saccade/tensor';
import type { ConvolutionLayer, NetworkLayer } from '../network/layer-list.js';

/** The options that say which network. */
export const originalDefinitions = {
  spec: { type: 'string' },
  weight: { type: 'string' },
  bias: { type: 'string' },
  stride: { type: 'string' },
  padding: { type: 'string' },
  dilation: { type: 'string' },
  groups: { type: 'string' },
  'padding-mode': { type: 'string' },
} as const;

/** Their help. */
export const originalHelp = `  --spec FILE          the layers as JSON: a list such as
                         [{"kind": "conv2d", "name": "0", "padding": 1}, {"kind": "relu"},
                          {"kind": "averagePool", "size": 2}, {"kind": "flatten"},
                          {"kind": "linear", "name": "4"}]
                       kinds: conv1d, conv2d, conv3d (stride, padding, dilation, groups, paddingMode,
                       border), batchNorm (eps), averagePool (size, stride, padding, countIncludePad,
                       border), maxPool (size, stride, padding), globalAveragePool, linear,
                       flatten (channelsFirst, default true),
                       relu, gelu, tanh, sigmoid, silu, elu, leakyRelu, softplus, dropout, identity
  or, for one convolution:
  --weight NAME        its weight among the tensors of the file: [out, in / groups, ...taps]
  --bias NAME          its bias
  --stride N[,N..]     default 1; one number, or one an axis
  --padding N[,N..]    default 0; also valid or same
  --dilation N[,N..]   default 1
  --groups N           default 1
  --padding-mode MODE  zeros (default), reflect, replicate or circular
`;

/** What `readArguments` makes of the options. */
export type OriginalValues = { readonly [Name in keyof typeof originalDefinitions]?: string | undefined };

/** Weights by name, and layers. The tensors are the caller's. */
export interface Original {
  readonly tensors: ReadonlyMap<string, Tensor>;
  readonly layers: readonly NetworkLayer[];
}

/** @throws {UsageError} unless either the layers or a weight are named, with options that go with it */
export function requireOriginal(values: OriginalValues): void {
  const { spec, weight, ...others } = values;
  if ((spec === undefined) === (weight === undefined)) {
    throw new UsageError('expected either --spec FILE or --weight NAME');
  }
  const own = ['bias', 'stride', 'padding', 'dilation', 'groups', 'padding-mode'] as const;
  const extra = own.find((name) => spec !== undefined && others[name] !== undefined);
  if (extra !== undefined) throw new UsageError(`--${extra} is for --weight: the spec says it of each layer`);
}

/** Reads both. @param dtype of the tensors, default float32 @throws {UsageError} @throws {FileError} @throws {FormatError} for damaged files @throws {SaccadeError} with code `io` */
export async function readOriginal(
  path: string,
  values: OriginalValues,
  dtype?: 'float32' | 'float64',
): Promise<Original> {
  requireOriginal(values);
  const layers = values.spec === undefined ? undefined : readSpec(values.spec);
  const { tensors } = await loadSafetensors(path, dtype === 'float64' ? { dtype } : {});
  if (layers !== undefined) return { tensors, layers };
  return oneConvolution(path, tensors, values);
}

function readSpec(path: string): readonly NetworkLayer[] {
  const text = new TextDecoder().decode(readFile(path));
  let layers: unknown;
  try {
    layers = JSON.parse(text);
  } catch (cause) {
    throw new FormatError(`${path}: no JSON (${(cause as Error).message})`, { cause });
  }
  if (Array.isArray(layers)) return layers as NetworkLayer[];
  throw new FormatError(`${path}: expected a list of layers`);
}

/** A network of one layer. */
function oneConvolution(path: string, tensors: ReadonlyMap<string, Tensor>, values: OriginalValues): Original {
  const find = (option: string, name: string): Tensor => {
    const found = tensors.get(name);
    if (found !== undefined) return found;
    const some = [...tensors.keys()].slice(0, 8).map(plainText).join(', ');
    throw new UsageError(`--${option}: ${path} has no tensor ${name}; it has ${some}${tensors.size > 8 ? ', …' : ''}`);
  };
  const weight = find('weight', values.weight as string);
  const kinds: readonly ConvolutionLayer['kind'][] = ['conv1d', 'conv2d', 'conv3d'];
  const kind = kinds[weight.rank - 3];
  if (kind === undefined) {
    throw new UsageError(`--weight: a kernel has three to five axes, ${values.weight} has ${weight.rank}`);
  }
  const named = new Map([['conv.weight', weight]]);
  if (values.bias !== undefined) named.set('conv.bias', find('bias', values.bias));
  const padding = ['same', 'valid'].includes(values.padding ?? '')
    ? (values.padding as 'same' | 'valid')
    : numbers('padding', values.padding, 0);
  const layer: ConvolutionLayer = {
    ...{ kind, name: 'conv', padding },
    stride: numbers('stride', values.stride, 1),
    dilation: numbers('dilation', values.dilation, 1),
    groups: numbers('groups', values.groups, 1) as number | undefined,
    paddingMode: values['padding-mode'] as ConvolutionLayer['paddingMode'],
  };
  return { tensors: named, layers: [layer] };
}

/** One whole number, or a list with commas between. @throws {UsageError} */
function numbers(name: string, text: string | undefined, least: number): number | readonly number[] | undefined {
  if (text === undefined) return undefined;
  const list = text.split(',').map((part) => (/^\d+$/.test(part) ? Number(part) : Number.NaN));
  if (list.every((value) => Number.isSafeInteger(value) && value >= least)) {
    return list.length === 1 ? (list[0] as number) : list;
  }
  throw new UsageError(`--${name} must be a whole number from ${least}, or several such as 1,2, got ${text}`);
}
