/** Reading pieces of a file by path, in Node. */
import { FormatError, SaccadeError } from '@saccade/kernels';
import { allocateBytes } from './allocate-bytes.js';
import type { ByteSource } from './byte-source.js';
import { nodeFiles } from './node-files.js';

/** Node reads at most 2 GiB at once; this is 1 GiB. */
const maxReadBytes = 1_073_741_824;

/**
 * Opens a file for reading in pieces; of a file larger than memory only the pieces are held.
 *
 * @param path a path or a `file:` URL
 * @param what name of the operation, for errors
 * @throws {SaccadeError} with code `io` if the path cannot be opened or is no regular file
 * @throws {FormatError} later, if the file has become shorter
 */
export async function openFileSource(path: string | URL, what: string): Promise<ByteSource> {
  const files = nodeFiles(what);
  const name = typeof path === 'string' ? path : files.pathOf(path);
  const label = `${what}: ${name}`;
  const file = await files.open(name, 'r').catch((cause: unknown) => {
    throw new SaccadeError('io', `${label}: cannot be opened (${(cause as Error).message})`, { cause });
  });
  const { size, regular } = await file.stat().then((stat) => ({ size: stat.size, regular: stat.isFile() }));
  if (!regular) {
    await file.close();
    throw new SaccadeError('io', `${label}: is no regular file`);
  }
  return {
    label,
    size,
    async read(begin, end) {
      const bytes = allocateBytes(end - begin, label);
      let done = 0;
      while (done < bytes.length) {
        const length = Math.min(bytes.length - done, maxReadBytes);
        const { bytesRead } = await file.read(bytes, done, length, begin + done);
        if (bytesRead === 0) {
          throw new FormatError(`${label}: ends at byte ${begin + done}, had ${size} bytes when it was opened`);
        }
        done += bytesRead;
      }
      return bytes;
    },
    close: () => file.close(),
  };
}
