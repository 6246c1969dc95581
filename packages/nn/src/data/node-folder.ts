/** The few file functions of Node that data readers need, reached so that a browser bundle has nothing to resolve. */
import { DeviceError } from '@saccade/tensor';

/** An open file, as far as it is used here. */
export interface OpenFile {
  read(buffer: Uint8Array, offset: number, length: number, position: null): Promise<{ readonly bytesRead: number }>;
  close(): Promise<void>;
}

/** An entry of a folder. Symbolic links are neither files nor folders. */
export interface FolderEntry {
  readonly name: string;
  isFile(): boolean;
  isDirectory(): boolean;
}

/** `node:fs/promises` and `node:url`, as far as they are used here. */
export interface NodeFolders {
  open(path: string): Promise<OpenFile>;
  list(path: string): Promise<FolderEntry[]>;
  readFile(path: string, signal?: AbortSignal): Promise<Uint8Array>;
  pathOf(url: URL): string;
}

interface FileModule {
  open(path: string, flags: string): Promise<OpenFile>;
  readdir(path: string, options: { readonly withFileTypes: true }): Promise<FolderEntry[]>;
  readFile(path: string, options: { readonly signal?: AbortSignal }): Promise<Uint8Array>;
}

interface NodeProcess {
  readonly getBuiltinModule?: (name: string) => unknown;
}

/**
 * Access to files and folders by path.
 *
 * @param what how an error names the operation
 * @throws DeviceError where there are no paths, as in a browser
 */
export function nodeFolders(what: string): NodeFolders {
  const load = (globalThis as { process?: NodeProcess }).process?.getBuiltinModule;
  const files = load?.('node:fs/promises') as FileModule | undefined;
  const urls = load?.('node:url') as { fileURLToPath(url: URL): string } | undefined;
  if (files === undefined || urls === undefined) {
    throw new DeviceError(`${what}: this host has no files by path; pass a File, a Blob, a URL object or bytes`);
  }
  return {
    open: (path) => files.open(path, 'r'),
    list: (path) => files.readdir(path, { withFileTypes: true }),
    readFile: (path, signal) => files.readFile(path, signal === undefined ? {} : { signal }),
    pathOf: (url) => urls.fileURLToPath(url),
  };
}
