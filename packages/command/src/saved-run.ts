/** A run that is saved in a file, and gone on with by `--resume`. */
import { existsSync } from 'node:fs';
import { tell } from './print.js';
import { UsageError } from './usage-error.js';

/** Where a run is saved, and whether somebody asked to go on with it. */
export interface SavedRun {
  readonly checkpoint: string | undefined;
  readonly resume: boolean;
}

/** @throws {UsageError} where a run lies that nobody asked to go on with */
export function requireNewRun({ checkpoint, resume }: SavedRun): void {
  if (checkpoint === undefined || resume || !existsSync(checkpoint)) return;
  throw new UsageError(`there is a run in ${checkpoint}: go on with --resume, or remove it`);
}

/** Tells those who asked to go on whether there is something to go on with. */
export async function tellResumed({ checkpoint, resume }: SavedRun): Promise<void> {
  if (checkpoint === undefined || !resume) return;
  await tell(existsSync(checkpoint) ? `goes on from ${checkpoint}` : `no ${checkpoint} yet: begins`);
}

/** Tells after Ctrl-C where the run is. @param command how to go on @returns the exit status */
export async function tellSaved(checkpoint: string, command: string): Promise<number> {
  await tell(`stopped by Ctrl-C; the run is saved in ${checkpoint}. To go on:\n  ${command}`);
  return 130;
}
