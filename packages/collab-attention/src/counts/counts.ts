/** What layers cost, in numbers and multiply-adds, and from which length on sharing does not pay. */
import { checkOptions, requireCount, requireFlag } from '@saccade/tensor';

/** Sizes of an attention layer. */
export interface LayerSizes {
  /** Channels that come in. */
  readonly width: number;
  readonly heads: number;
  /** Key dimensions of each head of the ordinary layer. */
  readonly headDim: number;
  /** The shared key dimension. */
  readonly sharedDim: number;
  /** Value channels of all heads. Default: the width. */
  readonly valueWidth?: number | undefined;
  /** Channels that go out. Default: those of the values. */
  readonly outputs?: number | undefined;
  /** Whether there is an output map. Default true. */
  readonly dense?: boolean | undefined;
}

const sizeNames = ['width', 'heads', 'headDim', 'sharedDim', 'valueWidth', 'outputs', 'dense'] as const;

type Sizes = { readonly [Name in keyof LayerSizes]-?: NonNullable<LayerSizes[Name]> };

function checked(op: string, sizes: LayerSizes): Sizes {
  const { width, heads, headDim, sharedDim, valueWidth = width, outputs = valueWidth, dense = true } = sizes;
  const counts = { width, heads, headDim, sharedDim, valueWidth, outputs };
  for (const [name, value] of Object.entries(counts)) requireCount(op, name, value);
  return { ...counts, dense: requireFlag(op, 'dense', dense) };
}

/** Values of the two forms of a layer. */
export interface ParameterCounts {
  readonly concatenated: { readonly weights: number; readonly biases: number; readonly total: number };
  readonly collaborative: {
    readonly weights: number;
    readonly mixing: number;
    readonly contentBias: number;
    readonly total: number;
  };
  /** Of the values and the output map, the same in both. */
  readonly value: number;
  readonly dense: number;
  /** Floats that a token takes in a cache of keys. */
  readonly keyCache: { readonly concatenated: number; readonly collaborative: number };
}

/** Counts parameters: 2 D N and biases against 2 D R, mixing H R and content bias H D. @throws {OptionError} for sizes that are no whole numbers from 1 */
export function countParameters(sizes: LayerSizes): ParameterCounts {
  const op = 'countParameters';
  checkOptions(op, sizes, sizeNames);
  const { width, heads, headDim, sharedDim, valueWidth, outputs, dense } = checked(op, sizes);
  const all = heads * headDim;
  const concatenated = { weights: 2 * width * all, biases: 2 * all };
  const collaborative = { weights: 2 * width * sharedDim, mixing: heads * sharedDim, contentBias: heads * width };
  const [value, output] = [(width + 1) * valueWidth, dense ? (valueWidth + 1) * outputs : 0];
  const beside = value + output;
  return {
    concatenated: { ...concatenated, total: concatenated.weights + concatenated.biases + beside },
    collaborative: {
      ...collaborative,
      total: collaborative.weights + collaborative.mixing + collaborative.contentBias + beside,
    },
    value,
    dense: output,
    keyCache: { concatenated: all, collaborative: sharedDim + heads },
  };
}

/** Multiply-adds of the two forms of a layer. */
export interface OperationCounts {
  readonly concatenated: { readonly projection: number; readonly scores: number; readonly total: number };
  readonly collaborative: {
    readonly projection: number;
    readonly mixing: number;
    readonly contentBias: number;
    readonly scores: number;
    readonly total: number;
  };
  /** The same in both. */
  readonly value: number;
  readonly weightedSum: number;
  readonly dense: number;
  /**
   * Self-attention over fewer tokens takes fewer multiply-adds in the shared form: (2 D (N - R) - H R - H D) / (H (R - d)); below 0 it never does, and
   * Infinity where each score is no dearer than before.
   */
  readonly breakEven: number;
}

/** Lengths that a layer attends over. */
export interface OperationSizes extends LayerSizes {
  readonly queries: number;
  readonly keys: number;
}

/**
 * Counts multiply-adds. Each score costs R in the place of d, so that sharing pays for short sequences, and in decoding by what is read from the cache.
 * @throws {OptionError} for sizes that are no whole numbers from 1
 */
export function countOperations(sizes: OperationSizes): OperationCounts {
  const op = 'countOperations';
  checkOptions(op, sizes, [...sizeNames, 'queries', 'keys']);
  const { width, heads, headDim, sharedDim, valueWidth, outputs, dense } = checked(op, sizes);
  const queries = requireCount(op, 'queries', sizes.queries);
  const keys = requireCount(op, 'keys', sizes.keys);
  const all = heads * headDim;
  const concatenated = { projection: (queries + keys) * width * all, scores: queries * keys * all };
  const collaborative = {
    projection: (queries + keys) * width * sharedDim,
    mixing: heads * queries * sharedDim,
    contentBias: keys * width * heads,
    scores: queries * keys * heads * sharedDim,
  };
  const beside = {
    value: keys * width * valueWidth,
    weightedSum: queries * keys * valueWidth,
    dense: dense ? queries * valueWidth * outputs : 0,
  };
  const rest = beside.value + beside.weightedSum + beside.dense;
  const sum = (counts: object): number => Object.values(counts).reduce((a: number, b: number) => a + b, 0);
  return {
    concatenated: { ...concatenated, total: sum(concatenated) + rest },
    collaborative: { ...collaborative, total: sum(collaborative) + rest },
    ...beside,
    breakEven: breakEven(width, heads, headDim, sharedDim),
  };
}

function breakEven(width: number, heads: number, headDim: number, sharedDim: number): number {
  const saved = 2 * width * (heads * headDim - sharedDim) - heads * sharedDim - width * heads;
  const added = heads * (sharedDim - headDim);
  if (added > 0) return saved / added;
  return saved > 0 ? Number.POSITIVE_INFINITY : saved === 0 ? 0 : -1;
}
