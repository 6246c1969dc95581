/** Starts every peer that this Node can run; says which it cannot, and why. */
import { type GpuJs, startGpuJs } from './gpujs.js';
import { type Jax, startJax } from './jax.js';
import { startTfjs, type Tfjs } from './tfjs.js';

export interface Peers {
  readonly tfjs: Tfjs | undefined;
  readonly jax: Jax | undefined;
  readonly gpujs: GpuJs | undefined;
  /** Peer and reason. */
  readonly missing: readonly string[];
}

export async function startPeers(): Promise<Peers> {
  const missing: string[] = [];
  const attempt = async <P>(name: string, start: () => Promise<P>): Promise<P | undefined> => {
    try {
      return await start();
    } catch (error) {
      missing.push(`${name} does not run on Node ${process.version}: ${(error as Error).message}`);
      return undefined;
    }
  };
  return {
    tfjs: await attempt('tfjs', startTfjs),
    jax: await attempt('jax-js', startJax),
    gpujs: await attempt('gpu.js', startGpuJs),
    missing,
  };
}
