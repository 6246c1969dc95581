/** The image files of a folder, in Node or picked in a browser, by their paths within it. */
import { type NodeFiles, nodeFiles, OptionError, quote, SaccadeError } from '@saccade/tensor';

/** Where images are: a folder's path or `file:` URL (in Node), or the files of an `<input webkitdirectory>`. */
export type ImageFolderSource = string | URL | Iterable<File>;

/** Gives the content of one file. */
export type OpenImage = (signal?: AbortSignal) => Promise<Uint8Array | Blob>;

const extensions = /\.(?:png|jpe?g|gif|webp|bmp|avif)$/i;

async function readAll(node: NodeFiles, path: string, signal?: AbortSignal): Promise<Uint8Array> {
  return node.readFile(path, signal).catch((cause: unknown) => {
    signal?.throwIfAborted();
    throw new SaccadeError('io', `imageFolder: ${path}: cannot be read (${(cause as Error).message})`, { cause });
  });
}

/** Symbolic links are not followed, so nothing outside of the folder is reached. */
async function walk(root: string, signal?: AbortSignal): Promise<Map<string, OpenImage>> {
  const node = nodeFiles('imageFolder');
  const found = new Map<string, OpenImage>();
  const pending = [''];
  for (let inner = pending.pop(); inner !== undefined; inner = pending.pop()) {
    signal?.throwIfAborted();
    const folder = `${root}/${inner}`;
    for (const entry of await node.list(folder)) {
      const path = `${inner}${entry.name}`;
      if (entry.isDirectory()) pending.push(`${path}/`);
      else if (entry.isFile() && extensions.test(entry.name)) {
        found.set(path, (given) => readAll(node, `${root}/${path}`, given));
      }
    }
  }
  return found;
}

/** Paths as a browser gives them have the picked folder's own name in front. */
function picked(files: Iterable<File>): Map<string, OpenImage> {
  const found = new Map<string, OpenImage>();
  for (const file of files) {
    if (typeof Blob === 'undefined' || !(file instanceof Blob)) {
      throw new OptionError(`imageFolder: expected a list of File, got ${quote(file)} in it`);
    }
    const path = file.webkitRelativePath || file.name;
    const inner = file.webkitRelativePath ? path.slice(path.indexOf('/') + 1) : path;
    if (extensions.test(inner)) found.set(inner, async () => file);
  }
  return found;
}

/**
 * Finds the image files (by extension) at any depth.
 *
 * @returns how to open each, by path within the folder with `/` between names
 * @throws {OptionError} if the source is of no known kind
 * @throws {SaccadeError} with code `io` if a folder cannot be listed
 */
export async function imageFiles(source: ImageFolderSource, signal?: AbortSignal): Promise<Map<string, OpenImage>> {
  if (source instanceof URL && source.protocol === 'file:') {
    return walk(nodeFiles('imageFolder').pathOf(source), signal);
  }
  if (typeof source === 'string' && source !== '') return walk(source.replace(/(?<=.)\/+$/, ''), signal);
  if (typeof source === 'object' && source !== null && Symbol.iterator in source) return picked(source);
  throw new OptionError(`imageFolder: expected a folder's path or a list of File, got ${quote(source)}`);
}
