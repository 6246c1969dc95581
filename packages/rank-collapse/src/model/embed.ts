/** From tokens or images to the states before the first layer. */
import type { EmbeddingEntry, WeightEntry } from '@saccade/nn';
import {
  add,
  concat,
  gather,
  isTensor,
  OptionError,
  quote,
  requireShape,
  reshape,
  scope,
  type Tensor,
  tensor,
  tile,
  transpose,
} from '@saccade/tensor';
import { applyMap } from './attend.js';
import { applyNorm } from './norm.js';
import type { Embedded, ModelInput } from './rank-model.js';
import { readMap, readNorm, type WeightSource } from './read-layer.js';

const op = 'embed';

/** Texts of one length, with what is padding. */
interface PaddedIds {
  readonly texts: number;
  readonly length: number;
  readonly ids: number[];
  readonly seen: boolean[];
}

/** @throws {OptionError} unless the input is lists of token ids below `vocabulary`, no longer than `positions` */
function padded(input: ModelInput, vocabulary: number, positions: number): PaddedIds {
  const lists: readonly unknown[] = Array.isArray(input) && Array.isArray(input[0]) ? input : [input];
  const texts = lists.map((list) => requireIds(list, vocabulary));
  const length = texts.reduce((most, list) => Math.max(most, list.length), 0);
  if (length > positions) throw new OptionError(`${op}: the model has ${positions} positions, got ${length} tokens`);
  const places = texts.flatMap((list) =>
    Array.from({ length }, (_, i) => ({ id: list[i] ?? 0, seen: i < list.length })),
  );
  return { texts: texts.length, length, ids: places.map(({ id }) => id), seen: places.map(({ seen }) => seen) };
}

function requireIds(list: unknown, vocabulary: number): readonly number[] {
  if (!Array.isArray(list) || list.length === 0) {
    throw new OptionError(`${op}: expected lists of one token id or more, got ${quote(list)}`);
  }
  const bad = list.find((id) => !Number.isSafeInteger(id) || id < 0 || id >= vocabulary);
  if (bad !== undefined) throw new OptionError(`${op}: token ids must be in [0, ${vocabulary}), got ${quote(bad)}`);
  return list;
}

/** Rows `ids` of the table of tokens. */
async function tokenStates(
  { file, options }: WeightSource,
  name: string,
  input: ModelInput,
  positions: number,
): Promise<Embedded> {
  const { texts, length, ids, seen } = padded(input, file.info(name).shape[0] as number, positions);
  const table = await file.read(name, options);
  const { device } = table;
  const keyMask = seen.every(Boolean) ? undefined : tensor(seen, { shape: [texts, length], dtype: 'bool', device });
  const states = reshape(gather(table, tensor(ids, { dtype: 'int32', device })), [texts, length, -1]);
  table.dispose();
  return { states, keyMask };
}

/** Each tile of the images as a row: [batch, height, width, colours] -> [batch, tiles, colours patch patch]. */
function tiles(images: Tensor, [, colours, height, width]: readonly number[]): Tensor {
  const four = images.rank === 3 ? reshape(images, [1, ...images.shape]) : images;
  const [batch, rows, columns] = requireShape(op, 'images', four, ['batch', 'height', 'width', colours as number]);
  const [h, w] = [height as number, width as number];
  if (rows % h !== 0 || columns % w !== 0) {
    throw new OptionError(`${op}: tiles of ${h} x ${w} do not cover images of ${rows} x ${columns}`);
  }
  const split = reshape(four, [batch, rows / h, h, columns / w, w, colours as number]);
  return reshape(transpose(split, [0, 1, 3, 5, 2, 4]), [batch, (rows / h) * (columns / w), -1]);
}

/** Vectors of the model, such as the class token, then a row for each tile, with their positions. */
async function tileStates(
  source: WeightSource,
  entry: EmbeddingEntry,
  patch: WeightEntry,
  input: ModelInput,
): Promise<Embedded> {
  if (!isTensor(input))
    throw new OptionError(`${op}: expected images [batch, height, width, colours], got ${quote(input)}`);
  const { file, options } = source;
  const rows = applyMap(tiles(input, file.info(patch.name).shape), await readMap(source, patch));
  const [batch, count, width] = rows.shape as [number, number, number];
  const vectors = await Promise.all((entry.first ?? []).map((name) => file.read(name, options)));
  const front = vectors.map((vector) => tile(reshape(vector, [1, -1, width]), [batch, 1, 1]));
  const joined = (states: Tensor): Tensor => (front.length === 0 ? states : concat([...front, states], 1));
  if (entry.position === undefined) return { states: joined(rows) };
  const table = reshape(await file.read(entry.position, options), [-1, width]);
  const [positions] = table.shape as [number, number];
  // DeiT III and ViTs with registers have positions for their tiles alone.
  if (positions === count) return { states: joined(add(rows, table)) };
  const states = joined(rows);
  if (positions === states.shape[1]) return { states: add(states, table) };
  throw new OptionError(
    `${op}: the model has ${positions} positions, got ${states.shape[1]}, of which ${count} are tiles of the image`,
  );
}

/** Tokens with their positions and the first type. */
async function textStates(
  source: WeightSource,
  { token, position, positionOffset = 0, type }: EmbeddingEntry,
  input: ModelInput,
): Promise<Embedded> {
  const { file, options } = source;
  const positions = position === undefined ? Number.POSITIVE_INFINITY : positionsIn(source, position) - positionOffset;
  const { states, keyMask } = await tokenStates(source, token as string, input, positions);
  const [, tokens, width] = states.shape as [number, number, number];
  const rows = async (name: string, from: number, count: number): Promise<Tensor> =>
    reshape(await file.read(name, options), [-1, width]).at(`${from}:${from + count}`);
  const placed = position === undefined ? states : add(states, await rows(position, positionOffset, tokens));
  return { states: type === undefined ? placed : add(placed, await rows(type, 0, 1)), keyMask };
}

function positionsIn({ file }: WeightSource, name: string): number {
  return file.info(name).shape.at(-2) ?? 0;
}

/**
 * Tokens or tiles, plus positions and the first type, normed and projected, as the entry says.
 * @throws {OptionError} for ids that are out of range, more tokens than positions, and images that tiles do not cover or that have another size than positions
 * @throws {ShapeError} for images of other colours
 */
export async function embed(source: WeightSource, entry: EmbeddingEntry, input: ModelInput): Promise<Embedded> {
  return await scope(async () => {
    const { patch, norm, projection } = entry;
    const { states, keyMask } = await (patch === undefined || entry.token !== undefined
      ? textStates(source, entry, input)
      : tileStates(source, entry, patch, input));
    const normed = norm === undefined ? states : applyNorm(states, await readNorm(source, norm));
    return { states: projection === undefined ? normed : applyMap(normed, await readMap(source, projection)), keyMask };
  });
}
