/** Files that are there whole or not at all. */
import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { SaccadeError } from '@saccade/tensor';

/** Writes to another name first. @throws {SaccadeError} with code `io` if it cannot be written */
export function writeFile(path: string, content: Uint8Array | string): void {
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    writeFileSync(temporary, content);
    renameSync(temporary, path);
  } catch (cause) {
    rmSync(temporary, { force: true });
    throw new SaccadeError('io', `cannot write ${path} (${(cause as Error).message})`, { cause });
  }
}
