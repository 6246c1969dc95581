/** Where vectors of the host are computed with: a device whose memory the CPU sees. */
import { createJsDevice, createWasmDevice, currentDevice, type Device } from '@saccade/kernels';

let own: Device | undefined;

/** The current device, unless it is a GPU: then a `wasm` device of this package's own. Plain JavaScript where WebAssembly is forbidden. */
export function hostDevice(): Device {
  const device = currentDevice();
  if (device.readSync !== undefined) return device;
  if (own === undefined) {
    try {
      own = createWasmDevice();
    } catch {
      own = createJsDevice();
    }
  }
  return own;
}
