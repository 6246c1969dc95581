/** The few file functions of Node that formats need, reached so that a browser bundle has nothing to resolve. */
import { DeviceError, SaccadeError } from '@saccade/kernels';

/** An open file, as far as it is used here. */
export interface NodeFile {
  stat(): Promise<{ readonly size: number; isFile(): boolean }>;
  read(
    buffer: Uint8Array,
    offset: number,
    length: number,
    position: number | null,
  ): Promise<{ readonly bytesRead: number }>;
  write(
    buffer: Uint8Array,
    offset: number,
    length: number,
    position: number | null,
  ): Promise<{ readonly bytesWritten: number }>;
  sync(): Promise<void>;
  close(): Promise<void>;
}

/** An entry of a folder. Symbolic links are neither files nor folders. */
export interface FolderEntry {
  readonly name: string;
  isFile(): boolean;
  isDirectory(): boolean;
}

/** `node:fs/promises`, `node:url` and `node:path`, as far as readers and writers use them. */
export interface NodeFiles {
  open(path: string, flags: string): Promise<NodeFile>;
  rename(from: string, to: string): Promise<void>;
  unlink(path: string): Promise<void>;
  /** @throws {SaccadeError} with code `io` if the folder cannot be listed */
  list(path: string): Promise<FolderEntry[]>;
  readFile(path: string, signal?: AbortSignal): Promise<Uint8Array>;
  pathOf(url: URL): string;
  /** The path of the file of this name in the folder of `path`. */
  beside(path: string, name: string): string;
}

interface FileModule extends Pick<NodeFiles, 'open' | 'rename' | 'unlink'> {
  readdir(path: string, options: { readonly withFileTypes: true }): Promise<FolderEntry[]>;
  readFile(path: string, options: { readonly signal?: AbortSignal }): Promise<Uint8Array>;
}

interface NodeProcess {
  readonly getBuiltinModule?: (name: string) => unknown;
}

/**
 * Access to files by path.
 *
 * @param what how an error names the operation
 * @throws {DeviceError} where there are no paths, as in a browser
 */
export function nodeFiles(what: string): NodeFiles {
  const load = (globalThis as { process?: NodeProcess }).process?.getBuiltinModule;
  const promises = load?.('node:fs/promises') as FileModule | undefined;
  const urls = load?.('node:url') as { fileURLToPath(url: URL): string } | undefined;
  const paths = load?.('node:path') as { join(...parts: string[]): string; dirname(path: string): string } | undefined;
  if (promises === undefined || urls === undefined || paths === undefined) {
    throw new DeviceError(`${what}: this host has no files by path; pass a File, a Blob, a URL object or bytes`);
  }
  return {
    open: (path, flags) => promises.open(path, flags),
    rename: (from, to) => promises.rename(from, to),
    unlink: (path) => promises.unlink(path),
    list: (path) =>
      promises.readdir(path, { withFileTypes: true }).catch((cause: unknown) => {
        throw new SaccadeError('io', `${what}: ${path}: cannot be listed (${(cause as Error).message})`, { cause });
      }),
    readFile: (path, signal) => promises.readFile(path, signal === undefined ? {} : { signal }),
    pathOf: (url) => urls.fileURLToPath(url),
    beside: (path, name) => paths.join(paths.dirname(path), name),
  };
}
