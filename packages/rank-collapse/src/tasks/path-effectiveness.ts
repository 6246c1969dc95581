/** What paths of each length can do on their own (the paper's figure 4). */

import { inference } from '@saccade/nn';
import {
  checkOptions,
  layerNorm,
  OptionError,
  quote,
  type Rng,
  requireCount,
  requireFlag,
  requireFunction,
  requireOneOf,
  requireRng,
  scope,
  stack,
  sum,
  type Tensor,
} from '@saccade/tensor';
import { modelOf } from '../model/model-of.js';
import { createPaths, rerunPaths } from '../network/rerun-paths.js';
import type { SelfAttentionNetwork } from '../network/self-attention-network.js';
import { followPaths } from '../paths/follow-paths.js';
import type { Path } from '../paths/path-sampler.js';
import type { TokenTask } from './task.js';
import { tokenAccuracy } from './token-accuracy.js';

/** Options of `pathEffectiveness`. */
export interface PathEffectivenessOptions {
  /** Draws the paths. */
  readonly rng: Rng;
  /** Layers that the paths go through. Default: 0 to the depth of the network. */
  readonly lengths?: readonly number[] | undefined;
  /** Paths that answer together. Default 5; the paper has 20, too. */
  readonly paths?: number | undefined;
  /** How often other paths are drawn. Default 5. */
  readonly repeats?: number | undefined;
  /**
   * Where the attention of a path comes from: `reRun`, from the path's own tokens, as in the release (default); `frozen`, from the full pass, as in the paper's Theorem 2.1,
   * where what paths contribute adds up to the output.
   */
  readonly mode?: 'reRun' | 'frozen' | undefined;
  /** With `reRun`: whether a path takes the input of a layer along, as `rerunPaths`. Default false. */
  readonly skip?: boolean | undefined;
  /** Called with the share that is done; awaited. */
  readonly onProgress?: ((done: number) => unknown) | undefined;
  /** Ends the run between two sets of paths. */
  readonly signal?: AbortSignal | undefined;
}

/** The accuracy of paths of one length. */
export interface LengthEffectiveness {
  readonly length: number;
  /** Mean over the repeats. */
  readonly mean: number;
  /** Standard deviation of the repeats around it, by n - 1; undefined for one repeat. */
  readonly deviation: number | undefined;
  /** Of each repeat. */
  readonly accuracies: readonly number[];
}

const names = ['rng', 'lengths', 'paths', 'repeats', 'mode', 'skip', 'onProgress', 'signal'] as const;

/**
 * The accuracy on the test examples of a task of some random paths together, length by length.
 * @throws {OptionError} for a length outside [0, depth] of the network, naming it
 */
export async function pathEffectiveness(
  network: SelfAttentionNetwork,
  task: TokenTask,
  options: PathEffectivenessOptions,
): Promise<LengthEffectiveness[]> {
  const op = 'pathEffectiveness';
  const { paths = 5, repeats = 5, mode = 'reRun', skip = false, onProgress, signal } = checkOptions(op, options, names);
  const rng = requireRng(op, options.rng);
  const { depth, heads } = network.config;
  const { lengths = Array.from({ length: depth + 1 }, (_, length) => length) } = options;
  if (!Array.isArray(lengths) || lengths.length === 0) {
    throw new OptionError(`${op}: lengths must be a list of at least one length, got ${quote(lengths)}`);
  }
  for (const length of lengths) requireCount(op, 'length', length, 0, depth);
  requireCount(op, 'paths', paths);
  requireCount(op, 'repeats', repeats);
  requireOneOf(op, 'mode', mode, ['reRun', 'frozen']);
  requireFlag(op, 'skip', skip);
  if (onProgress !== undefined) requireFunction(op, onProgress);
  const found: LengthEffectiveness[] = [];
  for (const length of lengths) {
    const accuracies: number[] = [];
    for (let repeat = 0; repeat < repeats; repeat++) {
      signal?.throwIfAborted();
      const drawn = createPaths({ depth, heads, length, count: paths, rng });
      accuracies.push(await accuracyOf(network, task, drawn, mode, skip, signal));
      await onProgress?.((found.length * repeats + repeat + 1) / (lengths.length * repeats));
    }
    found.push({ length, accuracies, ...spread(accuracies) });
  }
  return found;
}

async function accuracyOf(
  network: SelfAttentionNetwork,
  { test }: TokenTask,
  paths: readonly Path[],
  mode: 'reRun' | 'frozen',
  skip: boolean,
  signal: AbortSignal | undefined,
): Promise<number> {
  if (mode === 'reRun')
    return await tokenAccuracy(test, (inputs) => rerunPaths(network, inputs, paths, { skip }), signal);
  return await tokenAccuracy(test, (inputs) => frozenLogits(network, inputs, paths), signal);
}

/** Logits of what paths contribute, summed and normalised as `rerunPaths` does it, text by text as each has attention of its own. */
async function frozenLogits(network: SelfAttentionNetwork, inputs: Tensor, paths: readonly Path[]): Promise<Tensor> {
  const model = modelOf(network);
  const sums: Tensor[] = [];
  for (let i = 0; i < (inputs.shape[0] as number); i++) {
    sums.push(await scope(async () => sum(await followPaths(model, inputs.at(`${i}:${i + 1}`), paths), { axis: 0 })));
  }
  const { classifier, config } = network;
  return inference(network, () => classifier.forward(layerNorm(stack(sums), { epsilon: config.epsilon })));
}

function spread(values: readonly number[]): Pick<LengthEffectiveness, 'mean' | 'deviation'> {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, deviation: values.length > 1 ? Math.sqrt(squares / (values.length - 1)) : undefined };
}
