/** How a network of the paper's experiments is built. */
import {
  checkOptions,
  OptionError,
  type Rng,
  requireCount,
  requireDivides,
  requireFlag,
  requireFrom,
  requireWithin,
} from '@saccade/tensor';

/** Input of ids, int32 [batch, tokens]. */
export interface IdInput {
  /** Ids that there are. */
  readonly vocabulary: number;
  /** Tokens that an input can have at most. Default 512. */
  readonly positions?: number | undefined;
  /** An id whose vector starts at 0 and is not trained. Default: none; in the release it is 0, though the sorting task has a letter of that id. */
  readonly padding?: number | undefined;
}

/** Input of points, [batch, tokens, coordinates]: they have no order. */
export interface PointInput {
  /** Numbers of a point. */
  readonly coordinates: number;
  /** A gelu and a second affine map behind the first. Default false. */
  readonly ffn2?: boolean | undefined;
}

/** What a network reads and answers. */
export type NetworkForm = (IdInput | PointInput) & {
  /** Logits of a token. */
  readonly labels: number;
};

/** What is behind the input. */
export interface NetworkSizes {
  /** Channels of a token. */
  readonly width: number;
  /** Layers. */
  readonly depth: number;
  readonly heads: number;
  /** An MLP as wide as the network in each layer. Default false. */
  readonly mlp?: boolean | undefined;
  /** Whether the heads are added to their input. Default true; without, attention is pure, but for its norms. */
  readonly skip?: boolean | undefined;
  /** Probability with which values and attention weights are dropped in training. Default 0.1, the release's. */
  readonly dropout?: number | undefined;
  /** Added to the variance in all norms. Default 1e-12, BERT's. */
  readonly epsilon?: number | undefined;
}

/** Options of `SelfAttentionNetwork`. */
export type SelfAttentionNetworkOptions = NetworkForm &
  NetworkSizes & {
    /** Draws the start values, and what is dropped in training. */
    readonly rng: Rng;
  };

type Filled<T> = { readonly [Name in keyof T]-?: NonNullable<T[Name]> };

/** Options with their defaults, from which a network can be built again. */
export type SelfAttentionNetworkConfig = (FilledIdInput | Filled<PointInput>) &
  Filled<NetworkSizes> & { readonly labels: number };

type FilledIdInput = Filled<Omit<IdInput, 'padding'>> & Pick<IdInput, 'padding'>;

const sizeNames = ['labels', 'width', 'depth', 'heads', 'mlp', 'skip', 'dropout', 'epsilon', 'rng'] as const;
const idNames = ['vocabulary', 'positions', 'padding'] as const;
const pointNames = ['coordinates', 'ffn2'] as const;

/** The options with their defaults. @throws {OptionError} */
export function networkConfig(op: string, options: SelfAttentionNetworkOptions): SelfAttentionNetworkConfig {
  const input = inputOf(op, options);
  const { labels, width, depth, heads, mlp = false, skip = true, dropout = 0.1, epsilon = 1e-12 } = options;
  for (const [name, count] of Object.entries({ labels, width, depth, heads })) requireCount(op, name, count);
  requireDivides(op, 'heads', heads, width);
  requireFlag(op, 'mlp', mlp);
  requireFlag(op, 'skip', skip);
  requireWithin(op, 'dropout', dropout, 0, 1);
  requireFrom(op, 'epsilon', epsilon);
  return { ...input, labels, width, depth, heads, mlp, skip, dropout, epsilon };
}

function inputOf(op: string, options: SelfAttentionNetworkOptions): FilledIdInput | Filled<PointInput> {
  const given: object = Object(options);
  if ('vocabulary' in given === 'coordinates' in given) {
    const got = 'vocabulary' in given ? 'both' : 'neither';
    throw new OptionError(`${op}: expected either a vocabulary of ids or coordinates of points, got ${got}`);
  }
  if ('vocabulary' in options) {
    const { vocabulary, positions = 512, padding } = checkOptions(op, options, [...idNames, ...sizeNames]);
    requireCount(op, 'vocabulary', vocabulary);
    requireCount(op, 'positions', positions);
    if (padding === undefined) return { vocabulary, positions };
    requireCount(op, 'padding', padding, 0, vocabulary - 1);
    return { vocabulary, positions, padding };
  }
  const { coordinates, ffn2 = false } = checkOptions(op, options, [...pointNames, ...sizeNames]);
  requireCount(op, 'coordinates', coordinates);
  requireFlag(op, 'ffn2', ffn2);
  return { coordinates, ffn2 };
}
