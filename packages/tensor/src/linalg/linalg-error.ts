/** The error of a decomposition that does not exist for the given matrix. */
import { SaccadeError } from '@saccade/kernels';

/** A matrix is singular or not positive definite, or an iteration did not converge. */
export class LinalgError extends SaccadeError {
  constructor(message: string) {
    super('linalg', message);
  }
}
