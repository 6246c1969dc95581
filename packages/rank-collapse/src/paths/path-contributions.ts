/** What each path length, head and layer contributes to a transformer's output, exactly. */
import {
  add,
  broadcastTo,
  checkOptions,
  OptionError,
  quote,
  requireFlag,
  requireOneOf,
  reshape,
  scope,
  type Tensor,
  tensor,
} from '@saccade/tensor';
import { applyFrozenNorm, type FrozenNorm } from '../model/norm.js';
import type { ModelInput, RankModel } from '../model/rank-model.js';
import { type ByPlace, byFirst, byHead, byLast, pastAll } from './by-place.js';
import { inject, throughLayer, tokensAlone } from './by-source.js';
import { type Carried, type PathContributions, type PathPlace, reported } from './contribution-report.js';
import type { FrozenLayer } from './frozen-layer.js';
import { type PassOptions, passNames, reduceLayers } from './reduce-layers.js';

/** What to compute. */
export interface PathContributionsOptions extends PassOptions {
  /** Further ways to cut the sum; `head` and `layer` take longest. Default: none. */
  readonly by?: readonly PathPlace[] | undefined;
  /** Whether sources of different layers are told apart. Default false. */
  readonly sourcesByLayer?: boolean | undefined;
  /** Heads that paths may take in each layer: lengths of all others are left out, and nothing adds up to the output. Default: all. */
  readonly heads?: readonly (readonly number[])[] | undefined;
}

const op = 'pathContributions';
const names = [...passNames, 'by', 'sourcesByLayer', 'heads'] as const;

/**
 * The output of a transformer as a sum over paths through its heads, with attention, the norms' scales and the outputs of perceptrons held as in the forward pass
 * (Theorem 2.1, for what real layers have beside attention): by recursion, for all (heads + 1)^layers paths at once. Layers are loaded one at a time.
 * @param tokens one text as ids, an image, or states [tokens, channels]
 * @throws {OptionError} for several texts, heads that are not there, and weights that are not finite @throws {ShapeError}
 */
export async function pathContributions(
  model: RankModel,
  tokens: ModelInput,
  options: PathContributionsOptions = {},
): Promise<PathContributions> {
  const { by = [], sourcesByLayer = false, heads, ...pass } = checkOptions(op, options, names);
  requireFlag(op, 'sourcesByLayer', sourcesByLayer);
  requirePlaces(by);
  if (heads !== undefined) requireHeads(heads, model.depth);
  const wants = (place: PathPlace): boolean => by.includes(place);
  const ends = wants('first') || wants('last');
  return await scope(async () => {
    const start = (states: Tensor): Carried => ({
      sources: tokensAlone(states),
      past: ends ? reshape(states, states.shape) : undefined,
      head: undefined,
      first: undefined,
      last: undefined,
    });
    const step = (carried: Carried, layer: FrozenLayer): Carried => ({
      sources: throughLayer(carried.sources, layer, sourcesByLayer, heads && chosenHeads(heads, layer)),
      past: carried.past && pastAll(carried.past, layer),
      head: wants('head') || wants('layer') ? byHead(carried.head, layer) : undefined,
      first: wants('first') ? byFirst(carried.first, carried.past as Tensor, layer) : undefined,
      last: wants('last') ? byLast(carried.last, layer) : undefined,
    });
    const { carried, output, finalNorm } = await reduceLayers(op, model, tokens, pass, start, step);
    return await reported(behindNorm(carried, finalNorm, sourcesByLayer), output, by, heads === undefined);
  });
}

/** The norm behind the last layer, which adds its shift. */
function behindNorm(carried: Carried, norm: FrozenNorm | undefined, apart: boolean): Carried {
  if (norm === undefined) return carried;
  const through = (t: ByPlace): ByPlace => t && applyFrozenNorm(t, norm);
  const sources = carried.sources.map((one) => ({ ...one, byLength: applyFrozenNorm(one.byLength, norm) }));
  const past = through(carried.past);
  const { shift } = norm.norm;
  if (shift !== undefined) {
    const rows = broadcastTo(shift, norm.scales.shape.slice(0, -1).concat(shift.shape));
    inject(sources, { source: 'norm shift', ...(apart && { layer: -1 }) }, rows, 0);
  }
  return {
    sources,
    past: past && shift ? add(past, shift) : past,
    head: through(carried.head),
    first: through(carried.first),
    last: through(carried.last),
  };
}

/** @throws {OptionError} */
function requirePlaces(by: readonly PathPlace[]): void {
  const known: readonly PathPlace[] = ['head', 'layer', 'first', 'last'];
  if (!Array.isArray(by)) throw new OptionError(`${op}: by must be a list of ${known.join(', ')}, got ${quote(by)}`);
  for (const place of by as readonly PathPlace[]) requireOneOf(op, 'by', place, known);
}

/** @throws {OptionError} unless there is a list of heads for each layer */
function requireHeads(heads: readonly (readonly number[])[], layers: number): void {
  if (Array.isArray(heads) && heads.length === layers && heads.every((list) => Array.isArray(list))) return;
  throw new OptionError(`${op}: heads must be a list of heads for each of ${layers} layers, got ${quote(heads)}`);
}

/** 1 for the heads that paths may take: [heads]. @throws {OptionError} for a head that is not there */
function chosenHeads(heads: readonly (readonly number[])[], { index, weights }: FrozenLayer): Tensor {
  const count = weights.shape[0] as number;
  const chosen = new Array<number>(count).fill(0);
  for (const head of heads[index] as readonly number[]) {
    if (!Number.isSafeInteger(head) || head < 0 || head >= count) {
      throw new OptionError(`${op}: layer ${index}: heads must be in [0, ${count}), got ${quote(head)}`);
    }
    chosen[head] = 1;
  }
  return tensor(chosen, { dtype: weights.dtype, device: weights.device });
}
