/** All cases, one file for each of `src/ops`. */
import { activationCases } from './activation.js';
import { argReduceCases } from './arg-reduce.js';
import { arithmeticCases } from './arithmetic.js';
import { atCases } from './at.js';
import { attentionCases } from './attention.js';
import type { Case } from './case.js';
import { castCases } from './cast.js';
import { compareCases } from './compare.js';
import { concatCases } from './concat.js';
import { convolutionCases } from './convolution.js';
import { createCases } from './create.js';
import { cumsumCases } from './cumsum.js';
import { exponentialCases } from './exponential.js';
import { extremesCases } from './extremes.js';
import { gradCases } from './grad.js';
import { imageCases } from './image.js';
import { indexingCases } from './indexing.js';
import { layoutCases } from './layout.js';
import { matmulCases } from './matmul.js';
import { momentsCases } from './moments.js';
import { normalizeCases } from './normalize.js';
import { padCases } from './pad.js';
import { poolingCases } from './pooling.js';
import { reduceCases } from './reduce.js';
import { reshapeCases } from './reshape.js';
import { roundingCases } from './rounding.js';
import { segmentCases } from './segment.js';
import { sliceCases } from './slice.js';
import { softmaxCases } from './softmax.js';
import { sortingCases } from './sorting.js';
import { sparseCases } from './sparse.js';
import { sumCases } from './sum.js';
import { trigonometryCases } from './trigonometry.js';
import { whereCases } from './where.js';

/** The cases by the file of `src` that has the operations. */
export const casesByFile: Readonly<Record<string, readonly Case[]>> = {
  rounding: roundingCases,
  arithmetic: arithmeticCases,
  exponential: exponentialCases,
  trigonometry: trigonometryCases,
  activation: activationCases,
  extremes: extremesCases,
  cast: castCases,
  where: whereCases,
  compare: compareCases,
  sum: sumCases,
  moments: momentsCases,
  reduce: reduceCases,
  'arg-reduce': argReduceCases,
  cumsum: cumsumCases,
  sorting: sortingCases,
  reshape: reshapeCases,
  layout: layoutCases,
  concat: concatCases,
  slice: sliceCases,
  pad: padCases,
  at: atCases,
  indexing: indexingCases,
  segment: segmentCases,
  sparse: sparseCases,
  matmul: matmulCases,
  convolution: convolutionCases,
  pooling: poolingCases,
  image: imageCases,
  softmax: softmaxCases,
  normalize: normalizeCases,
  attention: attentionCases,
  create: createCases,
  grad: gradCases,
};

/** Every operation. */
export const allCases: readonly Case[] = Object.values(casesByFile).flat();

/** Those at points where the operation has a gradient that central differences see. */
export const smoothCases: readonly Case[] = allCases.filter((c) => c.smooth !== false);
