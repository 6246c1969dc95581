/** Weights that lie beside an ONNX file, in files of their own. */
import {
  type FileSource,
  FormatError,
  nodeFiles,
  type OpenOptions,
  openSource,
  quote,
  SaccadeError,
} from '@saccade/tensor';
import { UnsupportedError } from '../unsupported-error.js';
import type { OnnxGraph } from './model/graph.js';
import type { OnnxTensor } from './model/tensor.js';

/** Files with weights, by the names that the model has for them. */
export type ExternalFiles = Readonly<Record<string, FileSource>>;

/** Protobuf messages, so ONNX files too, end at 2 GiB. */
export const MOST_BYTES = 2_147_483_647;

/** Where a weight lies, checked against its shape. */
interface Piece {
  readonly tensor: OnnxTensor;
  readonly offset: number;
  readonly length: number;
}

/**
 * The bytes of all weights that lie elsewhere, by their names. Nothing is read before it is certain that all fit into one file.
 * @param source the model, beside which files lie that `files` does not name
 * @throws {UnsupportedError} for files that cannot be found @throws {FormatError} for places that cannot be @throws {SaccadeError} with code `io`
 */
export async function readExternal(
  op: string,
  graph: OnnxGraph,
  source: FileSource,
  files: ExternalFiles,
  options: OpenOptions,
): Promise<Map<string, Uint8Array>> {
  const byLocation = new Map<string, Piece[]>();
  let total = 0;
  for (const tensor of graph.initializers.values()) {
    if (tensor.external === undefined) continue;
    const { location } = tensor.external;
    const piece = pieceOf(op, tensor);
    total += piece.length;
    byLocation.set(location, [...(byLocation.get(location) ?? []), piece]);
  }
  if (total > MOST_BYTES) {
    throw new UnsupportedError(
      `${op}: the model has ${total} bytes of weights in ${[...byLocation.keys()].map(quote).join(', ')}; what is written is one file of up to ${MOST_BYTES}`,
    );
  }
  const found = new Map<string, Uint8Array>();
  for (const [location, pieces] of byLocation) {
    const file = Object.hasOwn(files, location) ? files[location] : beside(op, source, location);
    if (file === undefined) {
      throw new UnsupportedError(
        `${op}: weights lie in ${quote(location)}: pass { externalData: { ${quote(location)}: … } }`,
      );
    }
    await readPieces(op, file, location, pieces, options, found);
  }
  return found;
}

function pieceOf(op: string, tensor: OnnxTensor): Piece {
  const { name, bytes, external } = tensor;
  const { offset = 0, length = bytes } = external ?? {};
  if (bytes !== undefined && length === bytes) return { tensor, offset, length };
  throw new FormatError(
    `${op}: tensor ${quote(name)}: its shape asks for ${bytes} bytes, got ${length} in another file`,
  );
}

/** The file beside a path or an address; undefined where there is no beside. @throws {FormatError} for a name that leads elsewhere */
function beside(op: string, source: FileSource, location: string): FileSource | undefined {
  const isPath = typeof source === 'string';
  if (!isPath && !(source instanceof URL)) return undefined;
  const words = location.split('/');
  if (/[\\:\0?#%]/.test(location) || words.some((word) => word === '' || word === '.' || word === '..')) {
    throw new FormatError(`${op}: weights must lie beside the model, got ${quote(location)}`);
  }
  return isPath ? nodeFiles(op).beside(source, location) : new URL(location, source);
}

async function readPieces(
  op: string,
  file: FileSource,
  location: string,
  pieces: readonly Piece[],
  options: OpenOptions,
  into: Map<string, Uint8Array>,
): Promise<void> {
  const open = await openSource(file, options, op).catch((cause: unknown) => {
    if (!(cause instanceof SaccadeError) || cause.code !== 'io') throw cause;
    throw new SaccadeError('io', `${op}: weights lie in ${quote(location)}, which cannot be read (${cause.message})`, {
      cause,
    });
  });
  try {
    for (const { tensor, offset, length } of pieces) {
      options.signal?.throwIfAborted();
      if (offset + length > open.size) {
        throw new FormatError(
          `${open.label}: has ${open.size} bytes, ${quote(tensor.name)} lies in [${offset}, ${offset + length})`,
        );
      }
      into.set(tensor.name, await open.read(offset, offset + length));
    }
  } finally {
    await open.close();
  }
}
