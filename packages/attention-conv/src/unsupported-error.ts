/** The error for layers and options that have no attention form here. */
import { SaccadeError } from '@saccade/tensor';

/** Something that cannot be converted: a transposed, lazy or complex convolution, an unknown padding mode or layer. */
export class UnsupportedError extends SaccadeError {
  constructor(message: string) {
    super('unsupported', message);
  }
}
