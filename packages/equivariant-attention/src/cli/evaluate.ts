/** `equivariant-attention evaluate`: how many images a network reads right, and how many of the same ones turned. */
import {
  oneOf,
  percent,
  print,
  printJson,
  readArguments,
  table,
  tell,
  UsageError,
  wholeNumber,
} from '@saccade/command';
import { type AnyModule, accuracy, batches, evaluate as evaluateOn, type inMemory, type MnistPart } from '@saccade/nn';
import { plainText } from '@saccade/pictures';
import { init, ShapeError, scope, type Tensor } from '@saccade/tensor';
import { turnedBy } from '../data/turned-by.js';
import { type GroupName, groups } from '../groups/named-groups.js';
import type { GroupAttentionNet } from '../network/group-attention-net.js';
import { symmetrise } from '../symmetrise.js';
import { type DataOptions, dataDefinitions, dataOptionsOf } from './data-options.js';
import { readImages } from './images.js';
import { readNetwork } from './model.js';

const help = `How many test images a network reads right; with --turns also how many of the same images turned by each
element of its group. A network that is equivariant reads as many of each turn.

  equivariant-attention evaluate MODEL.safetensors [--data DIR] [options]

  --data DIR           folder with MNIST's files: t10k-images-idx3-ubyte and t10k-labels-idx1-ubyte, and those
                       of train, each as it is or with .gz; without it, the last 597 of the digits of 8x8
                       pixels that come along
  --rotated            reads rot-t10k-images-idx3-ubyte in the place of t10k-images-idx3-ubyte
  --limit N            only the first N images
  --turns              turned images too
  --group NAME         how they are turned: z2, p4, p8, p12, p16, mz2, p4m, p8m (default: the network's own)
  --symmetrise NAME    of what the network gives for all turns of an image, the mean or the max: makes a
                       network without symmetry the same for all turns
  --threads N          default: as many as there are
  --json               the result as JSON on standard output, and nothing else there
  --help               this text
`;

const definitions = {
  ...dataDefinitions,
  turns: { type: 'boolean', default: false },
  group: { type: 'string' },
  symmetrise: { type: 'string' },
  threads: { type: 'string' },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

/** Images that were turned by an element, and how many of them are read right. */
interface TurnAccuracy {
  readonly element: number;
  readonly name: string;
  /** Whether turned images are the same pixels at other places, not interpolated. */
  readonly exact: boolean;
  readonly accuracy: number;
}

type Classifier = AnyModule & { forward(images: Tensor): Tensor };

async function accuracyOn(
  model: Classifier,
  data: ReturnType<typeof inMemory<MnistPart>>,
  signal: AbortSignal,
): Promise<number> {
  const all = batches(data, { size: 100, shuffle: false });
  const right = ({ images, labels }: MnistPart): Tensor | number =>
    scope(() => accuracy(model.forward(images), labels) as Tensor | number);
  return (await evaluateOn(model, all, { right }, { signal })).right;
}

/** The test images, at the size for which the network was built. */
async function testImages(
  { config }: GroupAttentionNet,
  options: DataOptions,
  signal: AbortSignal,
): Promise<MnistPart> {
  const [height, width] = config.size;
  if (height !== width || config.imageChannels !== 1) {
    throw new ShapeError(
      `the network is for images of ${height} x ${width} with ${config.imageChannels} channels, not for MNIST's files`,
    );
  }
  return (await readImages(options, height, signal)).test;
}

/** Runs the command. @returns the exit status */
export async function evaluate(args: readonly string[], signal: AbortSignal): Promise<number> {
  const { values, positionals } = readArguments(args, definitions, 1);
  if (values.help) {
    await print(help);
    return 0;
  }
  const options = dataOptionsOf(values);
  const name = oneOf('group', values.group, Object.keys(groups) as GroupName[]);
  const reduce = oneOf('symmetrise', values.symmetrise, ['mean', 'max']);
  if (name !== undefined && !values.turns && reduce === undefined) {
    throw new UsageError('--group is for --turns and --symmetrise');
  }
  await init({ device: 'wasm', threads: wholeNumber('threads', values.threads) });
  const network = await readNetwork(positionals[0], 'evaluate', signal);
  const test = await testImages(network, options, signal);
  const group = name === undefined ? network.group : groups[name];
  const model = reduce === undefined ? network : symmetrise(network, group, { reduce });
  const turns: TurnAccuracy[] = [];
  for (const { element, name: turn, data } of turnedBy(test, group)) {
    if (element !== group.identity && !values.turns) continue;
    if (values.turns) await tell(`${turn} …`);
    const exact = group.latticeElements.includes(element);
    turns.push({ element, name: turn, exact, accuracy: await accuracyOn(model, data, signal) });
  }
  const images = test.labels.size;
  const upright = (turns.find(({ element }) => element === group.identity) as TurnAccuracy).accuracy;
  const file = positionals[0] as string;
  if (values.json) {
    await printJson({ file, images, accuracy: upright, ...(values.turns && { group: group.name, turns }) });
  } else if (values.turns) await print(turnsText(turns, images));
  else await print(`${plainText(file)}: accuracy ${percent(upright, 2)} of ${images} images\n`);
  return 0;
}

function turnsText(turns: readonly TurnAccuracy[], images: number): string {
  const rows = turns.map(({ name, accuracy: share, exact }) => [
    ...[name, percent(share, 2), String(Math.round(share * images))],
    exact ? '' : 'interpolated',
  ]);
  const mean = turns.reduce((sum, { accuracy: share }) => sum + share, 0) / turns.length;
  return `${table(['turn', 'accuracy', 'right', ''], rows)}\nmean ${percent(mean, 2)} of ${images} images\n`;
}
