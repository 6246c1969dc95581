/** The sequences of several workers in `golden/extensions`: every worker's vectors, step by step. */
import { Golden } from '@saccade/testing/golden';
export const extensions: Golden<{ W: number; T: number; d: number; k: number; localsgd: { lr: number; H: number } }> =
  new Golden(new URL('golden/extensions', import.meta.url));

export const W: number = extensions.scalars.W;
export const T: number = extensions.scalars.T;
export const d: number = extensions.scalars.d;
export const k: number = extensions.scalars.k;

/** The vectors of a tensor [..., length], one after another. */
export function vectorsOf(name: string, length: number): Float64Array[] {
  const values = Float64Array.from(extensions.values(name));
  return Array.from({ length: values.length / length }, (_, i) => values.slice(i * length, (i + 1) * length));
}

/** gradients[t][w], times a factor. */
export function gradientsOf(name: string, length: number, factor = 1): Float64Array[][] {
  const all = vectorsOf(name, length).map((vector) => vector.map((value) => factor * value));
  return Array.from({ length: T }, (_, t) => all.slice(t * W, (t + 1) * W));
}

/** Both precisions, and how close each comes to the vectors. */
export const precisions = [
  { precision: 'float64', tolerance: { rtol: 1e-10, atol: 1e-12 } },
  { precision: 'float32', tolerance: { rtol: 1e-5, atol: 2e-6 } },
] as const;
