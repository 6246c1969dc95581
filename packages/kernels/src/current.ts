/** Which device new tensors live on: chosen by `init`, or by the first operation. */
import type { Device } from './device.js';
import { DeviceError, OptionError } from './errors.js';
import { createJsDevice } from './js/device.js';
import { provideNodeGpu } from './node-gpu.js';
import { checkWasmOptions, createWasmDevice, type WasmOptions } from './wasm/device.js';

/** What `init` takes. */
export interface InitOptions extends WasmOptions {
  /**
   * `'auto'` takes a real GPU if there is one (never one that software plays), else `wasm`. `'webgpu'` and `'webgl2'` take
   * such a GPU whatever plays it. Where it cannot be had, all works on the CPU and `device.info.reason` says why.
   * Default `'auto'`.
   */
  device?: 'auto' | 'wasm' | 'webgpu' | 'webgl2' | 'js' | undefined;
}

/** Shared by the ESM and CommonJS copies of this package, should both be loaded. */
const slot = Symbol.for('@saccade/kernels:device');
const shared = globalThis as { [slot]?: Device | undefined };

/** Starts `wasm`, or `js` where the host forbids WebAssembly, with one warning. */
function startCpu(options: WasmOptions): Device {
  try {
    return createWasmDevice(options);
  } catch (cause) {
    if (!(cause instanceof DeviceError)) throw cause;
    console.warn(`saccade: ${cause.message}; running on the slow 'js' device instead`);
    return createJsDevice(`wasm could not start: ${cause.message}`);
  }
}

/** The device, with one more reason why it was chosen. */
function because(reason: string, device: Device): Device {
  return { ...device, info: { ...device.info, reason: `${reason}; ${device.info.reason}` } };
}

/** Starts a GPU, or the CPU where that fails: quietly if nobody asked for a GPU by name. */
async function startGpu(name: 'auto' | 'webgpu' | 'webgl2', options: WasmOptions): Promise<Device> {
  try {
    // Before gpu.js is loaded: most hosts of Node need it not.
    if (name !== 'webgl2') await provideNodeGpu();
    const { createGpuDevice } = await import('./gpu.js');
    return await createGpuDevice({ device: name, fallback: () => startCpu(options) });
  } catch (cause) {
    if (!(cause instanceof DeviceError)) throw cause;
    if (name !== 'auto') console.warn(`saccade: ${cause.message}; running on the CPU instead`);
    return because(`no GPU could be had: ${cause.message}`, startCpu(options));
  }
}

const names = ['device', 'threads', 'deterministic', 'shareFrom'];

function checkNames(options: InitOptions): void {
  if (typeof options !== 'object' || options === null) {
    throw new OptionError(`init: expected options such as { device: 'wasm' }, got ${JSON.stringify(options)}`);
  }
  for (const name in options) {
    if (!names.includes(name)) throw new OptionError(`init: no option '${name}'; there are ${names.join(', ')}`);
  }
}

/**
 * Chooses the device for tensors made from now on. Its threads start with the first work that is worth sharing.
 * Tensors on an earlier device stay there and keep working among themselves.
 * @throws {OptionError} for an unknown option, device or thread count
 * @throws {DeviceError} if `wasm` was asked for by name and cannot start
 */
export async function init(options: InitOptions = {}): Promise<Device> {
  checkNames(options);
  checkWasmOptions(options);
  const name = options.device ?? 'auto';
  let device: Device;
  if (name === 'js') device = createJsDevice();
  else if (name === 'wasm') device = createWasmDevice(options);
  else if (name === 'auto' || name === 'webgpu' || name === 'webgl2') device = await startGpu(name, options);
  else {
    throw new OptionError(
      `init: device must be 'auto', 'wasm', 'webgpu', 'webgl2' or 'js', got ${JSON.stringify(name)}`,
    );
  }
  shared[slot] = device;
  return device;
}

/** The device for new tensors; starts the default one if none was chosen. */
export function currentDevice(): Device {
  shared[slot] ??= startCpu({});
  return shared[slot];
}

/** Makes `device` the one for new tensors; returns the one before, if there was one. */
export function useDevice(device: Device | undefined): Device | undefined {
  const before = shared[slot];
  shared[slot] = device;
  return before;
}
