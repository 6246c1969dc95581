/** What a certificate tells: the verdict, and for each element and layer what is proved and what was measured. */
import type { ProofStep } from './proof.js';

/** What holds, in one of five kinds. Errors are max |f(T x) - T f(x)| / max |f|, the largest measured; undefined where nothing was. */
export type Verdict =
  /** Proved for all elements. */
  | { readonly kind: 'exact'; readonly error: number | undefined }
  /** Proved for some; the others do not map pixels to pixels, and for them nothing else is in the way. */
  | { readonly kind: 'subgroup'; readonly elements: readonly number[]; readonly error: number | undefined }
  /** A layer is wrong for some element. `elements` are those for which the model is proved exact all the same. */
  | {
      readonly kind: 'broken';
      readonly layer: string;
      readonly reason: string;
      readonly elements: readonly number[];
      readonly error: number | undefined;
    }
  /** Nothing is proved. The error is NaN where outputs are not finite. */
  | { readonly kind: 'measured'; readonly error: number }
  /** What is proved is not what was measured: a layer's proof, or its arithmetic, is wrong. `layer` is the first where it shows. */
  | {
      readonly kind: 'contradiction';
      readonly element: number;
      readonly layer: string;
      readonly error: number;
    };

/** One element. */
export interface ElementReport {
  readonly element: number;
  /** The turn that it is: "90°", "mirror, 90°". */
  readonly name: string;
  /** Whether the model is proved exact for it. */
  readonly proved: boolean;
  /** Whether it maps pixels to pixels; else inputs are interpolated, which is part of the error. */
  readonly onLattice: boolean;
  /** Largest measured; infinite where outputs could not be compared, NaN where none is finite, undefined where nothing was measured. */
  readonly error: number | undefined;
  /** Values of outputs that were NaN or infinite. */
  readonly nonFinite: number;
  /** Why outputs could not be compared. */
  readonly failure: string | undefined;
}

/** One layer, after those before it. */
export interface LayerReport {
  readonly layer: string;
  /** Largest error of each element, in their order; undefined where it is not known how the element acts. */
  readonly errors: readonly (number | undefined)[];
}

/** How it was measured. */
export interface Measurement {
  readonly samples: number;
  /** Of random inputs. */
  readonly seed: number | undefined;
  /** Of one input. */
  readonly shape: readonly number[];
  /** Errors up to this are rounding. */
  readonly tolerance: number;
  readonly training: boolean;
  readonly interpolation: 'bilinear' | 'cubic';
}

/** The certificate of a model: plain data. */
export interface Certificate {
  /** Name of the group. */
  readonly group: string;
  readonly verdict: Verdict;
  /** The verdict in one sentence. */
  readonly summary: string;
  readonly elements: readonly ElementReport[];
  /** What each step of each layer proves; undefined where there is no proof. */
  readonly steps: readonly ProofStep[] | undefined;
  /** Where the model lets one look at its layers; else the output alone. Empty where nothing was measured. */
  readonly layers: readonly LayerReport[];
  readonly measurement: Measurement | undefined;
  /** What to know besides. */
  readonly notices: readonly string[];
}
