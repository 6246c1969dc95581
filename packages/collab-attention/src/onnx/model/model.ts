/** An ONNX file: a graph, the versions of the operations in it, and notes. */
import { FormatError } from '@saccade/tensor';
import { type GraphEdits, OnnxGraph, writeGraph } from './graph.js';
import { bytesField, bytesOf, eachField, type Field, integerOf, type Pieces, textField, textOf } from './protobuf.js';
import { readEntry } from './tensor.js';

const MODEL = { irVersion: 1, graph: 7, opset: 8, metadata: 14, functions: 25 };

/** A file that has been read. */
export interface OnnxModel {
  readonly graph: OnnxGraph;
  /** Version of ONNX's own operations. */
  readonly opset: number;
  readonly irVersion: number;
  /** Functions of its own that the file has. */
  readonly functions: number;
  readonly fields: readonly Field[];
}

/** @throws {FormatError} for what is no ONNX file */
export function readModel(bytes: Uint8Array, what: string): OnnxModel {
  const fields: Field[] = [];
  let [opset, irVersion, functions] = [0, 0, 0];
  let graph: Uint8Array | undefined;
  eachField(bytes, what, (field) => {
    if (fields.length >= 65536) throw new FormatError(`${what}: is no ONNX model: it has too many fields`);
    fields.push(field);
    if (field.no === MODEL.graph) {
      if (graph !== undefined) throw new FormatError(`${what}: expected one graph, got two`);
      graph = bytesOf(field, what);
    } else if (field.no === MODEL.irVersion) irVersion = integerOf(field, what);
    else if (field.no === MODEL.opset) opset = Math.max(opset, ownOpset(bytesOf(field, what), what));
    else if (field.no === MODEL.functions) functions++;
  });
  if (graph === undefined || opset === 0) {
    throw new FormatError(
      `${what}: expected an ONNX model, got bytes without ${graph === undefined ? 'a graph' : 'a version of its operations'}`,
    );
  }
  return { graph: new OnnxGraph(graph, what), opset, irVersion, functions, fields };
}

/** 0 for a domain other than ONNX's own. */
function ownOpset(message: Uint8Array, what: string): number {
  let [domain, version] = ['', 0];
  eachField(message, what, (field) => {
    if (field.no === 1) domain = textOf(field, what);
    else if (field.no === 2) version = integerOf(field, what);
  });
  return domain === '' || domain === 'ai.onnx' ? version : 0;
}

/** A note in a file, of which there is one under a key. */
export interface Note {
  readonly key: string;
  readonly value: string;
}

/** The file with an edited graph, and a note. Fields that are unknown here stay. */
export function writeModel(
  { fields, graph, irVersion }: OnnxModel,
  edits: GraphEdits,
  note: Note,
  what: string,
): Pieces {
  const kept = fields.flatMap((field): Pieces => {
    if (field.no === MODEL.metadata && isNote(field, note.key, what)) return [];
    if (field.no === MODEL.graph) return bytesField(MODEL.graph, writeGraph(graph, edits, irVersion < 4));
    return [field.whole];
  });
  return [...kept, ...bytesField(MODEL.metadata, [textField(1, note.key), textField(2, note.value)])];
}

function isNote(field: Field, key: string, what: string): boolean {
  const entries = new Map<string, string>();
  readEntry(bytesOf(field, what), what, entries);
  return entries.has(key);
}
