/** Where the taps' weights of a convolution go: into the output map, or into the value maps of the heads too. */
import { matrix, svdMatrix } from '@saccade/tensor';
import type { DenseConvolution } from '../convolution/convolution.js';

/** How the weights are shared out, as `ConvToAttentionOptions` has it. */
export type ValueKind = 'identity' | 'project' | 'lowrank';

/** The maps of an attention layer, whose products are the taps' weights. */
export interface ValueMaps {
  readonly headChannels: number | undefined;
  /** [heads, inputs, headChannels]. */
  readonly projection: Float64Array | undefined;
  /** [outputs, heads channels]. */
  readonly weight: Float64Array;
}

/** One head a tap. */
export function valueMaps(conv: DenseConvolution, values: ValueKind): ValueMaps {
  const { inputs, outputs, weight } = conv;
  const heads = weight.length / (inputs * outputs);
  if (values === 'identity') {
    return { headChannels: undefined, projection: undefined, weight: stacked(weight, heads, inputs, outputs) };
  }
  if (values === 'lowrank') return lowRankMaps(conv, heads);
  const eye = Float64Array.from({ length: outputs * outputs }, (_, i) => Number(i % (outputs + 1) === 0));
  const all = new Float64Array(heads * outputs * outputs);
  for (let h = 0; h < heads; h++) all.set(eye, h * outputs * outputs);
  return { headChannels: outputs, projection: weight, weight: stacked(all, heads, outputs, outputs) };
}

/** Maps [heads, channels, outputs] side by side: [outputs, heads channels]. */
function stacked(maps: Float64Array, heads: number, channels: number, outputs: number): Float64Array {
  const rows = heads * channels;
  const out = new Float64Array(maps.length);
  for (let r = 0; r < rows; r++) for (let o = 0; o < outputs; o++) out[o * rows + r] = maps[r * outputs + o]!;
  return out;
}

/** W = U S V^T of each tap: U S projects, V^T goes into the output map. */
function lowRankMaps({ inputs, outputs, weight }: DenseConvolution, heads: number): ValueMaps {
  const parts = Array.from({ length: heads }, (_, h) =>
    svdMatrix(matrix(inputs, outputs, weight.slice(h * inputs * outputs, (h + 1) * inputs * outputs))),
  );
  // Singular values below this part of a tap's largest one are rounding.
  const negligible = Math.max(inputs, outputs) * Number.EPSILON;
  const rank = Math.max(
    1,
    ...parts.map(({ values }) => values.filter((s) => s > negligible * (values[0] ?? 0)).length),
  );
  const projection = new Float64Array(heads * inputs * rank);
  const right = new Float64Array(heads * rank * outputs);
  for (const [h, { u, values, v }] of parts.entries()) {
    for (let r = 0; r < Math.min(rank, values.length); r++) {
      for (let c = 0; c < inputs; c++) {
        projection[(h * inputs + c) * rank + r] = u.data[c * u.columns + r]! * values[r]!;
      }
      for (let o = 0; o < outputs; o++) right[(h * rank + r) * outputs + o] = v.data[o * v.columns + r]!;
    }
  }
  return { headChannels: rank, projection, weight: stacked(right, heads, rank, outputs) };
}

/** What products of maps are, beside the weights that they stand for; summed up over taps, [inputs, outputs] each. */
export interface Products {
  /** sum |P| |R|, of which rounding is a part. */
  readonly sizes: Float64Array;
  /** |W - P R|: decompositions are exact but for rounding, and leave out what is as small. */
  readonly off: Float64Array;
}

/** Undefined where the products are the weights themselves, as one factor is the identity. */
export function productsOf(conv: DenseConvolution, values: ValueKind, maps?: ValueMaps): Products | undefined {
  if (values !== 'lowrank') return undefined;
  const { inputs, outputs, weight } = conv;
  const { projection, weight: right, headChannels } = maps ?? valueMaps(conv, values);
  const [rank, size] = [headChannels as number, inputs * outputs];
  const [sizes, off] = [new Float64Array(size), new Float64Array(size)];
  const columns = right.length / outputs;
  for (let i = 0; i < weight.length; i++) {
    const [head, place] = [Math.floor(i / size), i % size];
    const [from, o] = [Math.floor(i / outputs) * rank, i % outputs];
    let [sum, all] = [0, 0];
    for (let r = 0; r < rank; r++) {
      const term = projection![from + r]! * right[o * columns + head * rank + r]!;
      sum += term;
      all += Math.abs(term);
    }
    sizes[place]! += all;
    // This sum is rounded as well.
    off[place]! += Math.abs(weight[i]! - sum) + (rank + 1) * Number.EPSILON * all;
  }
  return { sizes, off };
}
