/** A model's output as sums of contributions, in numbers. */
import { abs, concat, max, mul, reshape, scope, sub, sum, type Tensor } from '@saccade/tensor';
import type { ByPlace } from './by-place.js';
import type { Source, SourceLengths } from './by-source.js';
import { type Contribution, contributionsOf } from './contribution.js';
import { addLengths } from './length-recursion.js';

/** What is asked beside lengths: through each head; through each layer; by the first layer whose heads are used; by the last. */
export type PathPlace = 'head' | 'layer' | 'first' | 'last';

/** Paths of one length, over all sources. */
export interface LengthContribution extends Contribution {
  readonly length: number;
}

/** Paths that begin with one source. */
export interface SourceContribution extends Contribution, Source {
  /** By length, from 0. */
  readonly lengths: readonly Contribution[];
  /** [lengths, tokens, channels]. */
  readonly byLength: Tensor;
}

/** Paths through a place. */
export interface PlaceContribution extends Contribution {
  /** Undefined for paths through no head at all. */
  readonly layer: number | undefined;
  readonly head?: number;
}

/** Whether contributions add up to what the model gives. */
export interface SumCheck {
  /** Largest difference, relative to the largest value of the output. */
  readonly error: number;
  /** 1e-5 in float32, 1e-12 in float64. */
  readonly bound: number;
  readonly holds: boolean;
}

/** The output as a sum. Its tensors are the caller's to dispose. */
export interface PathContributions {
  readonly lengths: readonly LengthContribution[];
  readonly sources: readonly SourceContribution[];
  readonly heads?: readonly PlaceContribution[];
  readonly layers?: readonly PlaceContribution[];
  readonly first?: readonly PlaceContribution[];
  readonly last?: readonly PlaceContribution[];
  /** All sources together: [lengths, tokens, channels]. */
  readonly byLength: Tensor;
  /** What the model gives: [tokens, channels]. */
  readonly output: Tensor;
  /** Of lengths, and of `first` and `last` where they were asked for. Undefined with `heads`. */
  readonly check?: SumCheck;
}

/** What goes through the layers. @internal */
export interface Carried {
  readonly sources: readonly SourceLengths[];
  readonly past: Tensor | undefined;
  readonly head: ByPlace;
  readonly first: ByPlace;
  readonly last: ByPlace;
}

/** @internal @param whole whether nothing was left out, so that all must add up */
export async function reported(
  { sources, past, head, first, last }: Carried,
  output: Tensor,
  by: readonly PathPlace[],
  whole: boolean,
): Promise<PathContributions> {
  const byLength = scope(() => mul(sources.map((one) => one.byLength).reduce(addLengths), 1));
  const withPast = (ends: ByPlace): ByPlace => ends && concat([reshape(past as Tensor, [1, ...output.shape]), ends], 0);
  const [firsts, lasts] = [withPast(first), withPast(last)];
  const depth = (byLength.shape[0] as number) - 1;
  const [heads, layers] = [by.includes('head') ? head : undefined, by.includes('layer') ? head : undefined];
  return {
    lengths: (await contributionsOf(byLength, output)).map((one, length) => ({ length, ...one })),
    sources: await inTurn(sources, (one) => sourceContribution(one, output)),
    ...(heads && { heads: await throughHeads(heads, output, (heads.shape[0] as number) / depth) }),
    ...(layers && { layers: await throughLayers(layers, output, depth) }),
    ...(firsts && { first: await atEnds(firsts, output) }),
    ...(lasts && { last: await atEnds(lasts, output) }),
    byLength,
    output,
    ...(whole && { check: await sumCheck([byLength, firsts, lasts], output) }),
  };
}

async function inTurn<A, B>(list: readonly A[], f: (a: A) => Promise<B>): Promise<B[]> {
  const results: B[] = [];
  for (const one of list) results.push(await f(one));
  return results;
}

async function sourceContribution(one: SourceLengths, output: Tensor): Promise<SourceContribution> {
  const { byLength, ...source } = one;
  const whole = scope(() => sum(byLength, { axis: 0, keepDims: true }));
  const [contribution] = (await contributionsOf(whole, output)) as [Contribution];
  return { ...source, ...contribution, lengths: await contributionsOf(byLength, output), byLength };
}

async function throughHeads(byHead: Tensor, output: Tensor, heads: number): Promise<PlaceContribution[]> {
  const all = await contributionsOf(byHead, output);
  return all.map((one, i) => ({ layer: Math.floor(i / heads), head: i % heads, ...one }));
}

async function throughLayers(byHead: Tensor, output: Tensor, layers: number): Promise<PlaceContribution[]> {
  const byLayer = scope(() => sum(reshape(byHead, [layers, -1, ...output.shape]), { axis: 1 }));
  return (await contributionsOf(byLayer, output)).map((one, layer) => ({ layer, ...one }));
}

async function atEnds(ends: Tensor, output: Tensor): Promise<PlaceContribution[]> {
  return (await contributionsOf(ends, output)).map((one, i) => ({ layer: i === 0 ? undefined : i - 1, ...one }));
}

/** Compares sums of parts with the output. */
async function sumCheck(sums: readonly ByPlace[], output: Tensor): Promise<SumCheck> {
  const largest = await numberOf(() => max(abs(output)));
  let error = 0;
  for (const parts of sums) {
    if (parts === undefined) continue;
    const difference = await numberOf(() => max(abs(sub(sum(parts, { axis: 0 }), output))));
    error = Math.max(error, largest > 0 ? difference / largest : difference);
  }
  const bound = output.dtype === 'float64' ? 1e-12 : 1e-5;
  return { error, bound, holds: error <= bound };
}

async function numberOf(f: () => Tensor): Promise<number> {
  const t = scope(f);
  const [value] = await t.data();
  t.dispose();
  return Number(value);
}
