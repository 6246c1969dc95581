/** What it means to read a file in pieces, wherever it lies. */

/**
 * Where a file comes from: a path (in Node), a URL object (`file:`, `http:`, `https:`, `data:` or `blob:`), a File or
 * Blob, or the bytes themselves.
 */
export type FileSource = string | URL | Blob | Uint8Array;

/** Options of every function that opens a file. */
export interface OpenOptions {
  /** Aborts downloads. Default: none. */
  readonly signal?: AbortSignal | undefined;
}

/** Bytes of known size that can be read in pieces. */
export interface ByteSource {
  /** How an error names the source. */
  readonly label: string;
  readonly size: number;
  /** The bytes from `begin` up to, not including, `end`; both within the size. */
  read(begin: number, end: number): Promise<Uint8Array>;
  close(): Promise<void>;
}
