// Which device a run tests: the CPU's, unless the page's address names a GPU (tests/browser).

/** The device under test; tests of other devices are left to other runs. */
export type TestDevice = 'wasm' | 'webgpu' | 'webgl2';

const { location } = globalThis as { location?: { search: string } };

/** The device under test. */
export const testDevice: TestDevice = (new URLSearchParams(location?.search).get('device') ?? 'wasm') as TestDevice;

interface Started {
  readonly name: string;
  readonly info: { readonly reason: string };
}

/** Registers that new tensors are on the device under test before the tests of a file run. @param init that of the kernels */
export function onTestDevice(
  test: { before(hook: () => Promise<void>): void },
  init: (options: { device: TestDevice }) => Promise<Started>,
): void {
  test.before(async () => {
    const { name, info } = await init({ device: testDevice });
    if (name !== testDevice) throw new Error(`${testDevice} could not be had: ${info.reason}`);
  });
}
