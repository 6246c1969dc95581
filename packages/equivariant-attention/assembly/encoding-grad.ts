// From gradients by the scores of one query element with encodings to those by the query and by the tables.
import { fma } from '../../kernels/assembly/lib';
import { Call, clear, tableSize, vectors, words } from './call';

/** v += what is added, in memory. */
// @ts-ignore: decorator
@inline
function add(at: usize, v: v128): void {
  v128.store(at, f32x4.add(v128.load(at), v));
}

/** Adds gradients by places [n, V] to those by the scores of rows and columns. */
export function collectPlaces(call: Call, room: usize, n: i32): void {
  const to = room + call.dpairFactors, line = words(call.outputs);
  clear(to, call.pairCount);
  let from = room + call.dfactors;
  for (let j: usize = 0; j < words(n); j += 4) {
    let pairs = room + call.pairAtOffsets + <usize>load<i32>(room + call.which + j) * line;
    for (const end = pairs + line; pairs < end; pairs += 4) {
      add(to + <usize>load<i32>(pairs), v128.load(from));
      from += 16;
    }
  }
  const encodings = room + call.dencodings;
  let pair = room + call.pairOffsets;
  for (let at = to, end = to + vectors(call.pairCount); at < end; at += 16) {
    const slope = v128.load(at);
    add(encodings + <usize>load<i32>(pair), slope);
    add(encodings + <usize>load<i32>(pair, 4), slope);
    pair += 8;
  }
}

/** dq += slopes . table, dtable += slopes q, lane by lane; channels of q are `step` bytes apart. */
function addTable(q: usize, dq: usize, step: usize, table: usize, slopes: usize, rows: i32, dims: i32, dtable: usize): void {
  const line = words(dims), wide = vectors(dims), end = slopes + vectors(rows);
  for (let c = dims; c > 0; c--) {
    const x = v128.load(q);
    let sum = v128.load(dq), from = table, to = dtable;
    for (let at = slopes; at < end; at += 16) {
      const slope = v128.load(at);
      sum = fma(slope, v128.load32_splat(from), sum);
      v128.store(to, fma(slope, x, v128.load(to)));
      from += line;
      to += wide;
    }
    v128.store(dq, sum);
    q += step;
    dq += step;
    table += 4;
    dtable += 16;
  }
}

/** All three tables, for query element g. */
export function addEncodings(call: Call, room: usize, g: i32): void {
  const step = vectors(call.queries), d = <usize>call.dims * step;
  const q = room + call.q + vectors(g), dq = room + call.dq + vectors(g);
  const rows = room + call.dencodings, columns = rows + vectors(call.rows), entries = columns + vectors(call.columns);
  const drow = room + call.dtables, dcolumn = drow + vectors(call.rows * call.dims);
  const dgroup = dcolumn + vectors(call.columns * call.dims);
  addTable(q, dq, step, call.row, rows, call.rows, call.dims, drow);
  addTable(q + d, dq + d, step, call.column, columns, call.columns, call.dims, dcolumn);
  addTable(q + 2 * d, dq + 2 * d, step, call.group, entries, call.entries, call.groupDims, dgroup);
}

/** Moves what has been added to the tables' gradients to their totals, in float64: rows of pixels often cancel each other. */
export function addTotals(call: Call, room: usize, totals: usize): void {
  const from = room + call.dtables;
  for (let i: usize = 0; i < <usize>tableSize(call); i++) {
    const v = v128.load(from + (i << 4));
    const pair = f64x2.add(f64x2.promote_low_f32x4(v), f64x2.promote_low_f32x4(v128.shuffle<i32>(v, v, 2, 3, 0, 1)));
    const at = totals + (i << 3);
    store<f64>(at, load<f64>(at) + f64x2.extract_lane(pair, 0) + f64x2.extract_lane(pair, 1));
  }
  clear(from, tableSize(call));
}
