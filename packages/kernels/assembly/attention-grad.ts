// Gradients of attention. Weights are computed anew from log-sum-exp, block by block: once with the queries staying (for
// their gradient, and the bias's), once with the keys staying (for theirs and the values').
import {
  addWeighted, BIAS_KEY, BIAS_QUERY, BLOCK, CHANNELS, complete, dots, firstQuery, KEYS, keysSeen, LANES, LISTS,
  packLanes, panelBytes, QUERIES, RANK, ROW, ROWS, VALUE_CHANNELS,
} from './attention-block';
import { matrixAt } from './batch';
import { expNegative } from './math';
import { SPARE } from './tile';

/** sums[i] = dot of row i of dOut with row i of out: the mean of a query's gradients under its weights. Items are rows. */
export function attentionMeans(
  out: usize, dOut: usize, sums: usize, length: i32, start: i32, end: i32, scratch: usize,
): void {
  for (let i = start; i < end; i++) {
    let sum: f64 = 0;
    const at = panelBytes(i, length);
    for (let c: usize = 0; c < <usize>length << 2; c += 4) sum += <f64>load<f32>(out + at + c) * load<f32>(dOut + at + c);
    store<f32>(sums + (<usize>i << 2), <f32>sum);
  }
}

/** Four log-sum-exps to shift scores by; -Infinity, where no key is seen and all scores are -Infinity, becomes 0. */
// @ts-ignore: decorator
@inline
function shiftOf(v: v128): v128 {
  return v128.andnot(v, f32x4.eq(v, f32x4.splat(-Infinity)));
}

/** scores = weights, and gradients (by weight) = gradients by score. `logs` and `means` go with rows or, else, lanes. */
function weigh(
  scores: usize, gradients: usize, rows: i32, lanes: i32, logs: usize, means: usize, byRow: bool, room: usize,
): void {
  if (!byRow) {
    // Whole vectors must be readable to the end of the last one.
    memory.copy(room, logs, <usize>lanes << 2);
    memory.copy(room + ROW, means, <usize>lanes << 2);
  }
  for (let r = 0; r < rows; r++) {
    let shift = f32x4.splat(0), mean = f32x4.splat(0);
    if (byRow) {
      shift = shiftOf(v128.load_splat<f32>(logs + (<usize>r << 2)));
      mean = v128.load_splat<f32>(means + (<usize>r << 2));
    }
    for (let l: usize = 0; l < <usize>lanes << 2; l += 16) {
      if (!byRow) {
        shift = shiftOf(v128.load(room + l));
        mean = v128.load(room + ROW + l);
      }
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

/** dBias[query, key] += block[key, query]. */
function addToBias(block: usize, rows: i32, lanes: i32, dBias: usize, p: usize): void {
  const perQuery = <usize>load<i32>(p, BIAS_QUERY) << 2, perKey = <usize>load<i32>(p, BIAS_KEY) << 2;
  for (let r = 0; r < rows; r++) {
    let at = dBias + <usize>r * perKey;
    for (let l: usize = 0; l < <usize>lanes << 2; l += 4) {
      store<f32>(at, load<f32>(at) + load<f32>(block + l));
      at += perQuery;
    }
    block += ROW;
  }
}

/** The gradient by LANES queries from `first` on, of batch `batch`. */
function queryGradient(
  query: usize, key: usize, value: usize, bias: usize, mask: usize, logSumExp: usize, means: usize, dOut: usize,
  dQuery: usize, dBias: usize, scale: f32, p: usize, batch: i32, first: i32, scratch: usize,
): void {
  const queries = load<i32>(p, QUERIES), keys = load<i32>(p, KEYS);
  const channels = load<i32>(p, CHANNELS), width = load<i32>(p, VALUE_CHANNELS), rank = load<i32>(p, RANK);
  const scores = scratch + SPARE, gradients = scores + BLOCK;
  const lanesPacked = gradients + BLOCK, dOutPacked = lanesPacked + panelBytes(LANES, channels);
  const room = dOutPacked + panelBytes(LANES, width);
  const lanes = min(LANES, queries - first);
  const row = batch * queries + first;
  const biasOffset = bias ? <usize>matrixAt(batch, rank, p + LISTS, 1) << 2 : 0;
  const maskAt = mask ? mask + <usize>matrixAt(batch, rank, p + LISTS, 2) : 0;
  const to = dQuery + panelBytes(row, channels);
  packLanes(query + panelBytes(row, channels), lanes, channels, scale, lanesPacked);
  packLanes(dOut + panelBytes(row, width), lanes, width, 1, dOutPacked);
  memory.fill(to, 0, panelBytes(lanes, channels));
  const seen = keysSeen(first + lanes - 1, p);
  for (let j = 0; j < seen; j += ROWS) {
    const rows = min(ROWS, seen - j);
    const keyAt = key + panelBytes(batch * keys + j, channels);
    dots(keyAt, rows, lanesPacked, lanes, channels, scores, room, scratch);
    complete(scores, rows, lanes, first, j, true, bias ? bias + biasOffset : 0, maskAt, p);
    dots(value + panelBytes(batch * keys + j, width), rows, dOutPacked, lanes, width, gradients, room, scratch);
    weigh(scores, gradients, rows, lanes, logSumExp + (<usize>row << 2), means + (<usize>row << 2), false, room);
    if (dBias) {
      const corner = first * load<i32>(p, BIAS_QUERY) + j * load<i32>(p, BIAS_KEY);
      addToBias(gradients, rows, lanes, dBias + biasOffset + (<usize>corner << 2), p);
    }
    addWeighted(gradients, rows, lanes, keyAt, channels, to, room, scratch);
  }
  scaleAll(to, lanes * channels, scale);
}

/**
 * Items are blocks of LANES queries, for one batch after the other. `turns` is 1, or else the number of batches that an
 * item works through one after the other, because they add to the same bias; `blocks` is the number of query blocks of
 * an item, 1 unless those share a bias too.
 */
export function attentionGradQuery(
  query: usize, key: usize, value: usize, bias: usize, mask: usize, logSumExp: usize, means: usize, dOut: usize,
  dQuery: usize, dBias: usize, scale: f32, turns: i32, blocks: i32, p: usize, start: i32, end: i32, scratch: usize,
): void {
  const all = (load<i32>(p, QUERIES) + LANES - 1) / LANES;
  const items = all / blocks;
  for (let item = start; item < end; item++) {
    for (let turn = 0; turn < turns; turn++) {
      for (let i = 0; i < blocks; i++) {
        const batch = (item / items) * turns + turn;
        const first = ((item % items) * blocks + i) * LANES;
        queryGradient(
          query, key, value, bias, mask, logSumExp, means, dOut, dQuery, dBias, scale, p, batch, first, scratch,
        );
      }
    }
  }
}

/** Items are blocks of LANES keys, for one batch after the other. */
export function attentionGradKey(
  query: usize, key: usize, value: usize, bias: usize, mask: usize, logSumExp: usize, means: usize, dOut: usize,
  dKey: usize, dValue: usize, scale: f32, p: usize, start: i32, end: i32, scratch: usize,
): void {
  const queries = load<i32>(p, QUERIES), keys = load<i32>(p, KEYS);
  const channels = load<i32>(p, CHANNELS), width = load<i32>(p, VALUE_CHANNELS), rank = load<i32>(p, RANK);
  const blocks = (keys + LANES - 1) / LANES;
  const scores = scratch + SPARE, gradients = scores + BLOCK;
  const lanesPacked = gradients + BLOCK, valuePacked = lanesPacked + panelBytes(LANES, channels);
  const room = valuePacked + panelBytes(LANES, width);
  for (let item = start; item < end; item++) {
    const batch = item / blocks;
    const first = (item - batch * blocks) * LANES;
    const lanes = min(LANES, keys - first);
    const row = batch * keys + first;
    const biasAt = bias ? bias + (<usize>matrixAt(batch, rank, p + LISTS, 1) << 2) : 0;
    const maskAt = mask ? mask + <usize>matrixAt(batch, rank, p + LISTS, 2) : 0;
    const toKey = dKey + panelBytes(row, channels), toValue = dValue + panelBytes(row, width);
    packLanes(key + panelBytes(row, channels), lanes, channels, scale, lanesPacked);
    packLanes(value + panelBytes(row, width), lanes, width, 1, valuePacked);
    memory.fill(toKey, 0, panelBytes(lanes, channels));
    memory.fill(toValue, 0, panelBytes(lanes, width));
    for (let i = firstQuery(first, p); i < queries; i += ROWS) {
      const rows = min(ROWS, queries - i);
      const at = batch * queries + i;
      const queryAt = query + panelBytes(at, channels), dOutAt = dOut + panelBytes(at, width);
      dots(queryAt, rows, lanesPacked, lanes, channels, scores, room, scratch);
      complete(scores, rows, lanes, i, first, false, biasAt, maskAt, p);
      dots(dOutAt, rows, valuePacked, lanes, width, gradients, room, scratch);
      weigh(scores, gradients, rows, lanes, logSumExp + (<usize>at << 2), means + (<usize>at << 2), true, room);
      addWeighted(scores, rows, lanes, dOutAt, width, toValue, room, scratch);
      addWeighted(gradients, rows, lanes, queryAt, channels, toKey, room, scratch);
    }
    scaleAll(toKey, lanes * channels, scale);
  }
}
