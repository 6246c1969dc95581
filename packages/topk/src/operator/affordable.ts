/** Whether the exact method has room. */
import type { Tensor } from '@saccade/tensor';
import type { ExactPlan } from './exact.js';

/** Its private memory, over all threads, may take so much. */
const MOST_BYTES = 2 ** 30;

/** False where samples have to take its place. */
export function isAffordable({ bytes }: ExactPlan, scores: Tensor): boolean {
  const threads = (scores.shape[0] as number) > 1 ? scores.device.info.threads : 1;
  return bytes * threads <= MOST_BYTES;
}
