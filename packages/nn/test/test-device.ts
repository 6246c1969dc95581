/** Puts new tensors on the device under test: the CPU's, or in tests/browser a GPU. */
import { init } from '@saccade/tensor';
import { testDevice } from '@saccade/testing';

/** Registers what has to happen before the tests of a file. */
export function onTestDevice(test: { before(hook: () => Promise<void>): void }): void {
  test.before(async () => {
    const device = await init({ device: testDevice });
    if (device.name !== testDevice) throw new Error(`${testDevice} could not be had: ${device.info.reason}`);
  });
}
