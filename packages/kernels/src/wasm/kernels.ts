/** The `wasm` device's kernel table: one function per family, over the runtime. */
import type { KernelTable } from '../table.js';
import { attentionKernels } from './attention.js';
import type { WasmBuffer } from './buffer.js';
import { convolutionKernels } from './convolution.js';
import { elementwiseKernels } from './elementwise.js';
import { imageKernels } from './image.js';
import { indexingKernels } from './indexing.js';
import { layoutKernels } from './layout.js';
import { matmulKernels } from './matmul.js';
import { normKernels } from './norm.js';
import { poolingKernels } from './pooling.js';
import { randomKernels } from './random.js';
import { reduceKernels } from './reduce.js';
import type { WasmRuntime } from './runtime.js';
import { segmentKernels } from './segment.js';
import { softmaxKernels } from './softmax.js';
import { sortingKernels } from './sorting.js';

/** Every kernel on blocks of the heap. */
export function wasmKernels(runtime: WasmRuntime): KernelTable<WasmBuffer> {
  return {
    ...elementwiseKernels(runtime),
    ...reduceKernels(runtime),
    ...matmulKernels(runtime),
    ...softmaxKernels(runtime),
    ...normKernels(runtime),
    ...convolutionKernels(runtime),
    ...poolingKernels(runtime),
    ...imageKernels(runtime),
    ...layoutKernels(runtime),
    ...indexingKernels(runtime),
    ...sortingKernels(runtime),
    ...segmentKernels(runtime),
    ...attentionKernels(runtime),
    ...randomKernels(runtime),
  };
}
