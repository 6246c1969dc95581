/** The `webgpu` and `webgl2` devices. */
import { copyOut } from '../copy-out.js';
import type { Buffer, Device } from '../device.js';
import { DeviceError, DTypeError } from '../errors.js';
import { extender, type KernelExtension } from '../extension.js';
import type { KernelName, KernelTable } from '../table.js';
import type { Backend } from './backend.js';
import { GpuBuffer } from './buffer.js';
import { GpuRuntime } from './runtime.js';
import { written } from './written.js';

/** A device on a started backend. @param fallback makes the CPU device that takes what the GPU does not do */
export function deviceOn(backend: Backend, reason: string, fallback: () => Device): Device {
  const { name, adapter } = backend;
  const runtime = new GpuRuntime(backend, fallback);
  const own = (buffer: Buffer): GpuBuffer => {
    if (buffer instanceof GpuBuffer) return buffer;
    throw new DeviceError(`${name}: this buffer belongs to another device`);
  };
  const kernels: Record<string, unknown> = {};
  for (const kernel of Object.keys(written) as KernelName[]) {
    kernels[kernel] = (...args: unknown[]): void => runtime.call(kernel, args);
  }
  const device: Device = {
    name,
    info: { name, threads: 1, arithmetic: adapter, reason },
    kernels: kernels as unknown as KernelTable<Buffer>,
    extend: extender(<K extends object>(extension: KernelExtension<K>): K => {
      const own: Record<string, unknown> = {};
      for (const kernel of Object.keys(extension.js) as (keyof K & string)[]) {
        const composed = extension.composed?.[kernel] as ((...args: unknown[]) => void) | undefined;
        own[kernel] = composed
          ? (...args: unknown[]): void => composed(device, ...args)
          : (...args: unknown[]): void => runtime.callOwn(extension, kernel, args);
      }
      return own as K;
    }),
    supports: (dtype) => dtype !== 'float64',
    allocate(dtype, length) {
      if (dtype === 'float64') throw new DTypeError(`${name}: has no float64; init({ device: 'wasm' }) has`);
      runtime.requireGpu();
      return runtime.allocate(dtype, length);
    },
    release: (buffer) => runtime.release(own(buffer)),
    write: (buffer, values) => runtime.write(own(buffer), values),
    read(buffer, into) {
      const values = runtime.read(own(buffer));
      return into === undefined ? values : values.then((array) => copyOut(buffer, array, into));
    },
    readSync: undefined,
    memory: () => runtime.memory(),
    ready: () => runtime.ready(),
    report: () => runtime.report(),
    dispose: () => runtime.dispose(),
  };
  return device;
}
