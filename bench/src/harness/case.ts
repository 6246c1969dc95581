/** A case: one computation that several libraries do, each as a contender with its inputs ready. */

/** One library's way to do a case. */
export interface Contender {
  /** One call; what it makes is freed again. */
  run(): void | Promise<void>;
  /** The result, row-major, to compare before timing. */
  values(): Promise<Float32Array>;
  /** Frees the inputs. */
  dispose(): void;
}

/** `saccade` is measured against the others; `tfjs rewritten` is a faster form in tfjs operations than tfjs's own. */
export type Entrant = 'saccade' | 'saccade, 1 thread' | 'tfjs' | 'tfjs rewritten' | 'jax-js' | 'gpu.js';

/** How often faster than the peer we must be: on plain SIMD and where the engine has relaxed SIMD. */
export interface Bar {
  readonly peer: Entrant;
  readonly simd: number;
  readonly relaxed: number;
}

export interface Case {
  readonly group: string;
  readonly name: string;
  /** Floating-point operations, for GFLOP/s. */
  readonly operations?: number;
  readonly bar?: Bar;
  /** Largest difference allowed, relative to the largest value. Default 1e-4. */
  readonly tolerance?: number;
  /** How to make each; undefined where the peer does not run here. */
  readonly contenders: { readonly [entrant in Entrant]?: (() => Contender) | undefined };
}

/** A bar against tfjs wasm that is the same on every engine. */
export function tfjsBar(ratio: number, relaxed: number = ratio): Bar {
  return { peer: 'tfjs', simd: ratio, relaxed };
}
