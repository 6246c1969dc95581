/** How attention loses rank with depth, and what keeps it. */
import type { Experiment } from '@saccade/lab';
import { circleExperiments } from './src/circle.js';
import { curveExperiments } from './src/curves.js';
import { earlyWarningExperiments } from './src/early-warning.js';
import { lawExperiments } from './src/law.js';
import { pathExperiments } from './src/path-sums.js';
import { sortingExperiments } from './src/sorting.js';

/** The claims. */
export const experiments: readonly Experiment[] = [
  ...curveExperiments,
  ...lawExperiments,
  ...pathExperiments,
  ...circleExperiments,
  ...sortingExperiments,
  ...earlyWarningExperiments,
];
