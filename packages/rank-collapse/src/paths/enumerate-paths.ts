/** Every path by itself, for networks that have few: what the recursion is checked against. */
import {
  checkOptions,
  concat,
  OptionError,
  requireCount,
  requireFunction,
  reshape,
  scope,
  type Tensor,
} from '@saccade/tensor';
import { applyFrozenNorm } from '../model/norm.js';
import type { ModelInput, RankModel } from '../model/rank-model.js';
import { attendByHead, type FrozenLayer, finish, pastHeads } from './frozen-layer.js';
import type { Path } from './path-sampler.js';
import { type PassOptions, passNames, reduceLayers } from './reduce-layers.js';

/** How to enumerate. */
export interface EnumeratePathsOptions extends PassOptions {
  /** Paths that are worth it. Default 1,000,000. */
  readonly limit?: number | undefined;
}

const op = 'enumeratePaths';

/** Values of stacks that are held at once. */
const heldValues = 2 ** 22;

/**
 * Calls `visit` with what each path makes of the tokens, P_path X W_path [tokens, channels], in the order of the first layers' heads, passing by last. The tensor is freed when
 * `visit` returns.
 * @param tokens one text as ids, an image, or states [tokens, channels]
 * @returns how many paths there were
 * @throws {OptionError} for more paths than `limit`, and what `pathContributions` refuses @throws {ShapeError}
 */
export async function enumeratePaths(
  model: RankModel,
  tokens: ModelInput,
  visit: (path: Path, contribution: Tensor) => void,
  options: EnumeratePathsOptions = {},
): Promise<number> {
  const { limit = 1_000_000, ...pass } = checkOptions(op, options, [...passNames, 'limit']);
  requireFunction(op, visit);
  requireCount(op, 'limit', limit);
  return await scope(async () => {
    const gather = (layers: readonly FrozenLayer[], layer: FrozenLayer): FrozenLayer[] => [...layers, layer];
    const { carried, finalNorm } = await reduceLayers(
      op,
      model,
      tokens,
      pass,
      (states) => ({ states, layers: [] as FrozenLayer[] }),
      (all, layer) => ({ states: all.states, layers: gather(all.layers, layer) }),
    );
    const { states, layers } = carried;
    const paths = layers.reduce((count, layer) => count * choicesOf(layer), 1);
    if (paths > limit) {
      throw new OptionError(
        `${op}: there are ${paths.toPrecision(3)} paths, more than the limit of ${limit}: pathContributions sums them exactly without enumerating them, samplePaths draws some`,
      );
    }
    const tell = (path: Path, out: Tensor): void =>
      visit(path, finalNorm === undefined ? out : applyFrozenNorm(out, finalNorm));
    expand(reshape(states, [1, ...states.shape]), [[]], layers, tell, pass.signal);
    return paths;
  });
}

function choicesOf({ weights, skip }: FrozenLayer): number {
  return (weights.shape[0] as number) + (skip ? 1 : 0);
}

/** Paths that have come to the first of the layers. @param stack [paths, tokens, channels] */
function expand(
  stack: Tensor,
  paths: readonly Path[],
  [layer, ...rest]: readonly FrozenLayer[],
  tell: (path: Path, out: Tensor) => void,
  signal: AbortSignal | undefined,
): void {
  signal?.throwIfAborted();
  if (layer === undefined) {
    for (const [i, path] of paths.entries()) scope(() => tell(path, stack.at(i)));
    return;
  }
  const [, tokens, channels] = stack.shape as [number, number, number];
  const choices = choicesOf(layer);
  const together = Math.max(1, Math.floor(heldValues / (choices * tokens * channels)));
  for (let from = 0; from < paths.length; from += together) {
    const own = paths.slice(from, from + together);
    scope(() => {
      const next = longer(stack.at(`${from}:${from + own.length}`), layer);
      const all = own.flatMap((path) => Array.from({ length: choices }, (_, i) => [...path, i]));
      expand(next, all, rest, tell, signal);
    });
  }
}

/** Each of the stack through each head, and past them: [paths choices, tokens, channels]. */
function longer(stack: Tensor, layer: FrozenLayer): Tensor {
  return scope(() => {
    const [paths, tokens, channels] = stack.shape as [number, number, number];
    const byHead = finish(layer, attendByHead(layer, stack));
    const past = layer.skip ? [reshape(pastHeads(layer, stack), [paths, 1, tokens, channels])] : [];
    return reshape(concat([byHead, ...past], 1), [-1, tokens, channels]);
  });
}
