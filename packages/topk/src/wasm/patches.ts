/** How the extraction of patches in WebAssembly is called. */
import type { KernelsOn, WasmBuffer, WasmRuntime } from '@saccade/kernels';
import type { PatchSizes } from '../kernels/patch-sizes.js';
import type { TopKKernels } from '../kernels/table.js';

type PatchKernels = Pick<TopKKernels, 'extractPatches' | 'patchWeightGrad' | 'patchImageGrad'>;

/** Those that are whole, in the order of assembly/patches.ts. */
function whole(s: PatchSizes, imageBytes: number): number[] {
  const image = [s.height, s.width, s.channels];
  const patches = [s.rows, s.candidates, s.columns, s.patchSize, s.strideY, s.strideX, s.padTop, s.padLeft];
  return [...image, ...patches, imageBytes];
}

/** The kernels over one runtime. */
export function patchCalls(runtime: WasmRuntime): KernelsOn<WasmBuffer, PatchKernels> {
  const args = (image: WasmBuffer, buffers: readonly WasmBuffer[], s: PatchSizes): number[] => [
    ...buffers.map((buffer) => buffer.address),
    ...runtime.parameters(whole(s, image.dtype === 'uint8' ? 1 : 4)),
    s.scale,
    s.threshold,
  ];
  return {
    extractPatches(image, indices, weights, patches, s) {
      const { batch, rows, candidates, patchSize, channels } = s;
      const line = patchSize * channels;
      const all = args(image, [image, indices, weights, patches], s);
      const scratch = 4 * line + 12 * candidates;
      runtime.parallel('topk.extractPatches', all, batch * patchSize, line * candidates * rows, scratch);
    },
    patchWeightGrad(image, indices, weights, dPatches, dWeights, s) {
      const { batch, rows, candidates, patchSize, channels } = s;
      const line = patchSize * channels;
      const all = args(image, [image, indices, weights, dPatches, dWeights], s);
      const scratch = 4 * line + 8 * candidates * rows;
      runtime.parallel('topk.patchWeightGrad', all, batch * candidates, line * patchSize * rows, scratch);
    },
    patchImageGrad(indices, weights, dPatches, dImage, s) {
      const { batch, rows, candidates, patchSize, channels, height, width } = s;
      const windows = Math.ceil((candidates * rows * patchSize * patchSize) / height);
      const all = args(dImage, [indices, weights, dPatches, dImage], s);
      runtime.parallel('topk.patchImageGrad', all, batch * height, (width + windows) * channels);
    },
  };
}
