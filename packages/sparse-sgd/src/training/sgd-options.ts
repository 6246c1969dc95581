/** Options of Mem-SGD. */
import type { CheckpointTarget } from '@saccade/nn';
import type { Compressor } from '../compress/compressor.js';
import type { Vector } from '../compress/message.js';
import type { Average } from './averages.js';
import type { LabelOptions } from './linear-data.js';
import type { LearningRate } from './schedules.js';

/** Where a run stands. */
export interface SGDProgress {
  /** Steps done, of `steps`. */
  readonly step: number;
  readonly steps: number;
  readonly epoch: number;
  /** Loss of the estimate at the last evaluation. */
  readonly loss: number;
}

/** Options of {@link memSGD}. */
export interface MemSGDOptions extends LabelOptions {
  /** What is sent of each step: as `parseCompressor` reads it, or a compressor. Default: `top-k:1`. */
  readonly compress?: string | Compressor | undefined;
  /**
   * Whether what is not sent is kept and added to the next step. Default: true, but for compressors that are unbiased, which need none. Without it top-k is what
   * the paper compares with.
   */
  readonly memory?: boolean | undefined;
  /** Scales what rand-k sends by d / k, which makes it unbiased; only without memory. Default false. */
  readonly unbiased?: boolean | undefined;
  /** Learning rate, or text for `parseRate`. Default: 2 / (lambda (t + d / k)), as in the paper's figures. */
  readonly rate?: LearningRate | string | undefined;
  /** Which mean of the iterates is the estimate. Default: `(t+tau)^2`, as in Theorem 2.4. */
  readonly average?: Average | undefined;
  /** tau of the average. Default: the shift of the learning rate; 1 for rates without one. */
  readonly tau?: number | undefined;
  /** Weight of the regularizer lambda / 2 |x|^2. Default: 1 / rows. */
  readonly lambda?: number | undefined;
  /** Passes over the data. Default 1. */
  readonly epochs?: number | undefined;
  /** `shuffle` (default): each epoch has the rows in another order, as in the released code. `draw`: each step draws a row, as in the paper. Or the rows of all steps. */
  readonly order?: 'shuffle' | 'draw' | Int32Array | undefined;
  /** The model to begin with. Default: zeros. The released code begins with normal numbers of deviation 0.01: pass a number for those. */
  readonly start?: Vector | number | undefined;
  /** Default 0. */
  readonly seed?: number | undefined;
  /** Of the features. `float32` (default) runs as WebAssembly; `float64` as plain JavaScript, to compare with other code digit by digit. Models and memories are float64 in both. */
  readonly precision?: 'float32' | 'float64' | undefined;
  /** How often in an epoch the loss is taken. Default 10. */
  readonly evaluations?: number | undefined;
  /** Where to save at each evaluation, and whether to go on with what is there (default true). */
  readonly checkpoint?: { readonly to: CheckpointTarget; readonly resume?: boolean | undefined } | undefined;
  /** Called at each evaluation; awaited. */
  readonly onProgress?: ((progress: SGDProgress) => void | Promise<void>) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** The names of the options. */
export const memSGDNames: readonly (keyof MemSGDOptions)[] = [
  'loss',
  'positive',
  'compress',
  'memory',
  'unbiased',
  'rate',
  'average',
  'tau',
  'lambda',
  'epochs',
  'order',
  'start',
  'seed',
  'precision',
  'evaluations',
  'checkpoint',
  'onProgress',
  'signal',
];
