/** A layer with its attention, its norms' scales and its perceptron's output held fast as in a forward pass: what is left is linear, and paths through it can be told apart. */
import { add, matmul, mul, reshape, scope, type Tensor, transpose, zerosLike } from '@saccade/tensor';
import { applyFrozenNorm, type FrozenNorm } from '../model/norm.js';

/** The layer. */
export interface FrozenLayer {
  /** From 0. */
  readonly index: number;
  readonly order: 'pre' | 'post';
  /** P of each head: [heads, query, key]. */
  readonly weights: Tensor;
  /** W_V: [keyValueHeads dims, channels]. */
  readonly value: Tensor;
  /** W_O: [channels, heads dims]. */
  readonly output: Tensor;
  /** Value heads, each read by heads / keyValueHeads heads. */
  readonly keyValueHeads: number;
  /** Whether attention's input is added to its output. */
  readonly skip: boolean;
  /** Whether tokens go past the perceptron. */
  readonly mlpSkip: boolean;
  readonly attentionNorm?: FrozenNorm | undefined;
  /** Only where it stands behind the perceptron: one before it is a part of the perceptron. */
  readonly mlpNorm?: FrozenNorm | undefined;
  /** What heads read, X^(l-1) or its norm: [tokens, channels]. */
  readonly read: Tensor;
  /** What comes in beside the tokens. */
  readonly injections: readonly Injection[];
}

/** What no token brings along. `norm shift` is beta of the norms. */
export type SourceKind = 'tokens' | 'attention bias' | 'mlp' | 'norm shift';

/** Something that a layer adds by itself. */
export interface Injection {
  readonly source: SourceKind;
  /** Heads that it has gone through inside the layer. */
  readonly length: 0 | 1;
  /** At the layer's output: [tokens, channels]. */
  readonly states: Tensor;
}

/** P_h (Y W_V,h) of each head: a stack of tokens Y [count, tokens, channels] -> [count, heads, tokens, dims]. */
function mixHeads({ weights, value, keyValueHeads, attentionNorm, order }: FrozenLayer, stack: Tensor): Tensor {
  return scope(() => {
    const [count, tokens] = stack.shape as [number, number];
    const heads = weights.shape[0] as number;
    const dims = (value.shape[0] as number) / keyValueHeads;
    const normed = order === 'pre' && attentionNorm !== undefined ? applyFrozenNorm(stack, attentionNorm) : stack;
    const values = reshape(matmul(normed, value, { transposeB: true }), [count, tokens, keyValueHeads, dims]);
    const grouped = reshape(transpose(values, [0, 2, 1, 3]), [count, keyValueHeads, 1, tokens, dims]);
    const groups = reshape(weights, [keyValueHeads, heads / keyValueHeads, tokens, tokens]);
    return reshape(matmul(groups, grouped), [count, heads, tokens, dims]);
  });
}

/**
 * sum_h P_h Y W_h, with the norm before it: a stack of tokens Y [count, tokens, channels] -> the same.
 * @param heads 1 for the heads that paths may take and 0 for others: [heads]. Default: all
 */
export function attendFrozen(layer: FrozenLayer, stack: Tensor, heads?: Tensor): Tensor {
  return scope(() => {
    const mixed = mixHeads(layer, stack);
    const [count, all, tokens, dims] = mixed.shape as [number, number, number, number];
    const chosen = heads === undefined ? mixed : mul(mixed, reshape(heads, [all, 1, 1]));
    const joined = reshape(transpose(chosen, [0, 2, 1, 3]), [count, tokens, all * dims]);
    return matmul(joined, layer.output, { transposeB: true });
  });
}

/** P_h Y W_h of each head by itself: Y [count, tokens, channels] -> [count, heads, tokens, channels]. */
export function attendByHead(layer: FrozenLayer, stack: Tensor): Tensor {
  return scope(() => {
    const mixed = mixHeads(layer, stack);
    const [, heads, , dims] = mixed.shape as [number, number, number, number];
    const channels = layer.output.shape[0] as number;
    // W_O of each head: [heads, channels, dims].
    const outputs = transpose(reshape(layer.output, [channels, heads, dims]), [1, 0, 2]);
    return matmul(mixed, outputs, { transposeB: true });
  });
}

/** From what attention and its skip come to, to the layer's output: norms behind the sums, and past the perceptron. y [..., tokens, channels]. */
export function finish(layer: FrozenLayer, y: Tensor): Tensor {
  return scope(() =>
    pastMlp(layer, layer.order === 'post' && layer.attentionNorm ? applyFrozenNorm(y, layer.attentionNorm) : y),
  );
}

/** From between attention and the perceptron to the layer's output. */
export function pastMlp({ mlpSkip, mlpNorm }: FrozenLayer, y: Tensor): Tensor {
  return scope(() => {
    const past = mlpSkip ? y : mul(y, 0);
    return mlpNorm === undefined ? past : applyFrozenNorm(past, mlpNorm);
  });
}

/** The layer with one of its heads alone. */
export function headOf(layer: FrozenLayer, head: number): FrozenLayer {
  const { weights, value, output, keyValueHeads } = layer;
  const heads = weights.shape[0] as number;
  const dims = (value.shape[0] as number) / keyValueHeads;
  const from = Math.floor((head * keyValueHeads) / heads) * dims;
  return {
    ...layer,
    weights: weights.at(`${head}:${head + 1}`),
    value: value.at(`${from}:${from + dims}`),
    output: output.at(':', `${head * dims}:${(head + 1) * dims}`),
    keyValueHeads: 1,
  };
}

/** What each head gave in the forward pass, biases aside, at the layer's output: [heads, tokens, channels]. */
export function headTerms(layer: FrozenLayer): Tensor {
  const { read } = layer;
  // The norm before attention is in `read` already.
  const plain = { ...layer, attentionNorm: undefined };
  return scope(() => finish(layer, attendByHead(plain, reshape(read, [1, ...read.shape])).at(0)));
}

/** The layer for a stack of tokens [count, tokens, channels], without what it adds by itself: along all paths. */
export function alongAllPaths(layer: FrozenLayer, stack: Tensor): Tensor {
  return scope(() => {
    const attended = attendFrozen(layer, stack);
    return finish(layer, layer.skip ? add(attended, stack) : attended);
  });
}

/** Past the heads: y [..., tokens, channels] -> the same; zeros where attention has no skip. */
export function pastHeads(layer: FrozenLayer, y: Tensor): Tensor {
  return layer.skip ? finish(layer, y) : zerosLike(y);
}
