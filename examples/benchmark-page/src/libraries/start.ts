/** Starts every library that this host can run; says which it cannot, and why. */
import type { DeviceInfo } from '@saccade/kernels';
import type { Library } from '../bench/run-case.js';
import { startJax } from './jax.js';
import { startSaccade } from './saccade.js';
import { startTfjs } from './tfjs.js';

export interface Started {
  /** Ours on the CPU comes first. */
  readonly libraries: readonly Library[];
  /** What our devices say of themselves. */
  readonly devices: readonly DeviceInfo[];
  /** Who is left out, and why. */
  readonly missing: readonly string[];
}

export async function startLibraries(): Promise<Started> {
  const ours = [await startSaccade('wasm')];
  const peers: Library[] = [];
  const missing: string[] = [];
  const attempt = async (name: string, start: () => Promise<void>): Promise<void> => {
    try {
      await start();
    } catch (error) {
      missing.push(`${name}: ${error instanceof Error ? error.message : error}`);
    }
  };
  for (const name of ['webgpu', 'webgl2'] as const) {
    await attempt(`saccade ${name}`, async () => void ours.push(await startSaccade(name)));
  }
  for (const name of ['webgpu', 'webgl'] as const) {
    await attempt(`tfjs ${name}`, async () => void peers.push(await startTfjs(name)));
  }
  await attempt('jax-js webgpu', async () => void peers.push(await startJax()));
  return { libraries: [...ours, ...peers], devices: ours.map(({ device }) => device.info), missing };
}
