/** The index of a checkpoint in several safetensors files: which tensor stands in which of them. */
import { FormatError } from '@saccade/kernels';
import { maxHeaderBytes } from './safetensors-header.js';
import { type HeaderValue, parseHeaderObject, utf8Text } from './strict-json.js';

/** The longest index that is read. */
export const maxIndexBytes: number = maxHeaderBytes;

/** No slashes, colons or control characters: nothing that leads out of the folder, to another drive or another server. */
const plainName = /^[^/\\:\p{Cc}\p{Cs}]+\.safetensors$/u;

function readWeightMap(value: HeaderValue, what: string): Map<string, string> {
  if (!(value instanceof Map)) throw new FormatError(`${what}: weight_map must be an object of file names`);
  for (const [name, shard] of value) {
    if (typeof shard !== 'string' || !plainName.test(shard)) {
      throw new FormatError(
        `${what}: tensor ${JSON.stringify(name)} must be in a file with a plain name such as ` +
          `"model-00001-of-00002.safetensors", got ${JSON.stringify(shard)?.slice(0, 200)}`,
      );
    }
  }
  return value as Map<string, string>;
}

/**
 * Reads a `model.safetensors.index.json`. All but its `weight_map` is left aside.
 *
 * @param bytes the whole file
 * @param what how an error names it
 * @returns by name of the tensor, in the order of the index, the name of the file that has it
 * @throws {FormatError} if it is no strict JSON object in UTF-8 with a `weight_map`, or a file name is not plain: with
 *   slashes, backslashes, colons or control characters, or another ending than `.safetensors`
 */
export function parseShardIndex(bytes: Uint8Array, what: string): ReadonlyMap<string, string> {
  let shardOf: Map<string, string> | undefined;
  const visit = (name: string, value: HeaderValue): void => {
    if (name === 'weight_map') shardOf = readWeightMap(value, what);
  };
  parseHeaderObject(utf8Text(bytes, `${what}: the index`), what, visit, true);
  if (shardOf === undefined) throw new FormatError(`${what}: an index has a weight_map, this has none`);
  return shardOf;
}
