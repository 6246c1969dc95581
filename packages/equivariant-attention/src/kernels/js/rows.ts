/** Rows of attention over a group in plain float64: one for each batch, head, output element, query element and pixel. */
import { philox, type TypedArray } from '@saccade/kernels';
import type { DropoutNumbers, GroupAttentionSizes } from '../table.js';

/** What the kernels read. */
export interface RowInputs {
  readonly query: TypedArray;
  readonly key: TypedArray;
  readonly value: TypedArray;
  readonly row: TypedArray;
  readonly column: TypedArray;
  readonly group: TypedArray | undefined;
  readonly plan: TypedArray;
  readonly window: TypedArray | undefined;
  readonly orbit: TypedArray | undefined;
}

/** A key that a row sees: where its channels begin in key and value, the rows of the tables, the weight, and its factor by dropout. */
export interface Seen {
  readonly key: number;
  readonly row: number;
  readonly column: number;
  readonly entry: number;
  readonly weight: number;
  readonly kept: number;
}

/** A row: where its query begins, where its result, and what it sees. */
export interface Row {
  readonly query: number;
  readonly out: number;
  readonly seen: readonly Seen[];
}

/** All rows, one after another. */
export function* rowsOf(inputs: RowInputs, sizes: GroupAttentionSizes): Generator<Row> {
  const { batch, heads, outputs, queries, height, width, dims, groupDims } = sizes;
  const mid = 2 * dims + groupDims;
  for (let b = 0; b < batch; b++) {
    for (let h = 0; h < heads; h++) {
      for (let v = 0; v < outputs; v++) {
        for (let g = 0; g < queries; g++) {
          for (let pixel = 0; pixel < height * width; pixel++) {
            const query = (((b * queries + g) * height * width + pixel) * heads + h) * mid;
            const out = (((b * outputs + v) * height * width + pixel) * heads + h) * mid;
            yield { query, out, seen: weighted(inputs, sizes, { b, h, v, g, pixel, query }) };
          }
        }
      }
    }
  }
}

interface Place {
  readonly b: number;
  readonly h: number;
  readonly v: number;
  readonly g: number;
  readonly pixel: number;
  readonly query: number;
}

/** What a row sees, in order of key element and offset, with softmax weights. */
function weighted(inputs: RowInputs, sizes: GroupAttentionSizes, place: Place): Seen[] {
  const all = seenBy(inputs, sizes, place);
  const scores = all.map(({ own, o }) => scoreOf(inputs, sizes, place.query, own, o));
  const largest = scores.reduce((a, b) => Math.max(a, b));
  const powers = scores.map((score) => Math.exp(score - largest));
  const total = powers.reduce((a, b) => a + b);
  const kept = keptOf(inputs.orbit, sizes, place);
  return all.map(({ own, at }, i) => ({ ...own, weight: (powers[i] as number) / total, kept: kept[at] as number }));
}

type Own = Omit<Seen, 'weight' | 'kept'>;

function seenBy({ plan }: RowInputs, sizes: GroupAttentionSizes, { b, h, v, g, pixel }: Place) {
  const { heads, keys, offsets, pairs, height, width, dims, groupDims, outputs } = sizes;
  const [y, x] = [Math.floor(pixel / width), pixel % width];
  const at = (index: number): number => Number(plan[index]);
  const seen: { own: Own; o: number; at: number }[] = [];
  for (let m = 0; m < keys; m++) {
    for (let o = 0; o < offsets; o++) {
      const [ky, kx] = [y + at(2 * o), x + at(2 * o + 1)];
      if (ky < 0 || ky >= height || kx < 0 || kx >= width) continue;
      const key = ((((b * keys + m) * height + ky) * width + kx) * heads + h) * (2 * dims + groupDims);
      const pair = 2 * (offsets + at(2 * (offsets + pairs) + o * outputs + v));
      const [row, column] = [at(pair), at(pair + 1)];
      const entry = at(2 * (offsets + pairs) + offsets * outputs + (g * keys + m) * outputs + v);
      seen.push({ own: { key, row, column, entry }, o, at: m * offsets + o });
    }
  }
  return seen;
}

function scoreOf(inputs: RowInputs, sizes: GroupAttentionSizes, query: number, own: Own, o: number): number {
  const { dims, groupDims, scale } = sizes;
  const q = (c: number): number => Number(inputs.query[query + c]);
  let sum = 0;
  for (let c = 0; c < 2 * dims + groupDims; c++) sum += q(c) * Number(inputs.key[own.key + c]);
  for (let c = 0; c < dims; c++) {
    sum += q(c) * Number(inputs.row[own.row * dims + c]) + q(dims + c) * Number(inputs.column[own.column * dims + c]);
  }
  for (let c = 0; c < groupDims; c++) sum += q(2 * dims + c) * Number(inputs.group?.[own.entry * groupDims + c]);
  return scale * sum + Number(inputs.window?.[o] ?? 0);
}

/** The factor of each weight of a row by dropout: [M O]. */
function keptOf(orbit: TypedArray | undefined, sizes: GroupAttentionSizes, { b, h, v, g, pixel }: Place): number[] {
  const { dropout, heads, outputs, queries, height, width, keys, offsets } = sizes;
  const length = keys * offsets;
  if (dropout === undefined) return new Array<number>(length).fill(1);
  const rows = outputs * queries * height * width;
  const own = (v * queries + g) * height * width + pixel;
  const row = orbit === undefined ? own : Number(orbit[own]);
  const drawn = numbersOf(dropout, (b * heads + h) * rows + row);
  return Array.from({ length }, (_, j) => {
    const place = orbit === undefined ? j : Number(orbit[rows + v * length + j]);
    return (drawn[place] as number) >= dropout.threshold ? dropout.factor : 0;
  });
}

/** The random numbers of a row, of 16 bits. */
function numbersOf({ key0, key1, block, blocks }: DropoutNumbers, row: number): number[] {
  const numbers: number[] = [];
  for (let first = block + row * blocks, i = first; i < first + blocks; i++) {
    const words = philox([i >>> 0, Math.floor(i / 2 ** 32), 0, 0], [key0, key1]);
    for (const word of words) numbers.push(word & 0xffff, word >>> 16);
  }
  return numbers;
}
