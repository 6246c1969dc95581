/** Runs a test on every device that this host has. */
import { createJsDevice, createWasmDevice, type Device, useDevice } from '@saccade/kernels';
import { memory } from '../src/index.js';

/** The devices, made once a file. One thread and plain SIMD: the same bits everywhere. */
export const devices: readonly Device[] = [createJsDevice(), createWasmDevice({ threads: 1, deterministic: true })];

type Register = (name: string, body: () => void | Promise<void>) => void;

/** Registers `body` once a device, with that device as the one for new tensors. */
export function onDevices(test: Register, name: string, body: (device: Device) => void | Promise<void>): void {
  for (const device of devices) {
    test(`${name} (${device.name})`, async () => {
      const before = useDevice(device);
      try {
        await body(device);
      } finally {
        useDevice(before);
      }
    });
  }
}

/** Throws unless `body`, outside of all scopes, leaves so many tensors more than there were, and no bytes without one. */
export function assertLeaves(count: number, body: () => void): void {
  const before = memory();
  body();
  const after = memory();
  if (after.tensors - before.tensors !== count) {
    throw new Error(`expected ${count} tensors to live on, got ${after.tensors - before.tensors}`);
  }
  if (count === 0 && after.bytes !== before.bytes) {
    throw new Error(`expected no bytes to stay in use, got ${after.bytes - before.bytes}`);
  }
}
