/** gpu.js in its `webasm` mode: SIMD WebAssembly generated from the kernel's source, one thread. */
import { requirePeer } from './install.js';

/** An array with its extents, innermost first. */
type GpuInput = object;
type GpuResult = Float32Array | Float32Array[];
export interface GpuKernel {
  (...inputs: (GpuInput | Float32Array)[]): GpuResult;
  destroy(): void;
  readonly kernel: { readonly fallbackReason: string | null; readonly constructor: { readonly mode: string } };
}

interface KernelSettings {
  output: number[];
  constants: Record<string, number>;
  loopMaxIterations: number;
  /** Gives typed arrays, not nested plain ones. */
  pipeline: boolean;
}

export interface GpuJs {
  input(values: Float32Array, extents: number[]): GpuInput;
  createKernel(source: string, settings: KernelSettings): GpuKernel;
}

interface GpuJsModule {
  GPU: new (options: { mode: string }) => { createKernel: GpuJs['createKernel'] };
  input: GpuJs['input'];
}

export async function startGpuJs(): Promise<GpuJs> {
  const { GPU, input } = requirePeer('gpu.js') as GpuJsModule;
  const gpu = new GPU({ mode: 'webasm' });
  return { input, createKernel: (source, settings) => gpu.createKernel(source, settings) };
}

/** The values in one array. */
export function flatten(result: GpuResult): Float32Array {
  if (result instanceof Float32Array) return result;
  const flat = new Float32Array(result.reduce((length, row) => length + row.length, 0));
  let at = 0;
  for (const row of result) {
    flat.set(row, at);
    at += row.length;
  }
  return flat;
}
