/** The command `attention-conv`, started from its source, and files for it. */
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { dispose, Rng, saveSafetensors } from '@saccade/tensor';
import { type Ended, startCommand } from '@saccade/testing/command';
import { networkLayers, networkWeights } from '../files/networks.js';

/** Runs it to its end. @param cwd default: a new folder */
export function attentionConv(args: readonly string[], cwd?: string): Promise<Ended> {
  return startCommand(new URL('../../src/cli.ts', import.meta.url), args, { cwd }).ended;
}

/** Writes a network into a folder: `cnn.safetensors`, for images of 6 x 6 pixels, and `layers.json`. */
export async function writeNetwork(folder: string, seed = 1): Promise<void> {
  const tensors = networkWeights(new Rng(seed));
  await saveSafetensors(join(folder, 'cnn.safetensors'), tensors);
  dispose(tensors);
  writeFileSync(join(folder, 'layers.json'), JSON.stringify(networkLayers));
}

/** All that is in a folder. */
export function filesOf(folder: string): string[] {
  return readdirSync(folder).sort();
}
