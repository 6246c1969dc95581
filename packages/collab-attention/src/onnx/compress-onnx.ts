/** Transformers in ONNX files with shared keys and queries: they run wherever the files ran before. */
import { type FileSource, readWhole } from '@saccade/tensor';
import { UnsupportedError } from '../unsupported-error.js';
import { MOST_BYTES, readExternal } from './external-data.js';
import { Facts } from './facts/facts.js';
import { attentionsOf } from './match/attention.js';
import { type OnnxModel, readModel, writeModel } from './model/model.js';
import { lengthOf, type Pieces } from './model/protobuf.js';
import { withRaw } from './model/tensor.js';
import { type CompressOnnxOptions, checkedOnnxOptions } from './onnx-options.js';
import { type OnnxAttentionReport, type OnnxReport, onnxReport } from './onnx-report.js';
import { GraphWriter } from './rewrite/graph-writer.js';
import { SharedAttentions } from './shared-attentions.js';
import { TensorValues } from './weights/tensor-values.js';
import { joinedPieces, writePieces } from './written-onnx.js';

const op = 'compressOnnx';

/** A compressed model, and what was done. */
export interface CompressedOnnx {
  readonly report: OnnxReport;
  /** Bytes of the file. */
  readonly size: number;
  /** The file as one array of its own. */
  bytes(): Uint8Array;
  /** The file, for pages. */
  blob(): Blob;
  /** Writes the file to a path (in Node), whole or not at all. @throws {SaccadeError} with code `io` */
  save(path: string): Promise<void>;
}

/**
 * Lets the heads of each attention of an ONNX file share queries and keys. An attention is found by its plain form: projections by constant weights, heads
 * taken apart, a product, scale and mask, a softmax. Its projections of queries and keys become [D, R], queries are mixed for each head, keys serve all, and
 * a bias of the queries becomes a bias of each key; all other nodes and weights stay, byte for byte. Weights in other files come into the one that is written.
 *
 * Left alone, with the reason in the report, are attentions that one node computes (`com.microsoft.Attention` and its like), those whose queries or keys are
 * no product of states and weights (rotary positions, norms, a cache that keeps keys by head), quantised ones, and those that would not become smaller. Where
 * nothing is converted the file stays as it is.
 *
 * @param source a path (in Node), a URL object, a File or Blob, or bytes
 * @throws {FormatError} for a damaged file, and weights that are not finite @throws {UnsupportedError} for weights in a file that is not at hand, and models of more than 2 GiB
 * @throws {OptionError} for options that do not fit @throws {SaccadeError} with code `io` @throws the signal's reason
 */
export async function compressOnnx(source: FileSource, options: CompressOnnxOptions): Promise<CompressedOnnx> {
  const checked = checkedOnnxOptions(op, options);
  const { signal, externalData = {} } = checked;
  const { bytes, label } = await readWhole(source, { signal }, op, MOST_BYTES);
  const model = readModel(bytes, label);
  const external = await readExternal(op, model.graph, source, externalData, { signal });
  const facts = new Facts(model.graph, label);
  const writer = new GraphWriter(model.graph);
  const { graph, opset } = model;
  const values = new TensorValues(label, external);
  const shared = new SharedAttentions({ op, opset, writer, facts, values }, checked);
  const attentions = await shared.all(attentionsOf(graph, facts, opset));
  const pieces = writer.isChanged ? written(model, writer, external, attentions, label) : [bytes];
  const before = [...external.values()].reduce((sum, piece) => sum + piece.length, bytes.length);
  const after = writer.isChanged ? lengthOf(pieces) : before;
  return finished(onnxReport(attentions, { before, after }, model.functions), pieces, signal);
}

/** The key of the note that the file gets. */
const NOTE = 'collab_attention';

function written(
  model: OnnxModel,
  writer: GraphWriter,
  external: ReadonlyMap<string, Uint8Array>,
  attentions: readonly OnnxAttentionReport[],
  label: string,
): Pieces {
  const inside = new Map<string, Pieces>();
  for (const [name, raw] of external) {
    const tensor = model.graph.initializers.get(name);
    if (tensor !== undefined) inside.set(name, withRaw(tensor, raw, label));
  }
  const converted = attentions.filter((one) => one.status === 'converted');
  const layers = converted.map(({ name, rank, error }) => ({ path: name, sharedDim: rank, error }));
  const note = { key: NOTE, value: JSON.stringify({ version: 1, layers }) };
  const pieces = writeModel(model, writer.edits(inside), note, label);
  const size = lengthOf(pieces);
  if (size <= MOST_BYTES) return pieces;
  throw new UnsupportedError(`${op}: the model would take ${size} bytes in one file, which may have ${MOST_BYTES}`);
}

function finished(report: OnnxReport, pieces: Pieces, signal: AbortSignal | undefined): CompressedOnnx {
  return {
    report,
    size: lengthOf(pieces),
    bytes: () => joinedPieces(pieces),
    blob: () => new Blob(pieces as Uint8Array<ArrayBuffer>[], { type: 'application/octet-stream' }),
    save: (path) => writePieces(op, path, pieces, signal),
  };
}
