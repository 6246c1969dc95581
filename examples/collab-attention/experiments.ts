/** Heads that share keys and queries: exact where they can be, small where they need not be large. */
import type { Experiment } from '@saccade/lab';
import { compressExperiments } from './src/compress.js';
import { decompositionExperiments } from './src/decompositions.js';
import { exactnessExperiments } from './src/exactness.js';
import { fromScratchExperiments } from './src/from-scratch.js';
import { redundancyExperiments } from './src/redundancy.js';

/** The claims. */
export const experiments: readonly Experiment[] = [
  ...exactnessExperiments,
  ...decompositionExperiments,
  ...compressExperiments,
  ...redundancyExperiments,
  ...fromScratchExperiments,
];
