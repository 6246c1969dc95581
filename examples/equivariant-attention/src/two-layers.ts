/** A lifting layer and a group layer of random weights, and how far they are from equivariant. */
import {
  actOnImages,
  type Certificate,
  certify,
  type Encoding,
  type GroupIndex,
  type GroupName,
  GroupSelfAttention,
  groups,
  LiftingSelfAttention,
} from '@saccade/equivariant-attention';
import { type AnyModule, Sequential } from '@saccade/nn';
import { cast, isTensor, Rng, reshape, scope, type Tensor } from '@saccade/tensor';
import { randomizeWeights } from './random-weights.js';

const [side, patch, channels] = [9, 5, 3];

/** Which layers. */
export interface Kind {
  readonly group: GroupName;
  readonly encoding: Encoding;
  /** Of the exact encoding. */
  readonly groupIndex?: GroupIndex;
}

function twoLayers({ group, encoding, groupIndex }: Kind, seed: number): Sequential {
  const rng = new Rng(seed);
  const common = { group, encoding, patch, heads: 2, mid: 10, rng };
  const layers = new Sequential(
    new LiftingSelfAttention(channels, 8, common),
    new GroupSelfAttention(8, 8, { ...common, groupIndex }),
  );
  randomizeWeights(layers, rng);
  return layers;
}

const known = new Map<string, Certificate>();

/** What is proved of such layers, and measured for the elements that map pixels to pixels. Found once. */
export async function certified(kind: Kind, dtype: 'float32' | 'float64', seed: number): Promise<Certificate> {
  const key = JSON.stringify([kind.group, kind.encoding, kind.groupIndex ?? 'keyPose', dtype, seed]);
  const found = known.get(key);
  if (found !== undefined) return found;
  using layers = twoLayers(kind, seed);
  if (dtype === 'float64') toFloat64(layers);
  const elements = groups[kind.group].latticeElements;
  const shape = [side, side, channels];
  // In float64 there is no kernel.
  const samples = dtype === 'float64' ? 1 : 4;
  const certificate = await certify(layers, kind.group, { shape, samples, seed, dtype, elements });
  known.set(key, certificate);
  return certificate;
}

/** The largest error that a certificate tells. */
export function largestError({ elements }: Certificate): number {
  return Math.max(...elements.map(({ error }) => error ?? Number.NaN));
}

/** Replaces the parameters: layers are made in float32. */
function toFloat64(whole: AnyModule): void {
  for (const module of whole.modules().values()) {
    for (const [name, value] of Object.entries(module)) {
      if (isTensor(value) && value.dtype === 'float32') Reflect.set(module, name, cast(value, 'float64'));
    }
  }
}

/** Errors of layers whose features turn by a law of their own. */
export interface ReleasedErrors {
  /** Of the lifting layer, with its elements in the order that fits best. */
  readonly lifting: number;
  /** Of the group layer, with its elements in that same order. */
  readonly group: number;
  /** Of the group layer where each element may stand for whichever fits best: less than any order leaves. */
  readonly anyOrder: number;
}

/** The largest |f(Tx) - T f(x)| / |f| over the elements that map pixels to pixels. */
export function releasedErrors(kind: Kind, seed: number): ReleasedErrors {
  using layers = twoLayers(kind, seed);
  const group = groups[kind.group];
  return scope(() => {
    const image = new Rng(seed).normal([1, side, side, channels]);
    const [lifting, both] = layers.layers as unknown as readonly [LiftingSelfAttention, GroupSelfAttention];
    const run = (x: Tensor): readonly [Tensor, Tensor] => {
      const lifted = lifting.forward(x);
      return [asImages(lifted), asImages(both.forward(lifted))];
    };
    const plain = run(image);
    const found = group.latticeElements.map((element) => {
      const turned = run(actOnImages(image, group, element));
      const [lifted, output] = plain.map((x) => actOnImages(x, group, element)) as [Tensor, Tensor];
      const first = differences(turned[0], lifted);
      const second = differences(turned[1], output);
      const order = first.map((row) => row.indexOf(Math.min(...row)));
      return {
        lifting: worst(first.map((row) => Math.min(...row))),
        group: worst(second.map((row, v) => row[order[v] as number] as number)),
        anyOrder: worst(second.map((row) => Math.min(...row))),
      };
    });
    const most = (name: keyof ReleasedErrors): number => worst(found.map((errors) => errors[name]));
    return { lifting: most('lifting'), group: most('group'), anyOrder: most('anyOrder') };
  });
}

const worst = (errors: readonly number[]): number => Math.max(...errors);

/** Features of one image, the elements as images. */
function asImages(features: Tensor): Tensor {
  return reshape(features, features.shape.slice(1));
}

/** Of each image from each of the second, the largest difference over the largest value. */
function differences(first: Tensor, second: Tensor): number[][] {
  const count = first.shape[0] as number;
  const [x, y] = [first.dataSync(), second.dataSync()];
  const size = x.length / count;
  const largest = y.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const between = (v: number, w: number): number => {
    let most = 0;
    for (let i = 0; i < size; i++) {
      most = Math.max(most, Math.abs((x[v * size + i] as number) - (y[w * size + i] as number)));
    }
    return most / largest;
  };
  const all = Array.from({ length: count }, (_, i) => i);
  return all.map((v) => all.map((w) => between(v, w)));
}
