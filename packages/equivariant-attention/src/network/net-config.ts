/** The configuration of a network: its options, checked, with all defaults in place. */
import {
  checkOptions,
  OptionError,
  quote,
  requireCount,
  requireFlag,
  requireFrom,
  requireRng,
  requireWithin,
} from '@saccade/tensor';
import type { GroupIndex } from '../encoding/group-index.js';
import type { NeighbourhoodShape } from '../encoding/neighbourhood.js';
import { sidesOf } from '../encoding/sight.js';
import type { Group } from '../groups/group.js';
import { groupFrom } from '../layers/attention-options.js';
import type { CropWidth } from '../layers/crop.js';
import type { GroupAttentionNetOptions } from './net-options.js';

const names = [
  ...([
    'group',
    'size',
    'imageChannels',
    'classes',
    'channels',
    'blocks',
    'expansion',
    'crop',
    'heads',
    'patch',
  ] as const),
  ...(['liftingPatch', 'neighbourhood', 'encoding', 'groupIndex', 'groupEncoding', 'encodingEps', 'norm'] as const),
  ...(['normEps', 'activation', 'normBetweenLayers', 'poolAfterLifting', 'poolLast', 'inputDropout'] as const),
  ...(['attentionDropout', 'valueDropout', 'poolDropout', 'orbitSharedDropout', 'spatialPool', 'groupPool'] as const),
  ...(['restrict', 'initScale', 'strict', 'rng'] as const),
];

/** How a network is built: all options with their defaults, but for the generator. */
export type GroupAttentionNetConfig = Omit<
  { readonly [Name in keyof GroupAttentionNetOptions]-?: NonNullable<GroupAttentionNetOptions[Name]> },
  | 'rng'
  | 'group'
  | 'size'
  | 'patch'
  | 'liftingPatch'
  | 'neighbourhood'
  | 'groupIndex'
  | 'expansion'
  | 'crop'
  | 'restrict'
> & {
  readonly group: Group;
  readonly size: readonly [height: number, width: number];
  readonly patch?: number | undefined;
  readonly liftingPatch?: number | undefined;
  readonly neighbourhood?: NeighbourhoodShape | undefined;
  readonly groupIndex?: GroupIndex | undefined;
  /** One a block. */
  readonly expansion: readonly number[];
  /** One a layer. */
  readonly crop: readonly CropWidth[];
  readonly restrict?: { readonly afterBlock: number; readonly elements: readonly number[] } | undefined;
};

/** The configuration with defaults in place. What layers check themselves is left to them. @throws {OptionError} */
export function netConfig(op: string, options: GroupAttentionNetOptions): GroupAttentionNetConfig {
  const { imageChannels = 1, classes, channels = 20, blocks = [2, 3], heads = 9 } = checkOptions(op, options, names);
  const { encoding = 'exact', groupEncoding = 'table', encodingEps = 1e-5, norm = 'orbit', normEps = 1e-5 } = options;
  const { activation = 'swish', normBetweenLayers = false, poolAfterLifting = false, poolLast = false } = options;
  const {
    inputDropout = 0,
    attentionDropout = 0,
    valueDropout = 0,
    poolDropout = 0,
    orbitSharedDropout = false,
  } = options;
  const { spatialPool = 'mean', groupPool = 'max', initScale = Math.SQRT2, strict = false, restrict } = options;
  const counts = { imageChannels, classes, channels, heads };
  for (const [name, value] of Object.entries(counts)) requireCount(op, name, value);
  const rates = { inputDropout, attentionDropout, valueDropout, poolDropout };
  for (const [name, value] of Object.entries(rates)) requireWithin(op, name, value, 0, 1);
  const flags = { normBetweenLayers, poolAfterLifting, poolLast, orbitSharedDropout, strict };
  for (const [name, value] of Object.entries(flags)) requireFlag(op, name, value);
  const isList = Array.isArray(blocks) && blocks.every((count) => Number.isSafeInteger(count) && count >= 0);
  if (!isList) throw new OptionError(`${op}: blocks must be whole numbers from 0, got ${quote(blocks)}`);
  requireRng(op, options.rng);
  const { patch, liftingPatch = patch, neighbourhood, groupIndex } = options;
  return {
    group: groupFrom(op, options.group),
    size: sidesOf(op, options.size),
    ...{ ...counts, blocks, patch, liftingPatch, neighbourhood, groupIndex, ...rates, ...flags },
    expansion: eachOf(op, 'expansion', options.expansion ?? 1, blocks.length),
    crop: eachOf<CropWidth>(
      op,
      'crop',
      options.crop ?? 0,
      blocks.reduce((sum, count) => sum + count, 0),
    ),
    ...{ encoding, groupEncoding, norm, activation, spatialPool, groupPool, initScale },
    encodingEps: requireFrom(op, 'encodingEps', encodingEps),
    normEps: requireFrom(op, 'normEps', normEps),
    restrict: restrict && requireRestrict(op, restrict, blocks.length),
  };
}

/** One of each. @throws {OptionError} for a list of another length */
function eachOf<T>(op: string, name: string, value: number | readonly T[], count: number): readonly T[] {
  if (!Array.isArray(value))
    return new Array<T>(count).fill(requireCount(op, name, value as number, name === 'crop' ? 0 : 1) as T);
  if (value.length === count) return value as readonly T[];
  throw new OptionError(`${op}: ${name} must be one number, or a list of ${count}, got ${quote(value)}`);
}

function requireRestrict(
  op: string,
  { afterBlock, elements }: { readonly afterBlock: number; readonly elements: readonly number[] },
  blocks: number,
): { readonly afterBlock: number; readonly elements: readonly number[] } {
  requireCount(op, 'restrict.afterBlock', afterBlock, 0, blocks - 1);
  if (Array.isArray(elements)) return { afterBlock, elements };
  throw new OptionError(`${op}: restrict.elements must be elements of the group, got ${quote(elements)}`);
}
