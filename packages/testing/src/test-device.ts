// Which device a run tests: the CPU's, unless the page's address names a GPU (tests/browser).

/** The device under test; tests of other devices are left to other runs. */
export type TestDevice = 'wasm' | 'webgpu' | 'webgl2';

const { location } = globalThis as { location?: { search: string } };

/** The device under test. */
export const testDevice: TestDevice = (new URLSearchParams(location?.search).get('device') ?? 'wasm') as TestDevice;
