/** Which device new tensors live on: chosen by `init`, or by the first operation. */
import type { Device } from './device.js';
import { DeviceError, OptionError } from './errors.js';
import { createJsDevice } from './js/device.js';
import { createWasmDevice, type WasmOptions } from './wasm/device.js';

/** What `init` takes. */
export interface InitOptions extends WasmOptions {
  /** `'auto'` takes the best device there is. Default `'auto'`. */
  device?: 'auto' | 'wasm' | 'js' | undefined;
}

/** Shared by the ESM and CommonJS copies of this package, should both be loaded. */
const slot = Symbol.for('@saccade/kernels:device');
const shared = globalThis as { [slot]?: Device | undefined };

/** Starts `wasm`, or `js` where the host forbids WebAssembly, with one warning. */
function startAuto(options: WasmOptions): Device {
  try {
    return createWasmDevice(options);
  } catch (cause) {
    if (!(cause instanceof DeviceError)) throw cause;
    console.warn(`saccade: ${cause.message}; running on the slow 'js' device instead`);
    return createJsDevice(`wasm could not start: ${cause.message}`);
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
 * @throws {DeviceError} if a device asked for by name cannot start
 */
export async function init(options: InitOptions = {}): Promise<Device> {
  checkNames(options);
  const name = options.device ?? 'auto';
  let device: Device;
  if (name === 'js') device = createJsDevice();
  else if (name === 'wasm') device = createWasmDevice(options);
  else if (name === 'auto') device = startAuto(options);
  else throw new OptionError(`init: device must be 'auto', 'wasm' or 'js', got ${JSON.stringify(name)}`);
  shared[slot] = device;
  return device;
}

/** The device for new tensors; starts the default one if none was chosen. */
export function currentDevice(): Device {
  shared[slot] ??= startAuto({});
  return shared[slot];
}

/** Makes `device` the one for new tensors; returns the one before, if there was one. */
export function useDevice(device: Device | undefined): Device | undefined {
  const before = shared[slot];
  shared[slot] = device;
  return before;
}
