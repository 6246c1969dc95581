/** What single paths of a network answer when it is run again along each of them: the release's evaluation (the paper's section 4.2). */
import { inference } from '@saccade/nn';
import {
  add,
  checkOptions,
  layerNorm,
  OptionError,
  quote,
  type Rng,
  requireCount,
  requireFlag,
  requireRng,
  type Tensor,
} from '@saccade/tensor';
import type { Path } from '../paths/path-sampler.js';
import type { SelfAttentionNetwork } from './self-attention-network.js';

/** Options of `createPaths`. */
export interface CreatePathsOptions {
  /** Layers of the network. */
  readonly depth: number;
  readonly heads: number;
  /** Layers that each path goes through, from 0 to the depth. */
  readonly length: number;
  /** Paths to draw. Default 1. */
  readonly count?: number | undefined;
  readonly rng: Rng;
}

/** Options of `rerunPaths`. */
export interface RerunOptions {
  /**
   * Whether a path takes the input of a layer along with what the head gives. Default false, the release's `--no_sub_path`: then the norm behind the head is
   * without its scale and shift, too.
   */
  readonly skip?: boolean | undefined;
}

/**
 * Random paths of one length: a head for each layer, uniformly, and then depth - length layers, without replacement, that are passed by. All paths of the length
 * are equally likely, and the same path may come twice.
 * @throws {OptionError} for a length outside [0, depth]
 */
export function createPaths(options: CreatePathsOptions): Path[] {
  const op = 'createPaths';
  const names = ['depth', 'heads', 'length', 'count', 'rng'] as const;
  const { depth, heads, length, count = 1 } = checkOptions(op, options, names);
  const rng = requireRng(op, options.rng);
  for (const [name, value] of Object.entries({ depth, heads, count })) requireCount(op, name, value);
  requireCount(op, 'length', length, 0, depth);
  const below = (most: number): number => Math.floor(rng.number() * most);
  return Array.from({ length: count }, () => {
    const path = Array.from({ length: depth }, () => below(heads));
    const used = path.map((_, layer) => layer);
    for (let left = depth; left > length; left--) {
      for (const layer of used.splice(below(left), 1)) path[layer] = heads;
    }
    return path;
  });
}

/**
 * Logits [batch, tokens, labels] of paths together: the network runs again along each path, with attention computed from the path's own tokens and not taken from
 * the full pass; the last tokens of all paths are added up, normalised, and classified. Without dropout.
 * @param input as the network takes it
 * @throws {OptionError} for no path, a path that has not one entry a layer, and an entry that is no head, naming path and layer @throws {ShapeError} as the network
 */
export function rerunPaths(
  network: SelfAttentionNetwork,
  input: Tensor,
  paths: readonly Path[],
  options: RerunOptions = {},
): Tensor {
  const op = 'rerunPaths';
  const { skip = false } = checkOptions(op, options, ['skip']);
  requireFlag(op, 'skip', skip);
  requirePaths(op, paths, network.config);
  const { bert, classifier, config } = network;
  const { layer: layers } = bert.encoder;
  return inference(network, () => {
    const start = bert.forward(input);
    const along = (path: Path): Tensor =>
      layers.reduce((x, layer, i) => {
        const head = path[i] ?? config.heads;
        return head === config.heads ? x : layer.along(x, { head, skip });
      }, start);
    const sum = paths.slice(1).reduce((all, path) => add(all, along(path)), along(paths[0] ?? []));
    return classifier.forward(layerNorm(sum, { epsilon: config.epsilon }));
  });
}

function requirePaths(op: string, paths: readonly Path[], { depth, heads }: { depth: number; heads: number }): void {
  if (!Array.isArray(paths) || paths.length === 0) {
    throw new OptionError(`${op}: paths must be a list of at least one path, got ${quote(paths)}`);
  }
  for (const [i, path] of paths.entries()) {
    if (!Array.isArray(path) || path.length !== depth) {
      throw new OptionError(`${op}: path ${i} must have an entry for each of the ${depth} layers, got ${quote(path)}`);
    }
    const layer = path.findIndex((head) => !Number.isSafeInteger(head) || head < -1 || head > heads);
    if (layer < 0) continue;
    const wanted = `a head in [0, ${heads - 1}], ${heads} to pass the layer by, or -1 for all heads`;
    throw new OptionError(`${op}: layer ${layer} of path ${i} must be ${wanted}, got ${quote(path[layer])}`);
  }
}
