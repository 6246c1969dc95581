// Gradients of attention. Weights are computed anew from log-sum-exp, block by block. The keys stay, and the queries that
// pass by take their share along.
import {
  addWeighted, BIAS_KEY, BIAS_QUERY, BLOCK, CHANNELS, complete, dots, firstQuery, KEYS, LANES, LISTS, packLanes,
  panelBytes, QUERIES, RANK, ROW, ROWS, VALUE_CHANNELS,
} from './attention-block';
import { matrixAt } from './batch';
import { expNegative } from './math';
import { dot } from './matmul-small';
import { SPARE } from './tile';

/** Four log-sum-exps to shift scores by; -Infinity, where no key is seen and all scores are -Infinity, becomes 0. */
// @ts-ignore: decorator
@inline
function shiftOf(v: v128): v128 {
  return v128.andnot(v, f32x4.eq(v, f32x4.splat(-Infinity)));
}

/**
 * scores = weights, and gradients (by weight) = gradients by score. `logs`, `out` and `dout` are those of the rows: the dot
 * product of the last two is the mean of a query's gradients under its weights.
 */
function weigh(
  scores: usize, gradients: usize, rows: i32, lanes: i32, logs: usize, out: usize, dout: usize, length: i32,
): void {
  for (let r = 0; r < rows; r++) {
    const shift = shiftOf(v128.load_splat<f32>(logs + (<usize>r << 2)));
    const at = panelBytes(r, length);
    const mean = f32x4.splat(<f32>dot(out + at, dout + at, length));
    for (let l: usize = 0; l < <usize>lanes << 2; l += 16) {
      const weight = expNegative(f32x4.sub(v128.load(scores + l), shift));
      v128.store(scores + l, weight);
      const gradient = f32x4.mul(weight, f32x4.sub(v128.load(gradients + l), mean));
      // A key that is not seen takes no part, whatever the gradients are.
      v128.store(gradients + l, v128.andnot(gradient, f32x4.eq(weight, f32x4.splat(0))));
    }
    scores += ROW;
    gradients += ROW;
  }
}

function scaleAll(x: usize, count: i32, factor: f32): void {
  const end = x + (<usize>count << 2);
  for (; x + 16 <= end; x += 16) v128.store(x, f32x4.mul(v128.load(x), f32x4.splat(factor)));
  for (; x < end; x += 4) store<f32>(x, load<f32>(x) * factor);
}

/** dbias[query, key] += block[query, key]. */
function addToBias(block: usize, rows: i32, lanes: i32, dbias: usize, p: usize): void {
  const perQuery = <usize>load<i32>(p, BIAS_QUERY) << 2, perKey = <usize>load<i32>(p, BIAS_KEY) << 2;
  for (let r = 0; r < rows; r++) {
    let at = dbias + <usize>r * perQuery;
    for (let l: usize = 0; l < <usize>lanes << 2; l += 4) {
      store<f32>(at, load<f32>(at) + load<f32>(block + l));
      at += perKey;
    }
    block += ROW;
  }
}

/** Gradients from LANES keys from `first` on, of batch `batch`; dquery, of the whole batch, is added to. */
function keyGradients(
  query: usize, key: usize, value: usize, bias: usize, mask: usize, out: usize, logSumExp: usize, dout: usize,
  dquery: usize, dkey: usize, dvalue: usize, dbias: usize, scale: f32, p: usize, batch: i32, first: i32, scratch: usize,
): void {
  const queries = load<i32>(p, QUERIES), keys = load<i32>(p, KEYS);
  const channels = load<i32>(p, CHANNELS), width = load<i32>(p, VALUE_CHANNELS), rank = load<i32>(p, RANK);
  const scores = scratch + SPARE, gradients = scores + BLOCK;
  const lanesPacked = gradients + BLOCK, valuePacked = lanesPacked + panelBytes(LANES, channels);
  const room = valuePacked + panelBytes(LANES, width);
  const lanes = min(LANES, keys - first);
  const row = batch * keys + first;
  const biasOffset = bias ? <usize>matrixAt(batch, rank, p + LISTS, 1) << 2 : 0;
  const maskAt = mask ? mask + <usize>matrixAt(batch, rank, p + LISTS, 2) : 0;
  const keyAt = key + panelBytes(row, channels), valueAt = value + panelBytes(row, width);
  const toKey = dkey + panelBytes(row, channels), toValue = dvalue + panelBytes(row, width);
  packLanes(keyAt, lanes, channels, scale, lanesPacked);
  packLanes(valueAt, lanes, width, 1, valuePacked);
  memory.fill(toKey, 0, panelBytes(lanes, channels));
  memory.fill(toValue, 0, panelBytes(lanes, width));
  for (let i = firstQuery(first, p); i < queries; i += ROWS) {
    const rows = min(ROWS, queries - i);
    const at = batch * queries + i;
    const queryAt = query + panelBytes(at, channels), doutAt = dout + panelBytes(at, width);
    dots(queryAt, rows, lanesPacked, lanes, channels, scores, room);
    complete(scores, rows, lanes, i, first, false, bias ? bias + biasOffset : 0, maskAt, p);
    dots(doutAt, rows, valuePacked, lanes, width, gradients, room);
    const logs = logSumExp + (<usize>at << 2);
    weigh(scores, gradients, rows, lanes, logs, out + panelBytes(at, width), doutAt, width);
    if (dbias) {
      const corner = i * load<i32>(p, BIAS_QUERY) + first * load<i32>(p, BIAS_KEY);
      addToBias(gradients, rows, lanes, dbias + biasOffset + (<usize>corner << 2), p);
    }
    addWeighted(scores, 4, ROW, lanes, rows, doutAt, width, toValue, room, scratch);
    addWeighted(gradients, 4, ROW, lanes, rows, queryAt, channels, toKey, room, scratch);
    addWeighted(gradients, ROW, 4, rows, lanes, keyAt, channels, dquery + panelBytes(i, channels), room, scratch);
  }
  scaleAll(toKey, lanes * channels, scale);
}

/**
 * Items are runs of `blocks` blocks of LANES keys, `parts` of them to a batch, each with a dquery of its own: dquery is
 * [parts, batches, queries, channels]. An item works through `turns` batches, because they add to the same bias.
 */
export function attentionGrad(
  query: usize, key: usize, value: usize, bias: usize, mask: usize, out: usize, logSumExp: usize, dout: usize,
  dquery: usize, dkey: usize, dvalue: usize, dbias: usize, scale: f32, batches: i32, turns: i32,
  blocks: i32, parts: i32, p: usize, start: i32, end: i32, scratch: usize,
): void {
  const length = load<i32>(p, QUERIES) * load<i32>(p, CHANNELS), keys = load<i32>(p, KEYS);
  for (let item = start; item < end; item++) {
    const part = item % parts;
    for (let turn = 0; turn < turns; turn++) {
      const batch = item / parts * turns + turn;
      const to = dquery + panelBytes(part * batches + batch, length);
      memory.fill(to, 0, panelBytes(1, length));
      const last = min(keys, (part + 1) * blocks * LANES);
      for (let first = part * blocks * LANES; first < last; first += LANES) {
        keyGradients(
          query, key, value, bias, mask, out, logSumExp, dout, to, dkey, dvalue, dbias, scale, p, batch, first,
          scratch,
        );
      }
      scaleAll(to, length, scale);
    }
  }
}
