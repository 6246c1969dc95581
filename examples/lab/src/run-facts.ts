/** Under what circumstances a run was made. */

/** Under what circumstances a run was made. */
export interface RunFacts {
  /** The device and its arithmetic: `wasm, simd128`. */
  readonly device: string;
  readonly threads: number;
  readonly seed: number;
  readonly full: boolean;
  readonly date: Date;
  readonly seconds: number;
  /** Versions of Saccade and Node. */
  readonly version: string;
  /** Whether the person stopped the run. */
  readonly cutShort: boolean;
}
