/** Files that are there whole or not at all. */
import { existsSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { FileError } from './file-error.js';
import { UsageError } from './usage-error.js';

/** Writes to another name first. @throws {FileError} if it cannot be written; what was there before is left as it was */
export function writeFile(path: string, content: Uint8Array | string): void {
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    writeFileSync(temporary, content);
    renameSync(temporary, path);
  } catch (cause) {
    rmSync(temporary, { force: true });
    throw new FileError(`cannot write ${path}`, cause);
  }
}

/** Looks before hours of work whether files can be there. @param paths by the names of their options @throws {UsageError} where a folder is missing */
export function requireFolders(paths: Readonly<Record<string, string | undefined>>): void {
  for (const [name, path] of Object.entries(paths)) {
    if (path === undefined || existsSync(dirname(path))) continue;
    throw new UsageError(`--${name}: there is no folder ${dirname(path)} for ${path}`);
  }
}
