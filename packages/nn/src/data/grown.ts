/** Longer arrays for numbers whose count is not known before. */
import { OutOfMemoryError } from '@saccade/tensor';

type Numbers = Uint8Array<ArrayBuffer> | Float32Array<ArrayBuffer> | Int32Array<ArrayBuffer>;

/**
 * A longer array of the same kind that begins with the same values.
 *
 * @param label how an error names the file
 * @throws {OutOfMemoryError} if this host cannot make one of that length
 */
export function grown<A extends Numbers>(array: A, length: number, label: string): A {
  const bytes = length * array.BYTES_PER_ELEMENT;
  try {
    const longer = new (array.constructor as new (length: number) => A)(length);
    longer.set(array);
    return longer;
  } catch {
    throw new OutOfMemoryError(`${label}: cannot allocate ${bytes} bytes`, bytes, 0);
  }
}
