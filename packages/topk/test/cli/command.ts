/** The command `topk`, started from its source. */
import { type Ended, type Running, startCommand } from '@saccade/testing/command';

/** Starts it. @param cwd default: a new folder */
export function start(args: readonly string[], cwd?: string): Running {
  return startCommand(new URL('../../src/cli.ts', import.meta.url), args, { cwd });
}

/** Runs it to its end. */
export function topk(args: readonly string[], cwd?: string): Promise<Ended> {
  return start(args, cwd).ended;
}

/** Options with which training takes a moment. */
// biome-ignore format: pairs
export const tiny: readonly string[] = [
  '--size', '48x48', '--downscale', '2', '--scorer-channels', '2,2,2', '--patches', '2', '--patch-size', '16',
  '--epochs', '1', '--batch', '4', '--threads', '1',
];
