/** A canvas that writes down what is called, for machines without one; the calls can be done again in a browser. */
import type { AnyCanvas } from '../../src/index.js';

/** A method with its arguments, or a property with the value that it got. */
export type CanvasCall = readonly [name: string, ...args: unknown[]];

/** A canvas and all that was done to its context. */
export function recordingCanvas(): { readonly canvas: AnyCanvas; readonly calls: readonly CanvasCall[] } {
  const calls: CanvasCall[] = [];
  const context = new Proxy(
    {},
    {
      get:
        (_, name) =>
        (...args: unknown[]) =>
          void calls.push([String(name), ...args]),
      set: (_, name, value) => calls.push([String(name), value]) > 0,
    },
  );
  return { canvas: { width: 0, height: 0, getContext: () => context } as unknown as AnyCanvas, calls };
}
