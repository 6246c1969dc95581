/** Files that are there whole or not at all. */
import { existsSync, lstatSync, realpathSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { FileError } from './file-error.js';
import { UsageError } from './usage-error.js';

/** Where a path leads, if its file can be replaced as a whole; undefined for a pipe, a device, a folder, and a link to nothing. */
function replaceable(path: string): string | undefined {
  if (existsSync(path)) return statSync(path).isFile() ? realpathSync(path) : undefined;
  return lstatSync(path, { throwIfNoEntry: false }) === undefined ? path : undefined;
}

function replace(path: string, content: Uint8Array | string): void {
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    writeFileSync(temporary, content);
    renameSync(temporary, path);
  } catch (cause) {
    rmSync(temporary, { force: true });
    throw cause;
  }
}

/**
 * Writes to another name first. A link stays, and its file is replaced; what is no regular file, such as a pipe, is written to as it is.
 * @throws {FileError} if it cannot be written; a file that was there before is left as it was
 */
export function writeFile(path: string, content: Uint8Array | string): void {
  try {
    const target = replaceable(path);
    if (target === undefined) writeFileSync(path, content);
    else replace(target, content);
  } catch (cause) {
    throw new FileError(`cannot write ${path}`, cause);
  }
}

function isFolder(path: string): boolean {
  return existsSync(path) && statSync(path).isDirectory();
}

/** Looks before hours of work whether files can be there. @param paths by the names of their options @throws {UsageError} where a folder is missing, or stands in the file's place */
export function requireFolders(paths: Readonly<Record<string, string | undefined>>): void {
  for (const [name, path] of Object.entries(paths)) {
    if (path === undefined) continue;
    if (!isFolder(dirname(path))) throw new UsageError(`--${name}: there is no folder ${dirname(path)} for ${path}`);
    if (isFolder(path) || path.endsWith('/')) throw new UsageError(`--${name}: ${path} is a folder, expected a file`);
  }
}
