/** This package's kernels as devices take them. */
import type { KernelExtension } from '@saccade/kernels';
import { binaries } from '../wasm/binaries.gen.js';
import { wasmCalls } from '../wasm/calls.js';
import { exactForward, exactGrad } from './js/exact.js';
import { exactNoise } from './js/exact-noise.js';
import { exactPlan } from './js/exact-plan.js';
import { lapsum, lapsumGrad } from './js/lapsum.js';
import { extractPatches, patchImageGrad, patchWeightGrad } from './js/patches.js';
import {
  perturbedCoefficients,
  perturbedCount,
  perturbedDiagonal,
  perturbedGrad,
  perturbedSelect,
  perturbedWeights,
} from './js/perturbed.js';
import { sinkhorn, sinkhornGrad } from './js/sinkhorn.js';
import { sparse, sparseGrad } from './js/sparse.js';
import type { TopKKernels } from './table.js';

/** `device.extend(topKKernels)` gives the kernels on a device. */
export const topKKernels: KernelExtension<TopKKernels> = {
  name: 'topk',
  js: {
    exactPlan,
    exactForward,
    exactGrad,
    exactNoise,
    lapsum,
    lapsumGrad,
    sparse,
    sparseGrad,
    sinkhorn,
    sinkhornGrad,
    perturbedSelect,
    perturbedCount,
    perturbedWeights,
    perturbedCoefficients,
    perturbedGrad,
    perturbedDiagonal,
    extractPatches,
    patchWeightGrad,
    patchImageGrad,
  },
  wasm: { binary: binaries, kernels: wasmCalls },
  written: {
    exactPlan: [3, 4],
    exactForward: [3],
    exactGrad: [4, 5],
    exactNoise: [3],
    lapsum: [1],
    lapsumGrad: [2, 3, 4],
    sparse: [1],
    sparseGrad: [2, 3],
    sinkhorn: [1, 2],
    sinkhornGrad: [2],
    perturbedSelect: [3, 4, 5],
    perturbedCount: [1],
    perturbedWeights: [1, 2, 3],
    perturbedCoefficients: [3],
    perturbedGrad: [2],
    perturbedDiagonal: [4],
    extractPatches: [3],
    patchWeightGrad: [4],
    patchImageGrad: [3],
  },
};
