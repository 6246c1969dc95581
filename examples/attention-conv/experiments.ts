/** Convolutions as attention and back: what the certificates are worth, and what layers learn and lose. */
import type { Experiment } from '@saccade/lab';
import { blurExperiments } from './src/blur.js';
import { certificateExperiments } from './src/certificates.js';
import { digitBlockExperiments } from './src/digit-blocks.js';
import { learnKernelExperiments } from './src/learn-kernel.js';
import { readOffExperiments } from './src/read-off.js';
import { speedExperiments } from './src/speed.js';
import { wholeNetworkExperiments } from './src/whole-network.js';

/** The claims. */
export const experiments: readonly Experiment[] = [
  ...certificateExperiments,
  ...wholeNetworkExperiments,
  ...learnKernelExperiments,
  ...digitBlockExperiments,
  ...speedExperiments,
  ...readOffExperiments,
  ...blurExperiments,
];
