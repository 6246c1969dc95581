/** A file cannot be read or written. Its code is that of the libraries' errors of this kind. */
export class FileError extends Error {
  readonly code = 'io';

  /** @param problem as `cannot write x.png`; the cause says why */
  constructor(problem: string, cause: unknown) {
    super(`${problem} (${(cause as Error).message})`, { cause });
  }
}
