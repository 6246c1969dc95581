/** What single paths make of the tokens, with attention held as in the forward pass (the paper's P_path X W_path). */
import { checkOptions, concat, gather, OptionError, quote, reshape, scope, type Tensor, tensor } from '@saccade/tensor';
import { applyFrozenNorm } from '../model/norm.js';
import type { ModelInput, RankModel } from '../model/rank-model.js';
import { attendByHead, attendFrozen, type FrozenLayer, finish, headOf, pastHeads } from './frozen-layer.js';
import type { Path } from './path-sampler.js';
import { type PassOptions, passNames, reduceLayers } from './reduce-layers.js';

const op = 'followPaths';

/**
 * P_path X W_path of each path: [paths, tokens, channels], with what norms do on the way. Where `rerunPaths` computes attention from a path's own tokens, here it is that of
 * the full pass. Takes memory for as many sequences as there are paths.
 * @param tokens one text as ids, an image, or states [tokens, channels]
 * @param paths for each layer a head, the number of heads to pass them by, or -1 for all heads at once
 * @throws {OptionError} for a path that has not one entry a layer, an entry that is no head, with its layer, and what `pathContributions` refuses @throws {ShapeError}
 */
export async function followPaths(
  model: RankModel,
  tokens: ModelInput,
  paths: readonly Path[],
  options: PassOptions = {},
): Promise<Tensor> {
  const pass = checkOptions(op, options, passNames);
  requirePaths(paths, model.depth);
  return await scope(async () => {
    const start = (states: Tensor): Tensor => repeated(states, paths.length);
    const step = (stack: Tensor, layer: FrozenLayer): Tensor => alongPaths(op, stack, layer, paths);
    const { carried, finalNorm } = await reduceLayers(op, model, tokens, pass, start, step);
    return finalNorm === undefined ? carried : applyFrozenNorm(carried, finalNorm);
  });
}

function requirePaths(paths: readonly Path[], depth: number): void {
  if (!Array.isArray(paths) || paths.length === 0) {
    throw new OptionError(`${op}: paths must be a list of at least one path, got ${quote(paths)}`);
  }
  for (const [i, path] of paths.entries()) {
    if (Array.isArray(path) && path.length === depth) continue;
    throw new OptionError(`${op}: path ${i} must have an entry for each of the ${depth} layers, got ${quote(path)}`);
  }
}

/** The same tokens for each of several paths. */
export function repeated(states: Tensor, count: number): Tensor {
  return scope(() =>
    gather(
      reshape(states, [1, ...states.shape]),
      tensor(new Array<number>(count).fill(0), { dtype: 'int32', device: states.device }),
    ),
  );
}

/** The next layer of each path: those through one head together. */
export function alongPaths(name: string, stack: Tensor, layer: FrozenLayer, paths: readonly Path[]): Tensor {
  return scope(() => {
    const groups = new Map<number, number[]>();
    for (const [i, path] of paths.entries()) {
      const head = path[layer.index] as number;
      const group = groups.get(head);
      if (group === undefined) groups.set(head, [i]);
      else group.push(i);
    }
    const indices = (list: readonly number[]): Tensor => tensor([...list], { dtype: 'int32', device: stack.device });
    const parts = [...groups].map(([head, members]) => through(name, gather(stack, indices(members)), layer, head));
    const order = [...groups.values()].flat();
    const places = new Array<number>(order.length);
    for (const [at, i] of order.entries()) places[i] = at;
    return gather(concat(parts, 0), indices(places));
  });
}

function through(name: string, stack: Tensor, layer: FrozenLayer, head: number): Tensor {
  const heads = layer.weights.shape[0] as number;
  if (head === heads) return pastHeads(layer, stack);
  if (head === -1) return finish(layer, attendFrozen(layer, stack));
  if (!Number.isSafeInteger(head) || head < 0 || head > heads) {
    const wanted = `a head in [0, ${heads - 1}], ${heads} to pass them by, or -1 for all heads`;
    throw new OptionError(`${name}: layer ${layer.index} of a path must be ${wanted}, got ${quote(head)}`);
  }
  return finish(layer, reshape(attendByHead(headOf(layer, head), stack), stack.shape));
}
