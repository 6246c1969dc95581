/** The command, started on folders of fixtures. */
import { fileURLToPath } from 'node:url';
import { type Ended, type Running, startCommand } from '@saccade/testing/command';

/** The path of a folder of fixtures. */
export function fixture(name: string): string {
  return fileURLToPath(new URL(`fixtures/${name}`, import.meta.url));
}

/** Starts it, without the data folder that a person may have set. */
export function start(args: readonly string[]): Running {
  return startCommand(new URL('../src/main.ts', import.meta.url), args, { env: { SACCADE_DATA: undefined } });
}

/** Runs it to its end. */
export function command(args: readonly string[]): Promise<Ended> {
  return start(args).ended;
}
