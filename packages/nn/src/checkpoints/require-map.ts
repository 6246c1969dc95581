/** Checks of the words and numbers of a map, which a person may have written. */
import { OptionError, quote, requireAbove, requireCount, requireFlag, requireOneOf } from '@saccade/tensor';
import { requireNames, requireObject } from './require-weight-entry.js';
import type {
  AttentionEntry,
  EmbeddingEntry,
  LayerEntry,
  MlpActivation,
  PositionKind,
  RotaryEntry,
  RotaryScaling,
  TransformerMap,
} from './transformer-entries.js';

const op = 'transformer map';
const activations: readonly MlpActivation[] = ['gelu', 'gelu-tanh', 'quick-gelu', 'relu', 'silu', 'tanh'];
const positionKinds: readonly PositionKind[] = [
  'none',
  'rotary',
  'relative-key',
  'relative-key-query',
  'relative-bias',
  'alibi',
];

/** All but attention, weights and norms, which are checked where their tensors are. @internal @throws {OptionError} */
export function requireMap(map: TransformerMap): void {
  requireObject(op, 'a map', map);
  const { width, layers, embeddings } = map;
  requireCount(op, 'width', width);
  if (!Array.isArray(layers)) throw new OptionError(`${op}: layers must be an array, got ${quote(layers)}`);
  if (layers.length === 0) throw new OptionError(`${op}: there are no layers`);
  layers.forEach(requireLayer);
  if (embeddings !== undefined) requireEmbeddings(embeddings);
}

function requireLayer(layer: LayerEntry, i: number): void {
  const where = `${op}: layer ${i}`;
  requireObject(where, 'an entry', layer);
  const { order, mlp, norms } = layer;
  requireOneOf(where, 'order', order, ['pre', 'post']);
  requireObject(where, 'an mlp', mlp);
  requireOneOf(where, 'mlp.activation', mlp.activation, activations);
  requireObject(where, 'norms', norms);
}

function requireEmbeddings(embeddings: EmbeddingEntry): void {
  const where = `${op}: embeddings`;
  requireObject(where, 'an entry', embeddings);
  const { token, first = [], position, positionOffset = 0, type } = embeddings;
  requireNames(where, { token, position, type });
  if (!Array.isArray(first)) throw new OptionError(`${where}: first must be an array of names, got ${quote(first)}`);
  for (const name of first) requireNames(where, { first: name });
  requireCount(where, 'positionOffset', positionOffset, 0);
}

/** The words and numbers of attention. @internal @throws {OptionError} */
export function requireAttentionEntry(entry: AttentionEntry): void {
  requireObject(op, 'the entry of attention', entry);
  const { path, heads, keyValueHeads, headWidth, scale, causal, window, positions } = entry;
  const { rotary, relativeTable, relativeDistance, queryKeyNorm } = entry;
  const where = `${op}: ${path}`;
  for (const [name, count] of Object.entries({ heads, keyValueHeads, headWidth })) requireCount(where, name, count);
  if (heads % keyValueHeads !== 0) {
    throw new OptionError(`${where}: keyValueHeads must divide the ${heads} heads, got ${keyValueHeads}`);
  }
  requireAbove(where, 'scale', scale);
  requireFlag(where, 'causal', causal);
  if (window !== undefined) requireCount(where, 'window', window);
  requireOneOf(where, 'positions', positions, positionKinds);
  if ((positions === 'rotary') !== (rotary !== undefined)) {
    throw new OptionError(
      `${where}: rotary is for positions 'rotary' and needed there, got positions ${quote(positions)}`,
    );
  }
  if (rotary !== undefined) requireRotary(where, rotary, headWidth);
  requireNames(where, { relativeTable });
  if (relativeDistance !== undefined) requireCount(where, 'relativeDistance', relativeDistance);
  if (queryKeyNorm !== undefined) requireObject(where, 'queryKeyNorm { query, key }', queryKeyNorm);
}

function requireRotary(where: string, rotary: RotaryEntry, headWidth: number): void {
  requireObject(where, 'the entry rotary', rotary);
  const { width, theta, pairs, scaling } = rotary;
  if (!Number.isSafeInteger(width) || width % 2 !== 0 || width < 0 || width > headWidth) {
    throw new OptionError(
      `${where}: rotary.width must be even and at most the ${headWidth} channels of a head, got ${quote(width)}`,
    );
  }
  requireAbove(where, 'rotary.theta', theta);
  requireOneOf(where, 'rotary.pairs', pairs, ['halves', 'neighbours']);
  if (scaling !== undefined) requireScaling(where, scaling);
}

function requireScaling(where: string, scaling: RotaryScaling): void {
  requireObject(where, 'the entry rotary.scaling', scaling);
  requireOneOf(where, 'rotary.scaling.kind', scaling.kind, ['linear', 'llama3', 'other']);
  if (scaling.kind === 'other') return;
  requireAbove(where, 'rotary.scaling.factor', scaling.factor);
  if (scaling.kind === 'linear') return;
  const { lowFrequencyFactor, highFrequencyFactor, originalPositions } = scaling;
  for (const [name, value] of Object.entries({ lowFrequencyFactor, highFrequencyFactor, originalPositions })) {
    requireAbove(where, `rotary.scaling.${name}`, value);
  }
}
