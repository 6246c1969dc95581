/** Sparsified SGD with memory: what sending a sliver of each gradient costs, and what it saves. */
import type { Experiment } from '@saccade/lab';
import { distributedExperiments } from './src/distributed.js';
import { lockFreeExperiments } from './src/lock-free.js';
import { memoryExperiments } from './src/memory.js';
import { multiCoreExperiments } from './src/multi-core.js';
import { quantisationExperiments } from './src/quantisation.js';
import { referenceExperiments } from './src/reference-losses.js';
import { reutersExperiments } from './src/reuters.js';
import { theoryExperiments } from './src/theory.js';

/** The claims. */
export const experiments: readonly Experiment[] = [
  ...memoryExperiments,
  ...referenceExperiments,
  ...theoryExperiments,
  ...quantisationExperiments,
  ...lockFreeExperiments,
  ...multiCoreExperiments,
  ...reutersExperiments,
  ...distributedExperiments,
];
