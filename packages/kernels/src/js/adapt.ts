/** Lets kernels written on typed arrays run on a device's buffers. */
import type { Buffer } from '../device.js';
import type { TypedArray } from '../dtype.js';
import type { KernelName, KernelTable } from '../table.js';
import { jsKernels } from './kernels.js';

/**
 * The js kernels over handles of type `B`.
 * @param view gives the typed array behind a handle, or undefined for an argument that is no handle
 * @param onCall is told the name of each kernel before it runs
 */
export function adaptJsKernels<B extends Buffer>(
  view: (argument: unknown) => TypedArray | undefined,
  onCall?: (kernel: KernelName) => void,
): KernelTable<B> {
  const adapted: Record<string, unknown> = {};
  for (const name of Object.keys(jsKernels) as KernelName[]) {
    const kernel = jsKernels[name] as (...args: unknown[]) => void;
    adapted[name] = (...args: unknown[]): void => {
      onCall?.(name);
      kernel(...args.map((argument) => view(argument) ?? argument));
    };
  }
  return adapted as unknown as KernelTable<B>;
}
