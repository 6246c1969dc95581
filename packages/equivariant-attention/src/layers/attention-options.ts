/** What both kinds of self-attention are built from, checked. */
import {
  checkOptions,
  OptionError,
  quote,
  type Rng,
  requireAbove,
  requireCount,
  requireFlag,
  requireFrom,
  requireOneOf,
  requireRng,
  requireWithin,
} from '@saccade/tensor';
import type { Encoding } from '../encoding/encoded-plan.js';
import type { NeighbourhoodShape } from '../encoding/neighbourhood.js';
import { releaseOn } from '../encoding/released.js';
import { type Sight, sightOf } from '../encoding/sight.js';
import { Group } from '../groups/group.js';
import { type GroupName, groups } from '../groups/named-groups.js';

/** Options of both layers. One of `patch`, `size` and `maxSize` says who sees whom. */
export interface SelfAttentionOptions {
  /** Whose elements the output is over: one of `groups`, its name, or one's own. */
  readonly group: Group | GroupName;
  /** Odd side of the patch around each pixel that it attends to. Images may be of any size. */
  readonly patch?: number | undefined;
  /** Each pixel attends to the whole image, whose side, or [height, width], this is. */
  readonly size?: number | readonly [height: number, width: number] | undefined;
  /** The same for images of any sides up to this one. */
  readonly maxSize?: number | undefined;
  /** Form of the patch. Default 'square'; 'disc' and 'soft' change less under turns that do not map pixels to pixels. */
  readonly neighbourhood?: NeighbourhoodShape | undefined;
  /** Default 1. */
  readonly heads?: number | undefined;
  /** Channels of each head. Default half of `outputs`, rounded up to an even number where images are lifted, and 3 at least. */
  readonly mid?: number | undefined;
  /** Default 'exact'. The released codes' encodings, 'paper2021' and 'gevit2023', are there for parity: with them layers are not equivariant. */
  readonly encoding?: Encoding | undefined;
  /** Added to the variance in the norm of the encoding networks. Default 1e-5; the releases have 1e-12. */
  readonly encodingEps?: number | undefined;
  /** Probability with which a weight of attention is dropped in training. Default 0. */
  readonly dropout?: number | undefined;
  /** Drops the same weights all over an orbit, so that the layer is equivariant in training too. Default false. */
  readonly orbitSharedDropout?: boolean | undefined;
  /** Weights start normal with deviation initScale / sqrt(inputs), biases 0. Default sqrt(2), the release's. */
  readonly initScale?: number | undefined;
  /** Refuses NaN and infinite inputs, which costs a look at each; else they are propagated. Default false. */
  readonly strict?: boolean | undefined;
  /** Draws the start values; the stream of dropout is split from it. */
  readonly rng: Rng;
}

/** The names of these options. */
const selfAttentionOptionNames = [
  'group',
  'patch',
  'size',
  'maxSize',
  'neighbourhood',
  'heads',
  'mid',
  'encoding',
  'encodingEps',
  'dropout',
  'orbitSharedDropout',
  'initScale',
  'strict',
  'rng',
] as const;

/** The same with defaults in place. */
export interface SelfAttentionSettings {
  /** How errors name the layer. */
  readonly op: string;
  readonly inputs: number;
  readonly outputs: number;
  readonly group: Group;
  readonly sight: Sight;
  readonly heads: number;
  readonly mid: number;
  readonly encoding: Encoding;
  readonly encodingEps: number;
  readonly dropout: number;
  readonly orbitSharedDropout: boolean;
  readonly initScale: number;
  readonly strict: boolean;
  readonly rng: Rng;
}

/** @param mid channels of a head that does not say @throws {OptionError} for an option that it does not know, or that cannot be */
export function settingsOf<Options extends SelfAttentionOptions>(
  op: string,
  inputs: number,
  outputs: number,
  options: Options,
  { more, mid: usualMid }: { readonly more: readonly (keyof Options & string)[]; readonly mid: number },
): SelfAttentionSettings {
  checkOptions<Options>(op, options, [...selfAttentionOptionNames, ...more] as (keyof Options & string)[]);
  const { heads = 1, encoding = 'exact', encodingEps = 1e-5, dropout = 0, orbitSharedDropout = false } = options;
  const { strict = false, initScale = Math.SQRT2, mid = usualMid } = options;
  const group = groupFrom(op, options.group);
  requireOneOf(op, 'encoding', encoding, ['exact', 'paper2021', 'gevit2023']);
  if (encoding !== 'exact') releaseOn(op, encoding, group);
  return {
    op,
    inputs: requireCount(op, 'inputs', inputs),
    outputs: requireCount(op, 'outputs', outputs),
    group,
    sight: sightOf(op, options),
    heads: requireCount(op, 'heads', heads),
    mid,
    encoding,
    encodingEps: requireFrom(op, 'encodingEps', encodingEps),
    dropout: requireWithin(op, 'dropout', dropout, 0, 1),
    orbitSharedDropout: requireFlag(op, 'orbitSharedDropout', orbitSharedDropout),
    initScale: requireAbove(op, 'initScale', initScale),
    strict: requireFlag(op, 'strict', strict),
    rng: requireRng(op, options.rng),
  };
}

/** A group, or the one of a name. @throws {OptionError} */
export function groupFrom(op: string, group: Group | GroupName): Group {
  if (group instanceof Group) return group;
  if (typeof group === 'string' && Object.hasOwn(groups, group)) return groups[group];
  const known = Object.keys(groups).join(', ');
  throw new OptionError(`${op}: group must be a Group or one of ${known}, got ${quote(group)}`);
}
