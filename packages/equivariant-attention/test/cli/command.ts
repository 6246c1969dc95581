/** The command `equivariant-attention`, started from its source. */
import { type Ended, type Running, startCommand } from '@saccade/testing/command';

/** Starts it. @param cwd default: a new folder */
export function start(args: readonly string[], cwd?: string): Running {
  return startCommand(new URL('../../src/cli.ts', import.meta.url), args, { cwd });
}

/** Runs it to its end. */
export function equivariantAttention(args: readonly string[], cwd?: string): Promise<Ended> {
  return start(args, cwd).ended;
}

/** Options with which training takes a moment. */
// biome-ignore format: pairs
export const tiny: readonly string[] = [
  '--limit', '40', '--channels', '8', '--heads', '1', '--epochs', '1', '--batch', '12', '--threads', '1',
];
