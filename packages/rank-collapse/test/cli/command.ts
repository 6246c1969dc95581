/** The command `rank-collapse`, started from its source. */
import { type Ended, type Running, startCommand } from '@saccade/testing/command';

/** Starts it. @param cwd default: a new folder */
export function start(args: readonly string[], cwd?: string): Running {
  return startCommand(new URL('../../src/cli.ts', import.meta.url), args, { cwd });
}

/** Runs it to its end. */
export function rankCollapse(args: readonly string[], cwd?: string): Promise<Ended> {
  return start(args, cwd).ended;
}
