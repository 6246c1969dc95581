/**
 * The kernel table: every numeric kernel, once, with its meaning. Each device implements all of it.
 * Buffers are contiguous, row-major; sizes are checked by the caller; outputs are never inputs unless a kernel says so.
 */
import type { AttentionKernels } from './table/attention.js';
import type { ConvolutionKernels } from './table/convolution.js';
import type { ElementwiseKernels } from './table/elementwise.js';
import type { ImageKernels } from './table/image.js';
import type { IndexingKernels } from './table/indexing.js';
import type { LayoutKernels } from './table/layout.js';
import type { MatmulKernels } from './table/matmul.js';
import type { NormKernels } from './table/norm.js';
import type { PoolingKernels } from './table/pooling.js';
import type { RandomKernels } from './table/random.js';
import type { ReduceKernels } from './table/reduce.js';
import type { SegmentKernels } from './table/segment.js';
import type { SoftmaxKernels } from './table/softmax.js';
import type { SortingKernels } from './table/sorting.js';

/** All kernels over a buffer type `B`: typed arrays for the oracle, handles for callers. */
export interface KernelTable<B>
  extends ElementwiseKernels<B>,
    ReduceKernels<B>,
    MatmulKernels<B>,
    SoftmaxKernels<B>,
    NormKernels<B>,
    ConvolutionKernels<B>,
    PoolingKernels<B>,
    ImageKernels<B>,
    LayoutKernels<B>,
    IndexingKernels<B>,
    SortingKernels<B>,
    SegmentKernels<B>,
    AttentionKernels<B>,
    RandomKernels<B> {}

/** Name of a kernel. */
export type KernelName = keyof KernelTable<unknown>;
