/** Attention flow (Abnar and Zuidema 2020): how much could flow from a token to each input token, if attention were the width of pipes. */
import { breather } from '@saccade/nn';
import { checkOptions, type Matrix, matrix, OptionError, quote, scope, type Tensor } from '@saccade/tensor';
import { joined, linksOf, type RolloutOptions, rolloutNames } from './links.js';
import { type FlowGraph, FlowNetwork } from './max-flow.js';

/** Options of `attentionFlow`. */
export interface AttentionFlowOptions extends RolloutOptions {
  /** Tokens of the last layer to begin from, as each takes as many flows as there are input tokens. Default: all. */
  readonly from?: number | readonly number[] | undefined;
  /** Stops between two flows. */
  readonly signal?: AbortSignal | undefined;
  /** Called with the share that is done, after each flow. */
  readonly onProgress?: ((done: number) => void) | undefined;
}

const op = 'attentionFlow';

/**
 * The greatest flow from tokens of the last layer to each input token, in float64. The graph has a node for each token of each layer and one for each input
 * token; the edge from token i after layer l to token j before it can carry ((1 - r) A_l + r I)_ij. It is the graph whose paths rollout sums over; flow takes the
 * narrowest link of each path where rollout takes the product, and shares links between paths.
 * @param attention [heads, tokens, tokens] of each layer, the first one first
 * @param options `from`; `heads`, `residual` and `discard` as of `attentionRollout`; `signal`, `onProgress`
 * @returns [tokens of `from`, input tokens], each value in [0, 1] up to the rounding of the weights
 * @throws {OptionError} for options out of range, tokens that there are not, and weights that are negative or not finite @throws {ShapeError} @throws the signal's reason
 */
export async function attentionFlow(attention: readonly Tensor[], options: AttentionFlowOptions = {}): Promise<Matrix> {
  const { from, signal, onProgress, ...rollout } = checkOptions(op, options, [
    ...rolloutNames,
    'from',
    'signal',
    'onProgress',
  ]);
  signal?.throwIfAborted();
  const layers = await scope(async () => {
    const read = linksOf(op, attention, rollout).map(async (links) => Float64Array.from(await joined(links).data()));
    return Promise.all(read);
  });
  const tokens = Math.sqrt(layers[0]!.length);
  const starts = startsOf(from, tokens);
  await requireWeights(attention);
  const network = new FlowNetwork(graphOf(layers, tokens));
  const flows = matrix(starts.length, tokens);
  const pause = breather();
  for (const [row, start] of starts.entries()) {
    for (let input = 0; input < tokens; input++) {
      signal?.throwIfAborted();
      const place = row * tokens + input;
      flows.data[place] = network.maxFlow(layers.length * tokens + start, input).value;
      onProgress?.((place + 1) / flows.data.length);
      await pause();
    }
  }
  return flows;
}

/** @throws {OptionError} unless they are tokens */
function startsOf(from: number | readonly number[] | undefined, tokens: number): readonly number[] {
  if (from === undefined) return Array.from({ length: tokens }, (_, i) => i);
  const starts = typeof from === 'number' ? [from] : from;
  const isToken = (token: number): boolean => Number.isSafeInteger(token) && token >= 0 && token < tokens;
  if (Array.isArray(starts) && starts.length > 0 && starts.every(isToken)) return starts;
  throw new OptionError(`${op}: from must be whole numbers in [0, ${tokens - 1}], got ${quote(from)}`);
}

/** @throws {OptionError} */
async function requireWeights(attention: readonly Tensor[]): Promise<void> {
  for (const [layer, weights] of attention.entries()) {
    const bad = (await weights.data()).find((value) => !(value >= 0 && value < Number.POSITIVE_INFINITY));
    if (bad === undefined) continue;
    throw new OptionError(`${op}: attention of layer ${layer + 1} must be weights from 0 that are finite, got ${bad}`);
  }
}

/** Token i after layer l is node l tokens + i, input tokens are the first. Links of weight 0 are none. */
function graphOf(layers: readonly Float64Array[], tokens: number): FlowGraph {
  const [from, to, capacity]: number[][] = [[], [], []];
  for (const [l, weights] of layers.entries()) {
    for (const [place, weight] of weights.entries()) {
      if (weight === 0) continue;
      from!.push((l + 1) * tokens + Math.floor(place / tokens));
      to!.push(l * tokens + (place % tokens));
      capacity!.push(weight);
    }
  }
  return { nodes: (layers.length + 1) * tokens, from: from!, to: to!, capacity: capacity! };
}
