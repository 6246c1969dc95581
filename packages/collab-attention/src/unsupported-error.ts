/** The error for attention that has no shared form. */
import { SaccadeError } from '@saccade/tensor';

/** Layers whose scores are no product of query and key weights (rotary positions, norms of queries and keys), quantised weights, unknown families. */
export class UnsupportedError extends SaccadeError {
  constructor(message: string) {
    super('unsupported', message);
  }
}
