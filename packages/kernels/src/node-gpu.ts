/** WebGPU for Node: the runtime's own `navigator.gpu`, else the optional peer `webgpu` (Dawn). */
import { DeviceError } from './errors.js';

/** Sees to it that `navigator.gpu` is there. @throws {DeviceError} saying why Dawn cannot be used, in Node */
export async function provideNodeGpu(): Promise<void> {
  const host = globalThis as { navigator?: { gpu?: unknown }; process?: { versions?: { node?: string } } };
  if (host.navigator?.gpu !== undefined || host.process?.versions?.node === undefined) return;
  const name: string = 'webgpu';
  try {
    // A name that bundlers cannot see: the package is the user's own, and native.
    const dawn = (await import(/* @vite-ignore */ /* webpackIgnore: true */ name)) as {
      create(flags: string[]): unknown;
      globals: object;
    };
    Object.assign(globalThis, dawn.globals);
    const gpu = dawn.create([]);
    if (host.navigator) Object.defineProperty(host.navigator, 'gpu', { value: gpu, configurable: true });
    else Object.defineProperty(globalThis, 'navigator', { value: { gpu }, configurable: true });
  } catch (cause) {
    const missing = (cause as { code?: string }).code === 'ERR_MODULE_NOT_FOUND';
    const why = missing ? "install the optional package 'webgpu' for it" : String((cause as Error).message ?? cause);
    throw new DeviceError(`webgpu: this Node has no navigator.gpu; ${why}`, { cause });
  }
}
