/** Lets kernels written on typed arrays run on a device's buffers. */
import type { Buffer } from '../device.js';
import type { TypedArray } from '../dtype.js';
import type { KernelTable } from '../table.js';
import { jsKernels } from './kernels.js';

type View = (argument: unknown) => TypedArray | undefined;

/**
 * Kernels on typed arrays, over handles.
 * @param view gives the typed array behind a handle, or undefined for an argument that is no handle
 * @param onCall is told the name of each kernel before it runs
 */
export function adapt<K extends object>(kernels: object, view: View, onCall?: (kernel: string) => void): K {
  const adapted: Record<string, unknown> = {};
  for (const [name, kernel] of Object.entries(kernels)) {
    adapted[name] = (...args: unknown[]): void => {
      onCall?.(name);
      kernel(...args.map((argument) => view(argument) ?? argument));
    };
  }
  return adapted as K;
}

/** The js kernels over handles of type `B`. */
export function adaptJsKernels<B extends Buffer>(view: View, onCall?: (kernel: string) => void): KernelTable<B> {
  return adapt(jsKernels, view, onCall);
}
