/** The few file functions of Node that formats need, reached so that a browser bundle has nothing to resolve. */
import { DeviceError } from '@saccade/kernels';

/** An open file, as far as it is used here. */
export interface NodeFile {
  stat(): Promise<{ readonly size: number; isFile(): boolean }>;
  read(buffer: Uint8Array, offset: number, length: number, position: number): Promise<{ readonly bytesRead: number }>;
  write(
    buffer: Uint8Array,
    offset: number,
    length: number,
    position: number | null,
  ): Promise<{ readonly bytesWritten: number }>;
  sync(): Promise<void>;
  close(): Promise<void>;
}

/** `node:fs/promises` and `node:url`, as far as they are used here. */
export interface NodeFiles {
  open(path: string, flags: string): Promise<NodeFile>;
  rename(from: string, to: string): Promise<void>;
  unlink(path: string): Promise<void>;
  pathOf(url: URL): string;
}

interface NodeProcess {
  readonly getBuiltinModule?: (name: string) => unknown;
}

/**
 * Access to files by path.
 *
 * @param what how an error names the operation
 * @throws DeviceError where there are no paths, as in a browser
 */
export function nodeFiles(what: string): NodeFiles {
  const load = (globalThis as { process?: NodeProcess }).process?.getBuiltinModule;
  const promises = load?.('node:fs/promises') as Pick<NodeFiles, 'open' | 'rename' | 'unlink'> | undefined;
  const urls = load?.('node:url') as { fileURLToPath(url: URL): string } | undefined;
  if (promises === undefined || urls === undefined) {
    throw new DeviceError(`${what}: this host has no files by path; pass a File, a Blob, a URL object or bytes`);
  }
  return {
    open: (path, flags) => promises.open(path, flags),
    rename: (from, to) => promises.rename(from, to),
    unlink: (path) => promises.unlink(path),
    pathOf: (url) => urls.fileURLToPath(url),
  };
}
