/** A case: one computation, written for each library that takes part in it. */
import type { Device } from '@saccade/kernels';
import type { Jax } from '../libraries/jax.js';
import type { Tfjs } from '../libraries/tfjs.js';

/** Whose time it is: a library on one of its ways to the GPU, or ours on the CPU. */
export type Entrant =
  | 'saccade webgpu'
  | 'saccade webgl2'
  | 'saccade wasm'
  | 'tfjs webgpu'
  | 'tfjs webgl'
  | 'jax-js webgpu'
  | 'torch cuda';

/** Which of ours a peer is measured against: the same way to the GPU. */
export const rivals: Partial<Record<Entrant, Entrant>> = {
  'tfjs webgpu': 'saccade webgpu',
  'tfjs webgl': 'saccade webgl2',
  'jax-js webgpu': 'saccade webgpu',
  'torch cuda': 'saccade webgpu',
  'saccade wasm': 'saccade webgpu',
};

/** One library's way to do a case, with its inputs in place. */
export interface Contender {
  /** The result, row-major, to compare before timing. */
  values(): Promise<Float32Array>;
  /** One call whose result is freed again; it need not have been computed when this returns or resolves. */
  submit(): void | Promise<void>;
  /** One call; resolves when it and all that were submitted before have been computed. */
  complete(): Promise<void>;
  /** Frees the inputs. */
  dispose(): void;
}

/** The computation as each library's user writes it; each makes its own copy of the inputs. */
export interface Forms {
  saccade(device: Device): Contender;
  tfjs?(tf: Tfjs): Contender;
  jax?(jax: Jax): Contender;
}

/** The same computation for `torch_gpu.py`, which is written in Python: which one, and its sizes. */
export interface TorchCase {
  readonly kind:
    | 'matrix product'
    | 'softmax'
    | 'attention'
    | 'layer norm'
    | 'elementwise chain'
    | 'digits'
    | 'transformer';
  readonly sizes: readonly number[];
}

export interface Case {
  readonly name: string;
  readonly torch: TorchCase;
  /** Floating-point operations of a call, where that is the usual measure. */
  readonly operations?: number;
  /** Makes the inputs; ours on the CPU is the device while it does. */
  prepare(): Forms;
}
