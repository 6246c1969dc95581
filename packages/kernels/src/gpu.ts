/** The entry `@saccade/kernels/gpu`: the kernel table on the GPU, through gpu.js. `init` loads it when a GPU is asked for. */
import type { Device } from './device.js';
import { DeviceError } from './errors.js';
import type { Backend } from './gpu/backend.js';
import { deviceOn } from './gpu/device.js';
import { startWebGl2 } from './gpu/webgl2.js';
import { startWebGpu } from './gpu/webgpu.js';
import { provideNodeGpu } from './node-gpu.js';

/** What `createGpuDevice` takes. */
export interface GpuOptions {
  /** `'webgpu'` and `'webgl2'` take what is there, software too; `'auto'` takes the first of them that is a real GPU. */
  readonly device: 'auto' | 'webgpu' | 'webgl2';
  /** Makes the CPU device that computes what the GPU does not; called when first needed. */
  readonly fallback: () => Device;
}

async function start(name: 'webgpu' | 'webgl2'): Promise<Backend> {
  if (name === 'webgl2') return startWebGl2();
  await provideNodeGpu();
  return await startWebGpu();
}

/**
 * A device on the GPU.
 * @throws {DeviceError} where it cannot be had; the message says why
 */
export async function createGpuDevice({ device, fallback }: GpuOptions): Promise<Device> {
  if (device !== 'auto') return deviceOn(await start(device), 'asked for', fallback);
  const reasons: string[] = [];
  for (const name of ['webgpu', 'webgl2'] as const) {
    try {
      const backend = await start(name);
      if (!backend.software) {
        const after = reasons.length > 0 ? `, after ${reasons.join('; ')}` : '';
        return deviceOn(backend, `the first real GPU found${after}`, fallback);
      }
      reasons.push(`${name}: ${backend.adapter} is software, slower than the wasm device`);
      backend.dispose();
    } catch (error) {
      if (!(error instanceof DeviceError)) throw error;
      reasons.push(error.message);
    }
  }
  throw new DeviceError(reasons.join('; '));
}
