/** Attention that respects turns and mirrors: how exactly, and what that is worth. */
import type { Experiment } from '@saccade/lab';
import { exactnessExperiments } from './src/exactness.js';
import { offLatticeExperiments } from './src/off-lattice.js';
import { pcamExperiments } from './src/pcam.js';
import { randomTurnExperiments } from './src/random-turns.js';
import { releasedNetworkExperiments } from './src/released-network.js';
import { rotatedMnistExperiments } from './src/rotated-mnist.js';
import { uprightExperiments } from './src/upright.js';

/** The claims. */
export const experiments: readonly Experiment[] = [
  ...exactnessExperiments,
  ...releasedNetworkExperiments,
  ...offLatticeExperiments,
  ...pcamExperiments,
  ...uprightExperiments,
  ...randomTurnExperiments,
  ...rotatedMnistExperiments,
];
