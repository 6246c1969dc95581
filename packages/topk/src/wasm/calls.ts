/** How the package's WebAssembly is called: what each export takes, how costly an item is, how much private memory it needs. */
import type { KernelsOn, WasmBuffer, WasmRuntime } from '@saccade/kernels';
import { exactGradScratch, limits, nodeCount } from '../kernels/js/exact-plan.js';
import type { TopKKernels } from '../kernels/table.js';
import { patchCalls } from './patches.js';

/** Columns that one item of the gradient sums, as in assembly/perturbed.ts. */
const COLUMNS = 256;
/** Thresholds that a row is thought to need, where its cost is estimated. */
const NODES = nodeCount(0);

/** The kernels over one runtime. */
export function wasmCalls(runtime: WasmRuntime): Partial<KernelsOn<WasmBuffer, TopKKernels>> {
  return {
    ...patchCalls(runtime),
    exactPlan(best, scores, sigma, plan, active, rows, n, k, gumbel) {
      const { lowest, highest, hardGap, reach } = limits(gumbel ? 'gumbel' : 'normal', n);
      const buffers = [best, scores, sigma, plan, active].map((buffer) => buffer.address);
      const args = [...buffers, n, k, +gumbel, lowest, highest, hardGap, reach];
      runtime.parallel('topk.exactPlan', args, rows, 16 * n * (k + 20), 8 * (n + k + 18));
    },
    exactForward(scores, sigma, plan, weights, rows, m, k, gumbel) {
      const { reach } = limits(gumbel ? 'gumbel' : 'normal', m);
      const args = [scores.address, sigma.address, plan.address, weights.address, m, k, +gumbel, reach];
      const scratch = (m + 2) * (k + 1) * 64 + m * (132 + 8 * k);
      runtime.parallel('topk.exactForward', args, rows, NODES * m * (8 * k + 20), scratch);
    },
    exactGrad(scores, sigma, plan, cotangent, gradScores, gradSigma, rows, m, k, gumbel) {
      const buffers = [scores, sigma, plan, cotangent, gradScores, gradSigma].map((buffer) => buffer.address);
      const args = [...buffers, m, k, +gumbel, limits(gumbel ? 'gumbel' : 'normal', m).reach];
      runtime.parallel('topk.exactGrad', args, rows, NODES * m * (20 * k + 20), exactGradScratch(m, k));
    },
    exactNoise(scores, sigma, plan, total, rows, m, k, gumbel) {
      const args = [scores.address, sigma.address, plan.address, total.address, m, k, +gumbel];
      runtime.parallel('topk.exactNoise', args, rows, NODES * m * (10 * k + 20), 128 * (m + k + 1));
    },
    lapsum(x, y, rows, n, k, alpha) {
      runtime.parallel('topk.lapsumF32', [x.address, y.address, n, k, alpha], rows, 60 * n, 4096 + 32 * (n + 1));
    },
    lapsumGrad(x, g, dx, dk, dalpha, rows, n, k, alpha) {
      const buffers = [x, g, dx, dk, dalpha].map((buffer) => buffer.address);
      runtime.parallel('topk.lapsumGradF32', [...buffers, n, k, alpha], rows, 60 * n, 4096 + 32 * (n + 1));
    },
    sparse(x, y, rows, n, k, l, power) {
      runtime.parallel('topk.sparseF32', [x.address, y.address, n, k, l, power], rows, 40 * n, 1024);
    },
    sparseGrad(x, g, dx, dk, rows, n, k, l, power) {
      const buffers = [x, g, dx, dk].map((buffer) => buffer.address);
      runtime.parallel('topk.sparseGradF32', [...buffers, n, k, l, power], rows, 40 * n, 1024);
    },
    perturbedSelect(
      scores,
      sigma,
      noise,
      chosen,
      chosenNoise,
      moments,
      first,
      count,
      samples,
      n,
      k,
      stride,
      order,
      gumbel,
      withMoments,
    ) {
      const buffers = [scores, sigma, noise, chosen, chosenNoise, moments].map((buffer) => buffer.address);
      const args = [...buffers, first, samples, n, k, stride, order, +gumbel, +withMoments];
      runtime.parallel('topk.perturbedSelect', args, count, 2 * n + 20 * k, 4 * k);
    },
    perturbedCount(chosen, counts, rows, size, n) {
      runtime.parallel('topk.perturbedCount', [chosen.address, counts.address, size, n], rows, 3 * size, n);
    },
    perturbedWeights(chosen, candidates, slots, weights, rows, all, samples, n, k, m) {
      const buffers = [chosen, candidates, slots, weights].map((buffer) => buffer.address);
      runtime.parallel('topk.perturbedWeights', [...buffers, all, samples, n, k, m], rows, 6 * all * k + 3 * n, 4 * n);
    },
    perturbedCoefficients(slots, cotangent, sigma, coefficients, rows, all, samples, k, m, baseline) {
      const buffers = [slots, cotangent, sigma, coefficients].map((buffer) => buffer.address);
      runtime.parallel(
        'topk.perturbedCoefficients',
        [...buffers, all, samples, k, m, baseline],
        rows,
        4 * all * k,
        8 * all,
      );
    },
    perturbedGrad(noise, coefficients, grad, first, count, samples, n, stride, gumbel) {
      const args = [noise.address, coefficients.address, grad.address, first, count, samples, n, stride, +gumbel];
      runtime.parallel('topk.perturbedGrad', args, Math.ceil(n / COLUMNS), count * COLUMNS * (gumbel ? 10 : 1));
    },
    perturbedDiagonal(slots, chosenNoise, cotangent, sigma, grad, rows, all, samples, k, m, gumbel) {
      const buffers = [slots, chosenNoise, cotangent, sigma, grad].map((buffer) => buffer.address);
      runtime.parallel(
        'topk.perturbedDiagonal',
        [...buffers, all, samples, k, m, +gumbel],
        rows,
        6 * samples * k,
        8 * m,
      );
    },
  };
}
