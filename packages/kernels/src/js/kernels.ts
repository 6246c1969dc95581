/** The oracle's kernel table: plain loops, float64 accumulation, written to be read. */
import type { TypedArray } from '../dtype.js';
import type { KernelTable } from '../table.js';
import { attention } from './attention.js';
import { convolution } from './convolution.js';
import { elementwise } from './elementwise.js';
import { image } from './image.js';
import { indexing } from './indexing.js';
import { layout } from './layout.js';
import { matmul } from './matmul.js';
import { norm } from './norm.js';
import { pooling } from './pooling.js';
import { random } from './random.js';
import { reduce } from './reduce.js';
import { segment } from './segment.js';
import { softmax } from './softmax.js';
import { sorting } from './sorting.js';

/** Every kernel on typed arrays. */
export const jsKernels: KernelTable<TypedArray> = {
  ...elementwise,
  ...reduce,
  ...matmul,
  ...softmax,
  ...norm,
  ...convolution,
  ...pooling,
  ...image,
  ...layout,
  ...indexing,
  ...sorting,
  ...segment,
  ...attention,
  ...random,
};
