/** What each head does: where it looks on average, how widely, and whether it is a shift, a blur, global or degenerate. */
import { requireCount } from '@saccade/tensor';
import { type Neighbourhood, neighbourhood, offsetAt, type PositionHeads } from './marginals.js';

/** `shift`: half of the weight or more on one pixel. `global`: nearly even over the neighbourhood. `blur`: in between. `degenerate`: its form says that it cannot attend to a place. */
export type HeadStatus = 'shift' | 'blur' | 'global' | 'degenerate';

/** What a layer knows of a head beside its weights. */
export interface HeadFacts {
  /** Where the scores are highest, as an offset from the query that need not be whole; undefined if they are nowhere. */
  readonly center?: readonly number[] | undefined;
  /** Sharpness as in `convToAttention`, in the direction in which it is least. */
  readonly alpha?: number | undefined;
  /** Largest by smallest eigenvalue of the precision matrix. */
  readonly conditionNumber?: number | undefined;
  readonly degenerate: boolean;
  /** How much of its attention a head gives to position, where it looks at content too: 1 if it does not. */
  readonly positionShare?: number | undefined;
}

/** A head as `headReport` tells of it. Offsets are key - query along each axis. */
export interface HeadReport extends HeadFacts {
  readonly head: number;
  readonly status: HeadStatus;
  /** The mean offset. */
  readonly meanShift: readonly number[];
  /** The offset of the largest weight, the first of equal ones. */
  readonly argmaxShift: readonly number[];
  readonly maxProb: number;
  /** In nats; ln of the number of offsets for a head that looks everywhere alike. */
  readonly entropy: number;
  /** Deviation from the mean offset, the root of the mean over axes of the variance. */
  readonly peakWidth: number;
  /** Whether the centre lies halfway between pixels, which then share the weight alike, however sharp the head is. */
  readonly tied: boolean;
}

/** Weights are taken as even from this part of the largest possible entropy. */
const NEARLY_EVEN = 0.9;

/**
 * Looks at a query in the middle of an image of (2 radius + 1) pixels along each axis.
 * @param options.radius default 4 @throws {OptionError} unless it is a whole number from 0 @throws {DeviceError} on a GPU, whose memory the CPU does not see
 */
export function headReport(
  layer: PositionHeads & { headFacts(): HeadFacts[] },
  { radius = 4 }: { readonly radius?: number | undefined } = {},
): HeadReport[] {
  requireCount('headReport', 'radius', radius, 0);
  const near = neighbourhood(layer, radius);
  return layer.headFacts().map((facts, head) => reportOf(near, head, facts));
}

function reportOf(near: Neighbourhood, head: number, facts: HeadFacts): HeadReport {
  const size = near.p.length / near.heads;
  const meanShift = new Array<number>(near.dims).fill(0);
  const squares = new Array<number>(near.dims).fill(0);
  let [maxProb, argmax, entropy, all] = [0, 0, 0, 0];
  for (let i = 0; i < size; i++) {
    const p = near.p[head * size + i]!;
    all += p;
    if (p > maxProb) [maxProb, argmax] = [p, i];
    if (p > 0) entropy -= p * Math.log(p);
    for (const [axis, offset] of offsetAt(near, i).entries()) {
      meanShift[axis]! += p * offset;
      squares[axis]! += p * offset * offset;
    }
  }
  // With a sink the weights are of what it leaves.
  const mean = meanShift.map((m) => m / (all || 1));
  const variance = squares.reduce((sum, s, axis) => sum + s / (all || 1) - mean[axis]! ** 2, 0) / near.dims;
  const even = entropy >= NEARLY_EVEN * Math.log(size) && size > 1;
  return {
    head,
    ...facts,
    status: statusOf(facts.degenerate, mean, maxProb, even),
    meanShift: mean,
    argmaxShift: offsetAt(near, argmax),
    maxProb,
    entropy,
    peakWidth: Math.sqrt(Math.max(0, variance)),
    tied: facts.center?.some((c) => Math.abs(Math.abs(c - Math.trunc(c)) - 0.5) < 1e-6) ?? false,
  };
}

function statusOf(degenerate: boolean, mean: readonly number[], maxProb: number, even: boolean): HeadStatus {
  if (degenerate) return 'degenerate';
  if (maxProb >= 0.5 && mean.every((m) => Math.abs(m - Math.round(m)) < 0.25)) return 'shift';
  return even ? 'global' : 'blur';
}
