/** Kernels that a package brings along for itself: declared once, run on every device beside the table. */
import type { Buffer, Device } from './device.js';
import type { TypedArray } from './dtype.js';
import type { WasmBuffer } from './wasm/buffer.js';
import type { WasmRuntime } from './wasm/runtime.js';

type Swap<A, B> = A extends Buffer ? B : A;

/** The kernels of `K`, written on another kind of buffer. */
export type KernelsOn<B, K> = {
  readonly [Name in keyof K]: K[Name] extends (...args: infer A) => void
    ? (...args: { [I in keyof A]: Swap<A[I], B> }) => void
    : never;
};

/** The package's WebAssembly: what `scripts/wasm.mjs` makes of its `assembly/` folder, and how its exports are called. */
export interface WasmExtension<K> {
  /** The text of `src/wasm/binaries.gen.ts`. The module imports `env.memory` and nothing else. */
  readonly binary: string;
  /** The kernels on blocks of the heap; export `f` is called as `'<name>.f'`. What is left out runs as JavaScript, and is counted. */
  kernels(runtime: WasmRuntime): Partial<KernelsOn<WasmBuffer, K>>;
  /** Those that know float64 buffers. Where one is given to another, the call runs as JavaScript, and is counted. Default none. */
  readonly float64?: readonly (keyof K)[] | undefined;
}

/**
 * Kernels `K`: an interface of functions over `Buffer`s and numbers that return nothing, as those of the table are.
 * `device.extend(extension)` gives them on a device.
 */
export interface KernelExtension<K> {
  /** The package's short name; it sets its kernels apart from those of other packages. */
  readonly name: string;
  /** Every kernel on typed arrays, obviously right: the oracle, and what runs where there is no WebAssembly. */
  readonly js: KernelsOn<TypedArray, K>;
  readonly wasm: WasmExtension<K>;
  /** What GPUs do for a kernel: the same, from the kernels of the table. For others they send the call to the CPU. */
  readonly composed?: {
    readonly [Name in keyof K]?: K[Name] extends (...args: infer A) => void
      ? (device: Device, ...args: A) => void
      : never;
  };
  /** Which arguments of a kernel it writes; GPUs take them back from the CPU. */
  readonly written: { readonly [Name in keyof K]: readonly number[] };
}

/** `device.extend`: makes a package's kernels when they are first asked for, and remembers them. */
export function extender(
  make: <K extends object>(extension: KernelExtension<K>) => K,
): <K extends object>(extension: KernelExtension<K>) => K {
  const made = new Map<string, object>();
  return <K extends object>(extension: KernelExtension<K>): K => {
    const kernels = (made.get(extension.name) as K | undefined) ?? make(extension);
    made.set(extension.name, kernels);
    return kernels;
  };
}
