/**
 * Patches cut out of images by weight: P[b, r] = sum_c w[b, r, c] window(b, c), where the window of a candidate is a square
 * of the image, zero outside of it.
 */
import type { PatchSizes } from '../patch-sizes.js';

type Numbers = { readonly length: number; [i: number]: number };

/** Whether the candidate counts: with a threshold, where it has a larger weight (or NaN) in some row. */
function counts(weights: Numbers, b: number, c: number, s: PatchSizes): boolean {
  if (s.threshold === 0) return true;
  for (let r = 0; r < s.rows; r++) {
    if (!(Math.abs(weights[(b * s.rows + r) * s.candidates + c] as number) <= s.threshold)) return true;
  }
  return false;
}

/** Calls `visit` with the places of every value of a candidate's window that lies inside: in the image and in a patch. */
function eachPixel(cell: number, b: number, s: PatchSizes, visit: (inImage: number, inPatch: number) => void): void {
  const row = Math.trunc(cell / s.columns);
  const top = row * s.strideY - s.padTop;
  const left = (cell - row * s.columns) * s.strideX - s.padLeft;
  for (let y = Math.max(0, -top); y < Math.min(s.patchSize, s.height - top); y++) {
    for (let x = Math.max(0, -left); x < Math.min(s.patchSize, s.width - left); x++) {
      const inImage = ((b * s.height + top + y) * s.width + left + x) * s.channels;
      const inPatch = (y * s.patchSize + x) * s.channels;
      for (let channel = 0; channel < s.channels; channel++) visit(inImage + channel, inPatch + channel);
    }
  }
}

/** Calls `visit` for every row of every candidate that counts. */
function eachWeight(
  weights: Numbers,
  s: PatchSizes,
  visit: (b: number, c: number, r: number, at: number) => void,
): void {
  for (let b = 0; b < s.batch; b++) {
    for (let c = 0; c < s.candidates; c++) {
      if (!counts(weights, b, c, s)) continue;
      for (let r = 0; r < s.rows; r++) visit(b, c, r, (b * s.rows + r) * s.candidates + c);
    }
  }
}

/** Values in one patch. */
function patchLength({ patchSize, channels }: PatchSizes): number {
  return patchSize * patchSize * channels;
}

/** Patches [batch, rows, patchSize, patchSize, channels]. What has weight 0 is not read. */
export function extractPatches(
  image: Numbers,
  indices: Numbers,
  weights: Numbers,
  patches: Numbers,
  s: PatchSizes,
): void {
  const length = patchLength(s);
  const sums = new Float64Array(s.batch * s.rows * length);
  eachWeight(weights, s, (b, c, r, at) => {
    if (weights[at] === 0) return;
    const weight = (weights[at] as number) * s.scale;
    const first = (b * s.rows + r) * length;
    eachPixel(indices[b * s.candidates + c] as number, b, s, (inImage, inPatch) => {
      sums[first + inPatch] = (sums[first + inPatch] as number) + weight * (image[inImage] as number);
    });
  });
  for (let i = 0; i < sums.length; i++) patches[i] = sums[i] as number;
}

/** Gradient by the weights [batch, rows, candidates]: <dPatches[b, r], window(b, c)>; 0 for candidates that do not count. */
export function patchWeightGrad(
  image: Numbers,
  indices: Numbers,
  weights: Numbers,
  dPatches: Numbers,
  dWeights: Numbers,
  s: PatchSizes,
): void {
  const length = patchLength(s);
  for (let i = 0; i < s.batch * s.rows * s.candidates; i++) dWeights[i] = 0;
  eachWeight(weights, s, (b, c, r, at) => {
    const first = (b * s.rows + r) * length;
    let sum = 0;
    eachPixel(indices[b * s.candidates + c] as number, b, s, (inImage, inPatch) => {
      sum += (dPatches[first + inPatch] as number) * (image[inImage] as number);
    });
    dWeights[at] = sum * s.scale;
  });
}

/** Gradient by the image: every patch's cotangent added where its windows lie. */
export function patchImageGrad(
  indices: Numbers,
  weights: Numbers,
  dPatches: Numbers,
  dImage: Numbers,
  s: PatchSizes,
): void {
  const length = patchLength(s);
  const sums = new Float64Array(s.batch * s.height * s.width * s.channels);
  eachWeight(weights, s, (b, c, r, at) => {
    if (weights[at] === 0) return;
    const weight = (weights[at] as number) * s.scale;
    const first = (b * s.rows + r) * length;
    eachPixel(indices[b * s.candidates + c] as number, b, s, (inImage, inPatch) => {
      sums[inImage] = (sums[inImage] as number) + weight * (dPatches[first + inPatch] as number);
    });
  });
  for (let i = 0; i < sums.length; i++) dImage[i] = sums[i] as number;
}
