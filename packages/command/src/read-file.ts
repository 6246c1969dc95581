/** Reading files, whole or their first bytes. */
import { closeSync, existsSync, openSync, readFileSync, readSync } from 'node:fs';
import { FileError } from './file-error.js';

/** The bytes of a file. @throws {FileError} */
export function readFile(path: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (cause) {
    throw new FileError(`cannot read ${path}`, cause);
  }
}

/** The bytes of a file; undefined where there is none. @throws {FileError} if it cannot be read */
export function readIfThere(path: string): Uint8Array | undefined {
  return existsSync(path) ? readFile(path) : undefined;
}

/** The first bytes of a file, at most `length`. @throws {FileError} */
export function readStart(path: string, length: number): Uint8Array {
  const start = new Uint8Array(length);
  try {
    const file = openSync(path, 'r');
    try {
      return start.subarray(0, readSync(file, start));
    } finally {
      closeSync(file);
    }
  } catch (cause) {
    throw new FileError(`cannot read ${path}`, cause);
  }
}
