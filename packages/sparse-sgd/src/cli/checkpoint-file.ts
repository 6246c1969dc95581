/** Where a run is saved, and how to go on with it. */
import { existsSync, readFileSync } from 'node:fs';
import { SaccadeError } from '@saccade/tensor';
import { UsageError } from './arguments.js';
import type { FileOptions } from './train-options.js';

/** The bytes of a file; undefined where there is none. @throws {SaccadeError} with code `io` if it cannot be read */
export function readIfThere(path: string): Uint8Array | undefined {
  if (!existsSync(path)) return undefined;
  try {
    return readFileSync(path);
  } catch (cause) {
    throw new SaccadeError('io', `cannot read ${path} (${(cause as Error).message})`, { cause });
  }
}

/** @throws {UsageError} where something lies that nobody asked to go on with */
export function checkCheckpoint({ checkpoint, resume }: Pick<FileOptions, 'checkpoint' | 'resume'>): void {
  if (checkpoint === undefined || resume || !existsSync(checkpoint)) return;
  throw new UsageError(`there is a run in ${checkpoint}: go on with --resume, or remove it`);
}

/** How the command is called: by way of npx where it was. */
export function commandName(): string {
  return process.env.npm_command === 'exec' ? 'npx @saccade/sparse-sgd' : 'sparse-sgd';
}

/** Words as a shell takes them. */
export function shellWords(words: readonly string[]): string {
  return words.map((word) => (/^[\w./:,=@%+-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`)).join(' ');
}

/** How to go on with a run of `train`. */
export function resumeCommand(args: readonly string[]): string {
  const again = args.includes('--resume') ? args : [...args, '--resume'];
  return `${commandName()} ${shellWords(['train', ...again])}`;
}
