// Folding an axis that others follow: x is [outer, size, inner], and columns run side by side. Items are panels of PANEL
// columns of one outer index; a panel's running values lie in scratch.
import * as math from './math';
import { addend, finish, Fold, logOf, term } from './reduce';
import { loadPart, storePart } from './partial';

/** Columns of a panel; src/wasm/reduce.ts knows it too. */
// @ts-ignore: decorator
@inline
const PANEL: i32 = 512;
/** Rows summed in float32 before they go into the float64 totals. */
// @ts-ignore: decorator
@inline
const ROWS: i32 = 64;

/** Adds the float32 sums at `sums` to the float64 totals behind them and clears them. */
function flush(sums: usize, totals: usize, columns: i32): void {
  for (let c: usize = 0; c < <usize>columns; c++) {
    store<f64>(totals + (c << 3), load<f64>(totals + (c << 3)) + <f64>load<f32>(sums + (c << 2)));
  }
  memory.fill(sums, 0, PANEL << 2);
}

/** sums += the terms of `rows` rows of a panel, four rows a turn. */
// @ts-ignore: decorator
@inline
function addRows(op: i32, x: usize, step: usize, rows: i32, sums: usize, columns: i32): void {
  for (; rows > 0; rows -= 4) {
    const step1 = rows > 1 ? step : 0;
    const step2 = rows > 2 ? 2 * step : 0;
    const step3 = rows > 3 ? 3 * step : 0;
    let c: usize = 0;
    for (const stop = <usize>(columns >> 2) << 4; c < stop; c += 16) {
      const at = x + c;
      let sum = term(op, v128.load(at));
      if (rows > 1) sum = f32x4.add(sum, term(op, v128.load(at + step1)));
      if (rows > 2) {
        let more = term(op, v128.load(at + step2));
        if (rows > 3) more = f32x4.add(more, term(op, v128.load(at + step3)));
        sum = f32x4.add(sum, more);
      }
      v128.store(sums + c, f32x4.add(v128.load(sums + c), sum));
    }
    const rest = columns & 3;
    if (rest > 0) {
      let at = x + c;
      let sum = v128.load(sums + c);
      for (let row = min(rows, 4); row > 0; row--) {
        sum = f32x4.add(sum, term(op, loadPart(at, rest)));
        at += step;
      }
      v128.store(sums + c, sum);
    }
    x += step << 2;
  }
}

function sumPanel(op: i32, x: usize, step: usize, size: i32, out: usize, columns: i32, sums: usize): void {
  const totals = sums + (PANEL << 2);
  memory.fill(sums, 0, PANEL * 12);
  const adding = addend(op);
  for (let row = 0; row < size; row += ROWS) {
    const rows = min(ROWS, size - row);
    const at = x + <usize>row * step;
    if (adding == Fold.NORM1) addRows(Fold.NORM1, at, step, rows, sums, columns);
    else if (adding == Fold.SUM_SQUARES) addRows(Fold.SUM_SQUARES, at, step, rows, sums, columns);
    else addRows(Fold.SUM, at, step, rows, sums, columns);
    flush(sums, totals, columns);
  }
  for (let c: usize = 0; c < <usize>columns; c++) {
    store<f32>(out + (c << 2), finish(op, load<f64>(totals + (c << 3)), size));
  }
}

/** Maxima (minima with `flip` the sign bit) of a panel's columns, gathered in `out`. */
function maxPanel(x: usize, step: usize, size: i32, out: usize, columns: i32, flip: v128): void {
  const whole = <usize>(columns >> 2) << 4;
  const rest = columns & 3;
  const lowest = f32x4.splat(-Infinity);
  for (let c: usize = 0; c < whole; c += 16) v128.store(out + c, lowest);
  let last = lowest;
  for (let row = 0; row < size; row++) {
    for (let c: usize = 0; c < whole; c += 16) {
      v128.store(out + c, f32x4.max(v128.load(out + c), v128.xor(v128.load(x + c), flip)));
    }
    if (rest > 0) last = f32x4.max(last, v128.xor(loadPart(x + whole, rest), flip));
    x += step;
  }
  for (let c: usize = 0; c < whole; c += 16) v128.store(out + c, v128.xor(v128.load(out + c), flip));
  if (rest > 0) storePart(out + whole, v128.xor(last, flip), rest);
}

function prodPanel(x: usize, step: usize, size: i32, out: usize, columns: i32): void {
  for (let c: usize = 0; c < <usize>columns << 2; c += 4) {
    let product: f64 = 1;
    for (let row: usize = 0; row < <usize>size; row++) product *= <f64>load<f32>(x + c + row * step);
    store<f32>(out + c, <f32>product);
  }
}

/** log of the sum of e^x down each column, by the maxima that `out` holds. */
function logSumExpPanel(x: usize, step: usize, size: i32, out: usize, columns: i32): void {
  for (let n = columns; n > 0; n -= 4) {
    const top = n >= 4 ? v128.load(out) : loadPart(out, n);
    let low = f32x4.splat(0);
    let at = x;
    let totals = f64x2.splat(0);
    let moreTotals = totals;
    for (let row = 0; row < size; row++) {
      const v = n >= 4 ? v128.load(at) : loadPart(at, n);
      low = f32x4.add(low, math.expNegative(f32x4.sub(v, top)));
      at += step;
      if ((row & (ROWS - 1)) == ROWS - 1 || row == size - 1) {
        totals = f64x2.add(totals, f64x2.promote_low_f32x4(low));
        moreTotals = f64x2.add(moreTotals, f64x2.promote_low_f32x4(v128.shuffle<i32>(low, low, 2, 3, 0, 1)));
        low = f32x4.splat(0);
      }
    }
    const sums = v128.shuffle<i32>(
      f32x4.demote_f64x2_zero(totals), f32x4.demote_f64x2_zero(moreTotals), 0, 1, 4, 5,
    );
    const isFinite = f32x4.lt(f32x4.abs(top), f32x4.splat(Infinity));
    const y = v128.bitselect(f32x4.add(top, math.log(sums)), top, isFinite);
    if (n >= 4) v128.store(out, y);
    else storePart(out, y, n);
    x += 16;
    out += 16;
  }
}

/** out[o, i] = op over s of x[o, s, i]; scratch: 12 bytes a column. */
export function foldColumns(
  op: i32, x: usize, out: usize, size: i32, inner: i32, panels: i32, start: i32, end: i32, scratch: usize,
): void {
  const step = <usize>inner << 2;
  for (let item = start; item < end; item++) {
    const outer = item / panels;
    const first = (item - outer * panels) * PANEL;
    const columns = min(PANEL, inner - first);
    const from = x + <usize>outer * size * step + (<usize>first << 2);
    const to = out + <usize>outer * step + (<usize>first << 2);
    if (op == Fold.PROD) prodPanel(from, step, size, to, columns);
    else if (op == Fold.MAX) maxPanel(from, step, size, to, columns, i32x4.splat(0));
    else if (op == Fold.MIN) maxPanel(from, step, size, to, columns, f32x4.splat(-0.0));
    else if (op == Fold.LOG_SUM_EXP) {
      maxPanel(from, step, size, to, columns, i32x4.splat(0));
      logSumExpPanel(from, step, size, to, columns);
    } else sumPanel(op, from, step, size, to, columns, scratch);
  }
}

/** out[o, i] = position of the maximum (or minimum) of x[o, :, i]. */
export function argColumns(
  isMin: i32, x: usize, out: usize, size: i32, inner: i32, panels: i32, start: i32, end: i32, scratch: usize,
): void {
  const step = <usize>inner << 2;
  const flip = isMin ? f32x4.splat(-0.0) : i32x4.splat(0);
  for (let item = start; item < end; item++) {
    const outer = item / panels;
    const first = (item - outer * panels) * PANEL;
    let from = x + <usize>outer * size * step + (<usize>first << 2);
    let to = out + <usize>outer * step + (<usize>first << 2);
    for (let n = min(PANEL, inner - first); n > 0; n -= 4) {
      let best = v128.xor(n >= 4 ? v128.load(from) : loadPart(from, n), flip);
      let place = i32x4.splat(0);
      let at = from;
      for (let row = 1; row < size; row++) {
        at += step;
        const v = v128.xor(n >= 4 ? v128.load(at) : loadPart(at, n), flip);
        // Not (v <= best) is true for a larger v and for NaN on either side; the first NaN stays.
        const wins = v128.andnot(f32x4.eq(best, best), f32x4.le(v, best));
        best = v128.bitselect(v, best, wins);
        place = v128.bitselect(i32x4.splat(row), place, wins);
      }
      if (n >= 4) v128.store(to, place);
      else storePart(to, place, n);
      from += 16;
      to += 16;
    }
  }
}

/** Running sums of x[o, :, i] in float64; scratch: 8 bytes a column. */
export function cumsumColumns(
  x: usize, out: usize, size: i32, inner: i32, panels: i32, exclusive: i32, reverse: i32,
  start: i32, end: i32, scratch: usize,
): void {
  const step = <isize>inner << 2;
  for (let item = start; item < end; item++) {
    const outer = item / panels;
    const first = (item - outer * panels) * PANEL;
    const bytes = <usize>min(PANEL, inner - first) << 2;
    let at = <isize>outer * size * step + (<isize>first << 2) + (reverse ? (size - 1) * step : 0);
    memory.fill(scratch, 0, bytes << 1);
    for (let row = 0; row < size; row++) {
      for (let c: usize = 0; c < bytes; c += 4) {
        const before = load<f64>(scratch + (c << 1));
        const after = before + <f64>load<f32>(x + at + c);
        store<f64>(scratch + (c << 1), after);
        store<f32>(out + at + c, <f32>(exclusive ? before : after));
      }
      at += reverse ? -step : step;
    }
  }
}
