/** Memory for bytes that a file is known to hold. */
import { OutOfMemoryError } from '@saccade/kernels';

/**
 * A zero-filled array.
 *
 * @param length bytes
 * @param what how an error names the file
 * @throws {OutOfMemoryError} if this host cannot make one of that size
 */
export function allocateBytes(length: number, what: string): Uint8Array<ArrayBuffer> {
  try {
    return new Uint8Array(length);
  } catch {
    throw new OutOfMemoryError(`${what}: cannot allocate ${length} bytes`, length, 0);
  }
}
