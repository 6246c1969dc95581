/** The algorithm for one group. */
import type { Optimizer } from '@saccade/nn';
import { parseCompressor } from '../compress/parse-compressor.js';
import { dgc } from '../feedback/dgc.js';
import { ef21 } from '../feedback/ef21.js';
import { errorFeedback } from '../feedback/error-feedback.js';
import type { Feedback } from '../feedback/feedback.js';
import { noFeedback } from '../feedback/no-feedback.js';
import { powerSGD } from '../feedback/power-sgd.js';
import type { Precision } from '../feedback/precision.js';
import { signMajority } from '../feedback/sign-majority.js';
import type { Group } from './groups.js';
import type { Settings } from './settings.js';

/** What compresses a group and remembers what was left out. @throws {OptionError} for a compressor that does not go with the feedback */
export function makeFeedback(group: Group, settings: Settings, inner: Optimizer, precision: Precision): Feedback {
  const { compressor, feedback, memoryOf, momentum, warmUp, powerRank, seed } = settings;
  const { length, dense, matrix } = group;
  const memory = { precision, rate: memoryOf === 'step' ? () => inner.rate : undefined };
  if (dense && feedback === 'dgc') return dgc(parseCompressor('none'), length, { precision, momentum });
  if (dense || feedback === 'none') {
    return noFeedback(dense ? parseCompressor('none') : compressor, length, { precision });
  }
  if (feedback === 'ef21') return ef21(compressor, length, { precision });
  if (feedback === 'dgc') return dgc(compressor, length, { precision, momentum, warmUp });
  if (feedback === 'majority') return signMajority(length, { precision });
  if (feedback === 'power' && matrix !== undefined) {
    const rank = Math.min(powerRank, matrix.rows, matrix.columns);
    return powerSGD({ ...matrix, ...memory, rank, seed });
  }
  return errorFeedback(compressor, length, memory);
}
