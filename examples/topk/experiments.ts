/** The differentiable choice of patches: the operator, what it costs, and what it learns. */
import type { Experiment } from '@saccade/lab';
import { costExperiments } from './src/cost.js';
import { learningExperiments } from './src/learning.js';
import { operatorExperiments } from './src/operator.js';

/** The claims about choosing patches. */
export const experiments: readonly Experiment[] = [...operatorExperiments, ...costExperiments, ...learningExperiments];
