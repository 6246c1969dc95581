/** Random access to a checkpoint that lies in several safetensors files, by its index. */
import { FormatError, OptionError } from '@saccade/kernels';
import { checkOptions, quote } from '../arguments.js';
import type { FileSource, OpenOptions } from './byte-source.js';
import { nodeFiles } from './node-files.js';
import { completeFile, findTensor, openNamed, type SafetensorsFile } from './open-safetensors.js';
import { readWhole } from './open-source.js';
import { maxIndexBytes, parseShardIndex } from './shard-index.js';

/** Options of {@link openShardedSafetensors}. */
export interface ShardedOptions extends OpenOptions {
  /**
   * The files by the names that the index gives them: needed where the index is a File, a Blob or bytes. Others than it
   * names are left alone. Default: the files beside the index.
   */
  readonly shards?: Readonly<Record<string, FileSource>> | ReadonlyMap<string, FileSource> | undefined;
}

/** Files whose headers are read at the same time: a server is far away. */
const atOnce = 8;

const op = 'openShardedSafetensors';

function shardSource(name: string, index: FileSource, shards: ShardedOptions['shards'], label: string): FileSource {
  if (shards !== undefined) {
    const byName = shards as Readonly<Record<string, FileSource>>;
    const given = shards instanceof Map ? shards.get(name) : Object.hasOwn(byName, name) ? byName[name] : undefined;
    if (given === undefined) throw new OptionError(`${label}: ${JSON.stringify(name)} is not among the shards given`);
    return given as FileSource;
  }
  if (typeof index === 'string') return nodeFiles(op).beside(index, name);
  // A colon or a question mark in a name must stay a part of the name.
  if (index instanceof URL && /^(https?|file):$/.test(index.protocol)) return new URL(encodeURIComponent(name), index);
  throw new OptionError(`${label}: nothing tells where ${JSON.stringify(name)} is; pass shards: { [name]: file }`);
}

/** Opens all, a few at a time; if one fails, closes those that are open. */
async function openAll(sources: ReadonlyMap<string, FileSource>, options: OpenOptions): Promise<SafetensorsFile[]> {
  const queue = [...sources].entries();
  const files: SafetensorsFile[] = [];
  let failed = false;
  const work = async (): Promise<void> => {
    for (const [at, [name, source]] of queue) {
      if (failed) return;
      try {
        files[at] = await openNamed(source, options, `${op}: shard ${JSON.stringify(name)}`);
      } catch (error) {
        failed = true;
        throw error;
      }
    }
  };
  const ends = await Promise.allSettled(Array.from({ length: atOnce }, work));
  const end = ends.find(({ status }) => status === 'rejected');
  if (end === undefined) return files;
  await closeAll(files);
  throw (end as PromiseRejectedResult).reason;
}

async function closeAll(files: readonly SafetensorsFile[]): Promise<void> {
  await Promise.all(files.map((file) => file.close()));
}

/** The file of every tensor. @throws {FormatError} if it stands in another one, or in none */
function locate(
  shardOf: ReadonlyMap<string, string>,
  files: ReadonlyMap<string, SafetensorsFile>,
  label: string,
): Map<string, SafetensorsFile> {
  const names = new Map([...files].map(([shard, file]) => [shard, new Set(file.names)]));
  return new Map(
    [...shardOf].map(([name, shard]) => {
      if (names.get(shard)?.has(name)) return [name, files.get(shard) as SafetensorsFile];
      const other = [...names].find(([, has]) => has.has(name))?.[0];
      const place = other === undefined ? 'no shard has it' : `it is in ${JSON.stringify(other)}`;
      throw new FormatError(
        `${label}: tensor ${JSON.stringify(name)} should be in ${JSON.stringify(shard)}, but ${place}`,
      );
    }),
  );
}

/** The texts of all files; where they differ, those of the first by name. */
function joinMetadata(files: readonly SafetensorsFile[]): Record<string, string> {
  const texts: Record<string, string> = Object.create(null);
  for (const { metadata } of files) for (const name in metadata) texts[name] ??= metadata[name] as string;
  return texts;
}

/**
 * Opens a checkpoint in several safetensors files by its index, `model.safetensors.index.json`, and reads the headers of
 * all of them, nothing else. What comes back is as the one file of {@link openSafetensors}: the tensors that the index
 * names, in its order (others are left aside); `metadata` are the texts of all files, of the first by name where they differ;
 * `info(name).offsets` count within the tensor's own file.
 *
 * @param index a path (in Node) or a URL object, whose files lie beside it, or a File, a Blob or bytes with `shards`
 * @throws {FormatError} if the index is no strict JSON, has no `weight_map`, more than 100 MB or file names that are not
 *   plain, if a header breaks any rule of the format, or a tensor is not in the file that the index says
 * @throws {OptionError} if a source is of no known kind, or a shard is not given
 * @throws {SaccadeError} with code `io` if a file cannot be read
 */
export async function openShardedSafetensors(
  index: FileSource,
  options: ShardedOptions = {},
): Promise<SafetensorsFile> {
  const { signal, shards } = checkOptions(op, options, ['signal', 'shards']);
  if (shards !== undefined && (typeof shards !== 'object' || shards === null)) {
    throw new OptionError(`${op}: shards must be files by name, got ${quote(shards)}`);
  }
  const { bytes, label } = await readWhole(index, { signal }, op, maxIndexBytes);
  const shardOf = parseShardIndex(bytes, label);
  const used = [...new Set(shardOf.values())].sort();
  const sources = new Map(used.map((name) => [name, shardSource(name, index, shards, label)]));
  const files = await openAll(sources, { signal });
  let fileOf: Map<string, SafetensorsFile>;
  try {
    fileOf = locate(shardOf, new Map(used.map((name, i) => [name, files[i] as SafetensorsFile])), label);
  } catch (error) {
    await closeAll(files);
    throw error;
  }
  return completeFile({
    names: [...fileOf.keys()],
    metadata: joinMetadata(files),
    info: (name) => findTensor(fileOf, name, label).info(name),
    read: async (name, readOptions) => findTensor(fileOf, name, label).read(name, readOptions),
    readStored: async (name) => findTensor(fileOf, name, label).readStored(name),
    close: () => closeAll(files),
  });
}
