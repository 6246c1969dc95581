/** The residual by layer (the paper's Figure 2): how far the tokens of a transformer are from one, from its embeddings to its output. */
import { breather } from '@saccade/nn';
import { checkOptions, dispose, keep, requireFlag, requireOneOf, scope, type Tensor } from '@saccade/tensor';
import { allFinite, NotFiniteError } from '../model/finite.js';
import type { Embedded, RankModel } from '../model/rank-model.js';
import { runLayer } from '../model/run-layer.js';
import { type Parts, partsOf, type Variant, withParts } from '../model/variant.js';
import type { Center } from '../residual/residual.js';
import { amplifiedTokens } from './amplified.js';
import { type CurvePoint, pointOf } from './curve-point.js';
import { measuresOf, tokensOf } from './measures.js';
import { type SampleOptions, type Samples, statesOf } from './states.js';

/** How to measure. */
export interface ResidualCurveOptions extends SampleOptions {
  /** What tokens are compared with. Default: their mean, as the release does. */
  readonly center?: Center | undefined;
  /** Parts that run. Default: all. */
  readonly variant?: Variant | undefined;
  /** Also stable rank, entropy rank and spectrum, which take longer. Default false. */
  readonly ranks?: boolean | undefined;
  /** Whether values that are not finite are an error (default), or end the curve where they appear. */
  readonly onNonFinite?: 'throw' | 'report' | undefined;
  /** Called before each layer. */
  readonly onProgress?: ((done: { readonly layer: number; readonly layers: number }) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** The curve. */
export interface ResidualCurve {
  readonly center: Center;
  readonly samples: number;
  /** From the states before the first layer (0) to those behind the last. */
  readonly points: readonly CurvePoint[];
  /** With `onNonFinite: 'report'`: what ended the curve early, and the layer, from 0, that was to come. */
  readonly stopped?: { readonly layer: number; readonly reason: string };
}

const names = ['center', 'variant', 'ranks', 'onNonFinite', 'onProgress', 'signal', 'mask'] as const;
const op = 'residualCurve';

/**
 * |res(X^l)|_{1,inf} / |X^l|_{1,inf} for l = 0 ... layers, and other measures of how uniform tokens are, in float64 from the states in the model's own type. Layers are
 * loaded one at a time; the norm behind the last is not part of the curve. Nearer to 0 than 64 times the rounding of the states a ratio says nothing: such points are
 * marked `atFloor`, and `trackResidual` goes below. Causal models collapse towards their first token, which sees itself alone.
 * @param samples token ids of one text or several, images, or states [tokens, channels] or [batch, tokens, channels]
 * @throws {OptionError} for samples the model cannot take, a sample that is padding alone, and weights, tokens or outputs that are not finite, with their layer and name
 * @throws {ShapeError} for states or a mask of another shape
 */
export async function residualCurve(
  model: RankModel,
  samples: Samples,
  options: ResidualCurveOptions = {},
): Promise<ResidualCurve> {
  const { mask, onProgress, signal, ...given } = checkOptions(op, options, names);
  const { center = 'mean', variant = 'transformer', ranks = false, onNonFinite = 'throw' } = given;
  requireOneOf(op, 'center', center, ['mean', 'median', 'midrange']);
  requireOneOf(op, 'onNonFinite', onNonFinite, ['throw', 'report']);
  requireFlag(op, 'ranks', ranks);
  const parts = partsOf(op, variant);
  return await scope(async () => {
    const breathe = breather();
    const points: CurvePoint[] = [];
    const curve = (): ResidualCurve => ({ center, samples: points[0]?.ratio.values.length ?? 0, points });
    try {
      let now = await statesOf(op, model, samples, { mask });
      const seen = await now.keyMask?.data();
      points.push(await measured(0, now.states, 0, seen, center, ranks));
      for (let layer = 0; layer < model.depth; layer++) {
        await breathe();
        signal?.throwIfAborted();
        onProgress?.({ layer, layers: model.depth });
        const { states, amplified } = await passed(model, layer, parts, now);
        now.states.dispose();
        now = { ...now, states };
        points.push(await measured(layer + 1, states, amplified, seen, center, ranks));
      }
      return curve();
    } catch (error) {
      if (onNonFinite === 'throw' || !(error instanceof NotFiniteError)) throw error;
      return { ...curve(), stopped: { layer: Math.max(0, points.length - 1), reason: error.message } };
    }
  });
}

/** The states behind a layer. @throws {NotFiniteError} */
async function passed(
  model: RankModel,
  layer: number,
  parts: Parts,
  { states, keyMask }: Embedded,
): Promise<{ readonly states: Tensor; readonly amplified: number }> {
  const counts: Tensor[] = [];
  try {
    const next = await model.withLayer(layer, (weights) =>
      runLayer(states, withParts(weights, parts), keyMask, (x, norm) =>
        counts.push(keep(amplifiedTokens(x, norm, keyMask))),
      ),
    );
    if (!(await allFinite(next))) throw new NotFiniteError(`${op}: layer ${layer}: its output must be finite`);
    const found = await Promise.all(counts.map((count) => count.data()));
    return { states: next, amplified: found.reduce((sum, [count]) => sum + Number(count), 0) };
  } finally {
    dispose(counts);
  }
}

async function measured(
  layer: number,
  states: Tensor,
  amplified: number,
  seen: ArrayLike<number> | undefined,
  center: Center,
  ranks: boolean,
): Promise<CurvePoint> {
  const [batch, tokens, channels] = states.shape as [number, number, number];
  const values = (await states.data()) as ArrayLike<number>;
  const { dtype } = states;
  const samples = Array.from({ length: batch }, (_, i) =>
    measuresOf(tokensOf(values, [batch, tokens, channels], i, seen), center, ranks, dtype),
  );
  return pointOf(layer, samples, dtype, amplified);
}
