/** The kernel table as far as GPUs do it well; all else goes to the CPU, and is counted. */
import { attention } from './attention.js';
import { convolution } from './convolution.js';
import { elementwise } from './elementwise.js';
import { image } from './image.js';
import { indexing } from './indexing.js';
import { layout } from './layout.js';
import { matmul } from './matmul.js';
import { norm } from './norm.js';
import type { GpuKernelTable } from './plan.js';
import { pooling } from './pooling.js';
import { random } from './random.js';
import { reduce } from './reduce.js';
import { segment } from './segment.js';
import { softmax } from './softmax.js';
import { sorting } from './sorting.js';

export const gpuKernels: GpuKernelTable = {
  ...attention,
  ...convolution,
  ...elementwise,
  ...image,
  ...indexing,
  ...layout,
  ...matmul,
  ...norm,
  ...pooling,
  ...random,
  ...reduce,
  ...segment,
  ...softmax,
  ...sorting,
};
