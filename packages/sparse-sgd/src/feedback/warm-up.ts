/** DGC's warm-up: in the first epochs more is sent than later, while the model changes fast. */
import { OptionError, requireCount } from '@saccade/tensor';
import type { Compressor } from '../compress/compressor.js';
import { topKCompressor } from '../compress/top-k.js';

/** The share of entries that is sent in each of the first epochs: sparsity 75, 93.75, 98.4375, 99.6 and 99.9 %. */
const warmUpRatios: readonly number[] = [0.25, 0.0625, 0.015625, 0.004, 0.001];

/**
 * The compressor of each step: top-k with one ratio after another, `stepsEach` steps each, as long as that keeps more than the final one does.
 * Lin, Han, Mao, Wang, Dally 2018, section 3.3. @throws {OptionError} unless stepsEach is a whole number from 0
 */
export function warmUpCompressor(final: Compressor, length: number, stepsEach: number): (step: number) => Compressor {
  requireCount('dgc', 'warmUp', stepsEach, 0);
  const share = final.contraction(length);
  if (stepsEach > 0 && share === undefined) {
    throw new OptionError(`dgc: a warm-up must know how much ${final.name} keeps: take top-k, or warmUp: 0`);
  }
  const stages = warmUpRatios
    .filter((ratio) => stepsEach > 0 && ratio > (share ?? 1))
    .map((ratio) => topKCompressor({ ratio }));
  return (step) => stages[Math.floor(step / stepsEach)] ?? final;
}
